// Short ways to say which partition a test is about.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "partitions/state/isr_state.h"
#include "partitions/state/partition_state.h"

namespace baton::testing {

inline BrokerSet brokers(std::initializer_list<int32_t> ids) {
  BrokerSet set;
  for (int32_t id : ids) set.push_back(BrokerId(id));
  return set;
}

// Replicas 1, 2, 3, all live with broker epochs 101, 102, 103.
inline Leadership leadership(int32_t leader, int32_t leader_epoch, int32_t partition_epoch, std::initializer_list<int32_t> isr,
                             int32_t min_isr = 2) {
  Leadership result;
  result.state.leader = BrokerId(leader);
  result.state.leader_epoch = LeaderEpoch(leader_epoch);
  result.state.partition_epoch = PartitionEpoch(partition_epoch);
  result.state.replicas = brokers({1, 2, 3});
  result.state.isr = brokers(isr);
  result.min_insync_replicas = min_isr;
  for (int32_t id : {1, 2, 3}) result.broker_epochs[BrokerId(id)] = BrokerEpoch(100 + id);
  return result;
}

inline std::vector<IsrMember> members(std::initializer_list<int32_t> ids) {
  std::vector<IsrMember> list;
  for (int32_t id : ids) list.push_back({BrokerId(id), BrokerEpoch(100 + id)});
  return list;
}

inline Instant at_ms(int64_t ms) {
  return Instant{ms * 1'000'000};
}

}  // namespace baton::testing
