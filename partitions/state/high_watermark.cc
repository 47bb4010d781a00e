#include "partitions/state/high_watermark.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton {

int64_t advanced_high_watermark(int64_t current, BrokerId self, int64_t leader_end, const IsrState& isr, size_t effective_min_isr,
                                const FollowerTable& followers) {
  // R8: who is eligible may lead, and holds only what was committed before it left. Most ISRs below their minimum have such, so the
  // fault that forgets the minimum has to forget them too.
  const bool others_may_lead = !isr.committed().eligible.empty() && !BATON_MUTANT(hw_while_others_are_eligible);
  if ((isr.committed().isr.size() < effective_min_isr || others_may_lead) && !BATON_MUTANT(hw_below_min_isr)) return current;
  int64_t smallest = leader_end;
  for (BrokerId id : BATON_MUTANT(hw_on_current_isr_only) ? isr.committed().isr : isr.maximal()) {
    if (id == self) continue;
    auto found = followers.find(id);
    // A member that is no replica (a reassignment under way) or has not fetched: nobody knows what it holds.
    if (found == followers.end() || found->second.end_offset < 0) return current;
    smallest = std::min(smallest, found->second.end_offset);
  }
  return std::max(current, smallest);
}

}  // namespace baton
