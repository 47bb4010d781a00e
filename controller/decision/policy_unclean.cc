#include "controller/decision/policy_unclean.h"

#include <tuple>

#include "controller/decision/policy_clean.h"

namespace baton::decision {

std::optional<BrokerId> unclean_leader(const PartitionRecord& record, const StandingOf& standing) {
  std::optional<std::tuple<bool, LeaderEpoch, int64_t>> greatest;
  std::optional<BrokerId> leader;
  for (BrokerId id : in_order_of_choice(record, record.replicas, standing)) {
    const ReplicaStanding at = standing(id);
    if (!at.electable) continue;
    // Whoever is of the eligible set, dirty as it may be, held more than one that never was.
    const std::tuple<bool, LeaderEpoch, int64_t> end{contains(record.isr, id) || contains(record.eligible, id), at.last_epoch,
                                                     at.end_offset};
    if (greatest && end <= *greatest) continue;
    greatest = end;
    leader = id;
  }
  return leader;
}

}  // namespace baton::decision
