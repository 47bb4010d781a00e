// What a controller decides about: partitions, topics, registrations. Plain values, as the store holds them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/metadata_version.h"
#include "base/uuid.h"
#include "controller/decision/broker_list.h"

namespace baton::decision {

struct PartitionKey {
  TopicId topic;
  int32_t index = 0;
  friend auto operator<=>(const PartitionKey&, const PartitionKey&) = default;
};

struct PartitionRecord {
  PartitionKey key;
  BrokerList replicas;  // assignment order: the first is preferred
  BrokerList isr;       // as a set: in the order of the replicas once it is written
  // R8: ids removed when the ISR thereby fell, or already was, below its minimum. Disjoint from `isr`.
  BrokerList eligible;
  BrokerId leader;  // none: nobody may lead yet
  LeaderEpoch leader_epoch{0};
  PartitionEpoch partition_epoch{0};
  bool unclean = false;  // this leader was elected among dirty replicas
  // A reassignment under way: of `replicas`, those that it adds and those that it removes at its end. Both empty most of the time.
  BrokerList adding;
  BrokerList removing;
  friend bool operator==(const PartitionRecord&, const PartitionRecord&) = default;
};

// ISR and eligible ids as they are stored: in the order of the replicas, since their own means nothing.
inline void put_in_order(PartitionRecord& record) {
  for (BrokerList* ids : {&record.isr, &record.eligible}) {
    BrokerList ordered;
    for (BrokerId id : record.replicas) {
      if (contains(*ids, id)) ordered.push_back(id);
    }
    if (ordered.size() == ids->size()) *ids = std::move(ordered);
  }
}

struct TopicRecord {
  std::string name;
  TopicId id;
  std::map<std::string, std::string> configs;
  int32_t min_insync_replicas = 1;
  int32_t partitions = 0;
  bool deleting = false;
};

enum class Life : uint8_t { kLive, kTombstoneProven, kTombstoneSilent };

// /brokers/epochs/N as it stands.
struct Registration {
  BrokerId id;
  Incarnation incarnation;
  Incarnation predecessor;  // none: the first ever
  BrokerEpoch epoch;
  StoreVersion version;
  Life life = Life::kLive;
  std::string rack;
  int32_t metadata_version = kMetadataNewest;  // the highest that it knows
};

// What a broker says of a replica that it can vouch for (R9).
struct VouchedReplica {
  PartitionKey key;
  LeaderEpoch last_epoch;
  int64_t end_offset = 0;
  bool dirty = false;
};

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
  for (const T& each : values) {
    if (each == value) return true;
  }
  return false;
}

}  // namespace baton::decision
