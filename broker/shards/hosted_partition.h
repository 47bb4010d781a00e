// A replica as its shard keeps it: the replica itself and those who wait for it. Belongs to the shard's thread.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/function.h"
#include "broker/metrics/counters.h"
#include "broker/shards/data_path.h"
#include "broker/shards/replica_store.h"
#include "broker/shards/wake_list.h"

namespace baton {

// A produce request at acks=all whose records are written but not committed. Its partition holds it until it is answered.
struct ProduceWaiter {
  using Waiters = std::multimap<int64_t, std::shared_ptr<ProduceWaiter>>;
  using Deadlines = std::multimap<Instant, std::weak_ptr<ProduceWaiter>>;
  TopicPartition partition;
  ProduceWait wait;
  ProduceOutcome outcome;
  Function<void(ProduceOutcome)> done;          // empty: answered
  Waiters::iterator place;                      // in its partition's produce_waiters
  std::optional<Deadlines::iterator> deadline;  // see ProduceDeadlines
  bool answered() const { return !done; }
  // REQUIRES: nobody holds it any more.
  void answer() {
    auto tell = std::move(done);
    done = nullptr;
    tell(std::move(outcome));
  }
};

struct HostedPartition {
  HostedPartition(TopicPartition of, std::string name, ReplicaConfig config) : partition(of), topic(std::move(name)), replica(config) {}

  TopicPartition partition;
  std::string topic;
  std::map<std::string, std::string> topic_configs;
  // Retention may cut it: its topic's configuration has come with a role, and allows it.
  bool cut_by_retention = false;
  Replica replica;
  // What it sends, or fetches, while the receiver is not in the ISR is held back (see replication_quota.h).
  bool throttled_as_leader = false;
  bool throttled_as_follower = false;
  bool in_isr(BrokerId broker) const {
    auto& isr = replica.leadership().state.isr;
    return std::find(isr.begin(), isr.end(), broker) != isr.end();
  }

  // By the high watermark that they wait for.
  ProduceWaiter::Waiters produce_waiters;
  WakeList on_append;  // followers
  WakeList on_commit;  // consumers
  int64_t announced_high_watermark = 0;
  LogOffsets checkpointed;
  // Listeners have been told of this leadership; none: they think that we do not lead.
  LeaderEpoch announced_leadership;
  // See FirstAcknowledgements.
  uint32_t leading_since = 0;
  metrics::Traffic traffic;
  int64_t lag = 0;  // of a follower: how far the leader's high watermark was ahead at the last fetch
};

}  // namespace baton
