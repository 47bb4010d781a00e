// The clean election: a live member of the ISR leads. In assignment order, as Kafka elects, so that the preferred replica comes
// first; who is to be avoided comes last. Every member holds all that was acknowledged at acks=all, so any of them will do. Pure.
#pragma once

#include <optional>

#include "controller/decision/standing.h"

namespace baton::decision {

// None where no member of the ISR may lead now.
std::optional<BrokerId> clean_leader(const PartitionRecord& record, const StandingOf& standing);

// Of `among`, in assignment order: who is not avoided first. What the other policies share.
std::vector<BrokerId> in_order_of_choice(const PartitionRecord& record, const std::vector<BrokerId>& among, const StandingOf& standing);

}  // namespace baton::decision
