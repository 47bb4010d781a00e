// How fast replicas that are being moved may be filled: Kafka's leader.replication.throttled.rate and
// follower.replication.throttled.rate, one budget for each direction and the whole broker.
//
// Only what goes to a replica outside the ISR is held back and counted, on either side. Members of the ISR are never slowed
// down, since acks=all waits for them, and their traffic takes nothing from the rate: what is given to a move is what it gets.
// (Kafka counts members too, so that a rate below what is produced stops the move altogether.)
//
// A budget is a clock that runs ahead of time by as much as was spent: no state to be refilled, so that all shards may share it.
//
// Threading: any thread, without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace baton {

class Image;

class ReplicationQuota {
 public:
  // What was spent is forgotten when the rate is another.
  void set_rate(std::optional<int64_t> bytes_per_second);
  bool limited() const { return rate_.load(std::memory_order_relaxed) != kUnlimited; }
  // Bytes that may go now, INT64_MAX where there is no limit. Never only a few: 0 until a tenth of a second's worth is there.
  int64_t left(Instant now) const;
  // How long left() will be 0 if nothing else is spent; at a rate of nothing, a day.
  Duration wait(Instant now) const;
  // May be more than was left, since a batch goes whole: then the next ones wait for longer.
  void spend(int64_t bytes, Instant now);

 private:
  static constexpr int64_t kUnlimited = -1;
  Duration ahead(Instant now) const;

  std::atomic<int64_t> rate_{kUnlimited};
  std::atomic<Instant> paid_until_{Instant{}};
};

struct ReplicationQuotas {
  ReplicationQuota leader;    // what this broker's leaders send
  ReplicationQuota follower;  // what its followers fetch
  // The broker's own rates, else those for all brokers.
  void configure(const Image& image, BrokerId self);
};

// Whether a topic's leader.- or follower.replication.throttled.replicas names the replica of `partition` on `broker`: each entry
// is partition:broker, or * for all.
bool names_replica(const std::vector<std::string>& throttled, PartitionIndex partition, BrokerId broker);

}  // namespace baton
