// What a leader knows of each follower from its fetches. A fetch at offset x says: this incarnation holds everything below
// x, under this leader epoch. What another incarnation once said counts for nothing (KIP-903).
//
// Pure. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>

#include "base/clock.h"
#include "base/ids.h"

namespace baton {

struct FollowerProgress {
  // None: not live in the image. Progress is that of this incarnation alone.
  BrokerEpoch epoch;
  // Its log end; -1 until its first fetch.
  int64_t end_offset = -1;
  // When it last held all that the leader had (replica.lag.time.max.ms counts from here).
  Instant last_caught_up{};
  // The leader's end when it last fetched, and when that was.
  int64_t leader_end_at_last_fetch = 0;
  Instant last_fetch{};
  // A fetch has shown that it may join the ISR, and no request has been made of that yet.
  bool may_join = false;

  // Kafka's rule: whoever reads up to where the leader stood at its former fetch was caught up at that time, so a follower
  // that keeps pace with constant traffic is never behind although it never stands at the very end.
  void on_fetch(int64_t offset, int64_t leader_end, Instant now);
  bool caught_up(int64_t leader_end, Instant now, Duration lag_max) const;
  // Forgets everything; `incarnation` begins anew, with the time to catch up counted from now.
  void reset(BrokerEpoch incarnation, Instant now);
};

using FollowerTable = std::map<BrokerId, FollowerProgress>;

}  // namespace baton
