// A leadership moved to a replica that an operator names, or away from the one that has it. Pure: may it?
#pragma once

#include "base/result.h"
#include "controller/decision/standing.h"

namespace baton::decision {

// ELECTION_NOT_NEEDED: it leads already. INVALID_REPLICA_ASSIGNMENT: it holds no replica. ELIGIBLE_LEADERS_NOT_AVAILABLE: it is no
// member of the ISR that may lead, or the partition has no leader to move from.
Result<BrokerId> named_target(const PartitionRecord& record, BrokerId wanted, const StandingOf& standing);

// Somebody else than the leader: who that will be shows when it has given its word. ELIGIBLE_LEADERS_NOT_AVAILABLE: nobody could.
Status check_step_down(const PartitionRecord& record, const StandingOf& standing);

}  // namespace baton::decision
