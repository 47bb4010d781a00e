// A leader asks for another ISR (R8). Pure: is it granted, and what does the record become?
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "controller/decision/cluster.h"

namespace baton::decision {

struct IsrMember {
  BrokerId id;
  BrokerEpoch epoch;  // as seen in its fetches; the leader names its own
};
struct IsrChange {
  PartitionKey key;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<IsrMember> isr;
};

// The broker epoch of the live incarnation that may take roles; none where there is no such.
using MemberEpochOf = std::function<BrokerEpoch(BrokerId)>;

// FENCED_LEADER_EPOCH (the asker does not lead, or led under a former epoch), NOT_CONTROLLER (the asker is ahead: we are
// behind; KAFKA-14154), INVALID_UPDATE_VERSION (partition epoch), INVALID_REQUEST (the set makes no sense),
// INELIGIBLE_REPLICA (a member is not the incarnation that the leader saw, or on its way out).
Result<PartitionRecord> change_isr(const PartitionRecord& record, int32_t min_insync_replicas, BrokerId asker, const IsrChange& change,
                                   const MemberEpochOf& epoch_of);

}  // namespace baton::decision
