#include "controller/decision/policy_preferred.h"

#include <fmt/format.h>

namespace baton::decision {

Result<BrokerId> preferred_target(const PartitionRecord& record, const StandingOf& standing) {
  const BrokerId preferred = record.replicas.front();
  if (record.leader == preferred) return fail(ErrorCode::kElectionNotNeeded, "Leader election not needed for topic partition.");
  const ReplicaStanding at = standing(preferred);
  auto refuse = [preferred](const char* why) {
    return fail(ErrorCode::kPreferredLeaderNotAvailable, fmt::format("The preferred replica {} {}.", preferred.value(), why));
  };
  if (!at.member) return refuse("is not alive");
  if (!contains(record.isr, preferred)) return refuse("is not in the ISR");
  if (record.leader == BrokerId()) return refuse("can not take over: the partition has no leader that could hand over");
  if (!at.electable) return refuse("may not lead now: it is stopping, or has no control stream");
  if (at.avoided) return refuse("is not to lead now: it is being drained, or was told to step down");
  return preferred;
}

}  // namespace baton::decision
