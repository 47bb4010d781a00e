#include "partitions/state/high_watermark.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton {

int64_t advanced_high_watermark(int64_t current, BrokerId self, int64_t leader_end, const IsrState& isr, size_t effective_min_isr,
                                const FollowerTable& followers) {
  if (isr.committed().isr.size() < effective_min_isr && !BATON_MUTANT(hw_below_min_isr)) return current;
  // R8: who is eligible may lead, and holds only what was committed before it left.
  if (!isr.committed().eligible.empty() && !BATON_MUTANT(hw_while_others_are_eligible)) return current;
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
