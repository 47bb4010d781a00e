// Eligible leader replicas (R8; the idea is KIP-966's): beside the ISR a record keeps the ids of the members that left when it
// thereby fell, or already was, below its minimum. The high watermark has not moved since, so each of them holds all that was
// acknowledged at acks=all, as long as its log is clean. Pure.
#pragma once

#include <optional>

#include "controller/decision/standing.h"

namespace baton::decision {

// A clean one that may lead now, in the order of choice.
std::optional<BrokerId> eligible_leader(const PartitionRecord& record, const StandingOf& standing);

// Where no clean heir lives: when all of ISR ∪ eligible are back, dirty as they may be, the one with the greatest (last epoch, end
// offset) holds what there is to be had. A missing one could hold more, so all are waited for.
struct LastHeir {
  BrokerId leader;
  bool refused = false;  // it would not lead as a clean one
};
std::optional<LastHeir> greatest_of_all(const PartitionRecord& record, const StandingOf& standing);

// min(min.insync.replicas, replicas): below it the high watermark does not advance. Replicas that a reassignment is adding do not
// count: a partition of one replica would stop until its second has caught up.
int32_t effective_minimum(const PartitionRecord& record, int32_t min_insync_replicas);

// The eligible set after the ISR of `before` became `isr`: who was removed when the ISR thereby fell, or already was, below its
// minimum is kept; restoring the minimum empties it.
std::vector<BrokerId> eligible_after(const PartitionRecord& before, const std::vector<BrokerId>& isr, int32_t min_insync_replicas);

}  // namespace baton::decision
