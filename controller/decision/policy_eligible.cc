#include "controller/decision/policy_eligible.h"

#include <algorithm>
#include <tuple>

#include "base/mutants.h"
#include "controller/decision/policy_clean.h"

namespace baton::decision {

std::optional<BrokerId> eligible_leader(const PartitionRecord& record, const StandingOf& standing) {
  for (BrokerId id : in_order_of_choice(record, record.eligible, standing)) {
    const ReplicaStanding at = standing(id);
    if (at.electable && at.clean) return id;
  }
  return std::nullopt;
}

std::optional<LastHeir> greatest_of_all(const PartitionRecord& record, const StandingOf& standing) {
  std::optional<std::tuple<LeaderEpoch, int64_t>> greatest;
  LastHeir heir;
  for (BrokerId id : record.replicas) {
    if (!contains(record.isr, id) && !contains(record.eligible, id)) continue;
    const ReplicaStanding at = standing(id);
    if (!at.electable) return std::nullopt;
    const std::tuple<LeaderEpoch, int64_t> end{at.last_epoch, at.end_offset};
    if (greatest && end <= *greatest) continue;
    greatest = end;
    heir = {id, at.refused};
  }
  return greatest ? std::optional(heir) : std::nullopt;
}

int32_t effective_minimum(const PartitionRecord& record, int32_t min_insync_replicas) {
  return std::min(min_insync_replicas, static_cast<int32_t>(record.replicas.size() - record.adding.size()));
}

std::vector<BrokerId> eligible_after(const PartitionRecord& before, const std::vector<BrokerId>& isr, int32_t min_insync_replicas) {
  if (BATON_MUTANT(eligible_set_dropped)) return {};
  if (static_cast<int32_t>(isr.size()) >= effective_minimum(before, min_insync_replicas)) return {};
  std::vector<BrokerId> eligible;
  for (BrokerId id : before.replicas) {
    const bool was = contains(before.eligible, id) || contains(before.isr, id);
    if (was && !contains(isr, id)) eligible.push_back(id);
  }
  return eligible;
}

}  // namespace baton::decision
