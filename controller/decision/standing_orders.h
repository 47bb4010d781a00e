// What operators have ordered, until they take it back or its time is over: brokers that are to be drained, leaderships that are to
// stand elsewhere than on the preferred replica, replicas that are not to lead for a while. Kept in the store (/metadata/orders), so
// that it outlives controllers and restarts. Pure; times are on the controller's clock.
//
// Also which brokers have begun to stop in good order. That is said of one life, by its broker epoch, and means nothing for the next:
// whatever becomes of the stop, nobody has to take it back.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "controller/decision/cluster.h"

namespace baton::decision {

enum class BrokerOrder : uint8_t {
  kNone,
  kDrain,         // leads nothing that another can lead, and gets no new replicas
  kDecommission,  // that, and its replicas move to others
};

struct LeaderHold {
  BrokerId leader;  // who is to lead
  Instant until = Instant::never();
  friend bool operator==(const LeaderHold&, const LeaderHold&) = default;
};
struct LeaderBar {
  BrokerId broker;  // who is not to lead, if another can
  Instant until = Instant::never();
  friend bool operator==(const LeaderBar&, const LeaderBar&) = default;
};

struct Orders {
  std::map<BrokerId, BrokerOrder> brokers;
  std::map<PartitionKey, LeaderHold> holds;
  std::map<PartitionKey, LeaderBar> bars;
  std::map<BrokerId, BrokerEpoch> leaving;

  bool avoids(BrokerId id) const { return brokers.contains(id); }
  bool avoids(const PartitionKey& key, BrokerId id, Instant now) const;
  // Who is to lead by an order that is in force; none if the assignment decides.
  std::optional<BrokerId> held_leader(const PartitionKey& key, Instant now) const;
  // Forgets what is over, and what is about topics that are gone. True: something was.
  bool expire(Instant now);
  bool remove_topic(TopicId topic);
  bool concern(TopicId topic) const;
  Instant next_deadline() const;
  friend bool operator==(const Orders&, const Orders&) = default;
};

}  // namespace baton::decision
