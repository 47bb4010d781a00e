// The controller's word on one partition, as a replica takes it: who leads, in which epoch, with which in-sync replicas.
// Plain values, compared by epochs: a higher leader epoch is another leadership, a higher partition epoch within it is a
// newer word of the same one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"

namespace baton {

using BrokerSet = std::vector<BrokerId>;

inline bool contains(const BrokerSet& set, BrokerId id) {
  return std::find(set.begin(), set.end(), id) != set.end();
}

// What a page of the store holds of a partition.
struct PartitionState {
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  BrokerId leader;  // none: nobody leads now
  BrokerSet replicas;
  BrokerSet isr;
  BrokerSet eligible;    // R8: may lead although outside the ISR
  bool unclean = false;  // this leader was elected although acknowledged records may be missing
  BrokerSet adding;      // of the replicas, those that a reassignment is adding
  friend bool operator==(const PartitionState&, const PartitionState&) = default;
};

// A partition's state and what else of the image a replica needs to act on it.
struct Leadership {
  PartitionState state;
  int32_t min_insync_replicas = 1;
  // The live incarnations in the image, at least of the replicas. A replica that is absent is not live.
  std::map<BrokerId, BrokerEpoch> broker_epochs;

  // min(min.insync.replicas, replicas): a partition with fewer replicas than its minimum can still commit. Those that a
  // reassignment is adding do not count yet.
  size_t effective_min_isr() const {
    auto wanted = static_cast<size_t>(std::max(min_insync_replicas, 1));
    return std::min(wanted, std::max<size_t>(state.replicas.size() - state.adding.size(), 1));
  }
  BrokerEpoch epoch_of(BrokerId id) const {
    auto found = broker_epochs.find(id);
    return found == broker_epochs.end() ? BrokerEpoch() : found->second;
  }
  friend bool operator==(const Leadership&, const Leadership&) = default;
};

}  // namespace baton
