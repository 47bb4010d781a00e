// The unclean election: a replica outside ISR ∪ eligible leads, because nobody else can and somebody decided that being available
// counts for more than what was acknowledged (unclean.leader.election.enable, or an operator, once). Pure.
//
// Of the live ones the greatest (last epoch, end offset) that is known, then assignment order: as little as possible is lost.
#pragma once

#include <optional>

#include "controller/decision/standing.h"

namespace baton::decision {

// None where no replica lives.
std::optional<BrokerId> unclean_leader(const PartitionRecord& record, const StandingOf& standing);

}  // namespace baton::decision
