// Moving replicas (KIP-455): while it goes on a partition has the union of the old replicas and the wanted ones; the added ones catch up
// and enter the ISR as any follower does; then the removed ones go, leader and all, by one write. Pure: what must the record become?
//
// At no time does the partition depend on fewer replicas than before. An added replica raises no minimum before the end, and the end
// comes only when what is left of the ISR meets the minimum that then holds. A leader that is to be removed hands over first (R4.2).
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "controller/decision/standing.h"

namespace baton::decision {

inline bool being_reassigned(const PartitionRecord& record) {
  return !record.adding.empty() || !record.removing.empty();
}

// The replicas that the partition will have in the end, in assignment order.
std::vector<BrokerId> target_of(const PartitionRecord& record);

// The record with another target, which may be reached at once (another order only). INVALID_REPLICA_ASSIGNMENT: no replicas, one
// twice, a broker that is not registered, or one that drops a replica which an unfinished reassignment was adding and which is needed
// now: that has to be cancelled first.
Result<PartitionRecord> reassign(const PartitionRecord& record, const std::vector<BrokerId>& target, int32_t min_insync_replicas,
                                 const std::function<bool(BrokerId)>& registered);
// Back to the replicas that it had before. NO_REASSIGNMENT_IN_PROGRESS.
Result<PartitionRecord> cancel_reassignment(const PartitionRecord& record);

// The record without the removed replicas, when the added ones are in the ISR and what is left will do; none before.
std::optional<PartitionRecord> finish_reassignment(const PartitionRecord& record, int32_t min_insync_replicas);
// Who has to lead before it can be finished; none where the leader stays, or nobody may take over yet.
std::optional<BrokerId> heir_of_removed_leader(const PartitionRecord& record, int32_t min_insync_replicas, const StandingOf& standing);

}  // namespace baton::decision
