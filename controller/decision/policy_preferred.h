// The preferred election: the first replica of the assignment leads, as Kafka's ElectLeaders and its automatic balance have it, so
// that leaderships stand where placement put them. Pure: which replica ought to lead, and may it now?
#pragma once

#include "base/result.h"
#include "controller/decision/standing.h"

namespace baton::decision {

// The replica that leadership should move to. ELECTION_NOT_NEEDED: it leads already. PREFERRED_LEADER_NOT_AVAILABLE: it is not in the
// ISR, or may not lead.
Result<BrokerId> preferred_target(const PartitionRecord& record, const StandingOf& standing);

}  // namespace baton::decision
