// One core's share of the broker: a reactor, the replicas of the partitions that hash to it, and all that waits for them.
// Requests of other reactors come as messages; nothing here is locked.
//
// Threading: everything on the shard's own thread, save reactor().
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/network/reactor.h"
#include "broker/config/broker_config.h"
#include "broker/metrics/counters.h"
#include "broker/shards/first_acknowledgements.h"
#include "broker/shards/hosted_partition.h"
#include "broker/shards/image_watch.h"
#include "broker/shards/load_report.h"
#include "broker/shards/lost_peers.h"
#include "broker/shards/produce_deadlines.h"
#include "broker/shards/replica_store.h"
#include "broker/shards/replication_quota.h"

namespace baton::control {
class Response;
class Role;
class Roles;
}  // namespace baton::control

namespace baton {

class FetcherSet;
class ManagerLink;
class Meeting;

struct ShardContext {
  const BrokerConfig& config;
  const Clock& clock;
  ManagerLink& manager;
  ReplicaStore& store;
  // The process can not go on (a disk that fails). From any thread.
  Function<void(std::string)>& fatal;
  // One of each for all shards.
  std::shared_ptr<LostPeers> lost_peers = std::make_shared<LostPeers>();
  std::shared_ptr<ReplicationQuotas> quotas = std::make_shared<ReplicationQuotas>();
};

class Shard {
 public:
  Shard(ShardContext context, int number, int shards);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  network::Reactor& reactor() { return reactor_; }
  int number() const { return number_; }
  // Opens the shard's stored replicas; before the threads run.
  Status open_stored();
  // Begins the housekeeping.
  void start();

  ImageWatch& images() { return images_; }
  const ImagePtr& image() const { return images_.image(); }

  // -- From the manager
  void publish(ImagePtr image);
  // One event of roles: what ends, then (after the meeting, where there is one, see topic_names_taken.h) what begins. Events are
  // carried out one after the other; in one that takes long, since thousands of logs are to be made, other work passes in between.
  void apply_roles(std::shared_ptr<const control::Roles> roles, std::shared_ptr<Meeting> meeting);
  void registered(BrokerEpoch epoch) { broker_epoch_ = epoch; }
  // R4.2: gives the word for every leadership and yields; said to the controller now, and again as followers catch up.
  void yield_roles();
  // The same for one partition, if it leads at that epoch.
  struct Yielding {
    TopicPartition partition;
    LeaderEpoch leader_epoch;
  };
  void yield(const std::vector<Yielding>& wanted);
  // Every role ends.
  void stop_roles();
  // After stop_roles: logs are closed in order. False: not all of them could be.
  bool close_logs();

  // -- The data path
  // `batches` must stay until the call returns; `done` comes at once or later, on this thread.
  void produce(const TopicPartition& partition, std::span<char> batches, int16_t acks, Duration timeout,
               Function<void(ProduceOutcome)> done, AppendOrigin origin = AppendOrigin::kClient);
  // Leaves `token` where the partition has nothing (more) to give.
  ReadOutcome fetch(const TopicPartition& partition, const FetchParams& params, const Fetcher& fetcher,
                    const std::shared_ptr<WakeToken>& token);
  OffsetOutcome offset_for_timestamp(const TopicPartition& partition, int64_t timestamp_ms, LeaderEpoch current_leader_epoch);
  EpochEndOutcome end_offset_for_epoch(const TopicPartition& partition, LeaderEpoch epoch, LeaderEpoch current_leader_epoch);

  // -- For the fetchers of this shard
  using Hosted = std::unordered_map<TopicPartition, std::unique_ptr<HostedPartition>, TopicPartitionHash>;
  const Hosted& hosted() const { return partitions_; }
  HostedPartition* find(const TopicPartition& partition);
  const ShardContext& context() const { return context_; }
  BrokerEpoch broker_epoch() const { return broker_epoch_; }
  // How often every role has ended here. No lease of a new registration is there before all shards have counted.
  uint64_t life() const { return life_; }
  // To be called after anything was done with a replica: serves who waits, sends what it has to say.
  void after_change(HostedPartition& hosted);

  void add_listener(LeadershipListener& listener) { listeners_.push_back(&listener); }
  size_t partitions() const { return partitions_.size(); }
  LoadReport& load() { return load_; }
  const metrics::ShardCounters& counters() const { return counters_; }

 private:
  bool owns(const TopicPartition& partition) const;
  // What a topic is configured to be, as a role says; none before the first role.
  using TopicConfigs = std::optional<std::map<std::string, std::string>>;
  HostedPartition* host(const TopicPartition& partition, const std::string& topic, const TopicConfigs& configs, bool in_isr);
  void take_role(const control::Role& role);
  void take_leadership(HostedPartition& hosted, const Leadership& leadership, bool leads);
  void give_up(const TopicPartition& partition, bool deleted);
  void stop_unnamed(const control::Roles& roles);
  void announce_leadership(HostedPartition& hosted);
  void refresh_broker_epochs();
  struct GivenUp {
    TopicPartition partition;
    StoppedWord word;
  };
  void give_word(HostedPartition& hosted, std::vector<GivenUp>& given_up);
  void report_stopped(const std::vector<GivenUp>& given_up);

  ReadOutcome fetch_throttled(HostedPartition& hosted, FetchParams params, const Fetcher& fetcher, const std::shared_ptr<WakeToken>& token);
  void wake_held_back();
  void serve_produce_waiters(HostedPartition& hosted);
  void expire_produce_waiters();
  void send_isr_request(HostedPartition& hosted);
  void on_isr_response(const TopicPartition& partition, uint64_t attempt, std::ptrdiff_t grows, const control::Response& response);
  void tick();
  void checkpoint();
  void apply_retention();
  void remove_what_is_aside();
  void report_load();
  struct RoleEvent {
    std::shared_ptr<const control::Roles> roles;
    std::shared_ptr<Meeting> meeting;
    uint64_t life = 0;  // a later life takes no roles of a former one
    bool begun = false;
    int next = 0;   // of its roles, the one to be taken
    int bites = 0;  // it has been worked on so often
  };
  void work_on_roles();
  void begin(RoleEvent& event);
  // False: time is over, and there is more.
  bool take_roles(RoleEvent& event, Instant until);
  void end_roles(const control::Roles& roles);

  ShardContext context_;
  int number_;
  int shards_;
  network::Reactor reactor_;
  ImageWatch images_;
  BrokerEpoch broker_epoch_;
  uint64_t life_ = 0;
  Hosted partitions_;
  std::deque<RoleEvent> role_events_;
  ProduceDeadlines produce_deadlines_;
  FirstAcknowledgements first_acknowledgements_;
  metrics::ShardCounters counters_;
  LoadReport load_;
  WakeList held_back_;  // fetches that wait for the leader's quota
  std::vector<LeadershipListener*> listeners_;
  std::unique_ptr<FetcherSet> fetchers_;
  network::Timer produce_timer_;
  network::Timer tick_timer_;
  network::Timer checkpoint_timer_;
  network::Timer retention_timer_;
  network::Timer aside_timer_;
  network::Timer quota_timer_;
  network::Timer load_timer_;
  bool produce_timer_set_ = false;
  bool quota_timer_set_ = false;
};

// The number of the shard that owns a partition, of `shards`.
int shard_of(const TopicPartition& partition, int shards);

}  // namespace baton
