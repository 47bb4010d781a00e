// Follower's side of replication: one connection from a shard to each broker that leads partitions followed here, with one
// Fetch in flight that the leader holds until it has something. When it is broken, or what is followed has changed, a new
// connection is opened at once: a new leader must not wait for an old poll.
//
// Threading: the shard's thread.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "base/network/client.h"
#include "broker/shards/partition_access.h"
#include "partitions/replica/replica.h"

namespace baton {

class Shard;
struct HostedPartition;

class ReplicaFetcher : public std::enable_shared_from_this<ReplicaFetcher> {
 public:
  ReplicaFetcher(Shard& shard, BrokerId leader);
  ~ReplicaFetcher();

  // The whole set of partitions to fetch, each with the epoch that it is followed in.
  using Followed = std::map<TopicPartition, LeaderEpoch>;
  void follow(Followed followed);

 private:
  void connect();
  void disconnect();
  void retry_later();
  void fetch();
  std::vector<TopicPartition> in_turn() const;
  bool throttled(const HostedPartition& hosted) const;
  int64_t throttled_share(Instant now) const;
  int32_t held_back_for_ms(Instant now) const;
  void on_frame(network::Frame frame);
  void on_connected();
  void on_closed(const std::string& reason);
  // False: the answer makes no sense, the connection is to be dropped.
  bool take(network::Frame frame);
  void take_partition(const TopicPartition& partition, const FetchPosition& sent, const FetchedData& data);

  Shard& shard_;
  BrokerId leader_;
  Followed followed_;
  std::shared_ptr<network::Client> client_;
  network::Timer retry_;
  network::Timer answer_;  // none has come for too long
  Duration backoff_;
  std::map<TopicPartition, FetchPosition> asked_;  // by the Fetch in flight
  TopicPartition last_filled_;                     // the last one of an answer that had records in it
  std::map<TopicPartition, Instant> resting_;      // not asked for before
  int32_t correlation_ = 0;
  bool waiting_ = false;      // for an answer
  BrokerEpoch connected_to_;  // the leader's incarnation; none while there is no connection
};

// All fetchers of one shard.
class FetcherSet {
 public:
  explicit FetcherSet(Shard& shard) : shard_(shard) {}
  // Looks at every replica's role again.
  void refresh();

 private:
  Shard& shard_;
  std::map<BrokerId, std::shared_ptr<ReplicaFetcher>> fetchers_;
};

}  // namespace baton
