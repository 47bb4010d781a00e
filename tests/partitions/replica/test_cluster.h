// Three brokers with one partition between them, in memory and in one thread: Replicas over a disk each, a controller that
// fits in a page, and messages that are carried by hand. Scenario tests say every step; the random walk lets chance say it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/memory_file_system.h"
#include "partitions/log/record_batch.h"
#include "partitions/replica/replica.h"

namespace baton::testing {

inline std::string batch_of(const std::string& value, int64_t producer = kNoProducerId, int32_t sequence = kNoSequence) {
  RecordBatchBuilder builder;
  if (producer != kNoProducerId) builder.producer(producer, 0, sequence);
  return builder.add(1'700'000'000'000, std::nullopt, value).build();
}

struct Broker {
  BrokerId id;
  BrokerEpoch epoch;
  bool running = true;
  MemoryFileSystem disk;
  int64_t checkpoint = 0;
  Instant lease_deadline = Instant::never();
  Leadership image;  // the last one delivered
  std::unique_ptr<Replica> replica;
};

class TestCluster {
 public:
  explicit TestCluster(int32_t min_isr = 2, LogConfig log_config = {}) : min_isr_(min_isr), log_config_(log_config) {
    for (int32_t id = 1; id <= 3; ++id) {
      auto broker = std::make_unique<Broker>();
      broker->id = BrokerId(id);
      broker->epoch = BrokerEpoch(next_broker_epoch_++);
      brokers_[id] = std::move(broker);
      open(id);
      live_.insert(id);
      state_.replicas.push_back(BrokerId(id));
    }
    state_.leader_epoch = LeaderEpoch(0);
    state_.partition_epoch = PartitionEpoch(0);
    state_.isr = state_.replicas;
  }

  Broker& broker(int32_t id) { return *brokers_.at(id); }
  Replica& replica(int32_t id) { return *broker(id).replica; }
  PartitionState& state() { return state_; }
  std::set<int32_t>& live() { return live_; }
  int32_t min_isr() const { return min_isr_; }
  Instant now() const { return now_; }
  void advance(Duration by) { now_ = now_ + by; }
  int64_t now_ms() const { return 1'700'000'000'000 + now_.ns / 1'000'000; }

  // -- The controller

  Leadership image() const {
    Leadership image{.state = state_, .min_insync_replicas = min_isr_};
    for (int32_t id : live_) image.broker_epochs[BrokerId(id)] = brokers_.at(id)->epoch;
    return image;
  }
  // A new leadership, told to nobody yet.
  void elect(int32_t leader, std::initializer_list<int32_t> isr) {
    state_.leader = leader < 0 ? BrokerId() : BrokerId(leader);
    state_.leader_epoch = state_.leader_epoch.next();
    state_.partition_epoch = state_.partition_epoch.next();
    state_.isr.clear();
    for (int32_t id : isr) state_.isr.push_back(BrokerId(id));
  }
  // Tells `id` what the controller has, as its agent would.
  Status tell(int32_t id) {
    Broker& to = broker(id);
    if (!to.running) return {};
    to.image = image();
    if (to.image.state.leader == to.id) return to.replica->become_leader(to.image, now_);
    return to.replica->become_follower(to.image, now_);
  }
  void tell_all() {
    for (auto& [id, to] : brokers_) tell(id);
  }
  IsrResponse decide(int32_t asker, const IsrRequest& request, ControllerEpoch as = ControllerEpoch(1)) {
    IsrResponse response{.attempt = request.attempt, .controller_epoch = as};
    if (state_.leader != BrokerId(asker) || request.leader_epoch != state_.leader_epoch) {
      response.error = ErrorCode::kFencedLeaderEpoch;
    } else if (request.partition_epoch != state_.partition_epoch) {
      response.error = ErrorCode::kInvalidUpdateVersion;
    } else {
      BrokerSet isr;
      for (const IsrMember& member : request.isr) {
        bool present = live_.contains(member.id.value()) && broker(member.id.value()).epoch == member.epoch;
        if (!present) response.error = ErrorCode::kIneligibleReplica;
        isr.push_back(member.id);
      }
      if (response.error == ErrorCode::kNone) {
        set_isr(isr);
        response.state = state_;
      }
    }
    return response;
  }
  // R8: whoever leaves an ISR that is, or thereby falls, below its minimum stays eligible.
  void set_isr(const BrokerSet& isr) {
    if (isr.size() >= static_cast<size_t>(min_isr_)) {
      state_.eligible.clear();
    } else {
      for (BrokerId id : state_.isr) {
        if (!contains(isr, id) && !contains(state_.eligible, id)) state_.eligible.push_back(id);
      }
      std::erase_if(state_.eligible, [&](BrokerId id) { return contains(isr, id); });
    }
    state_.isr = isr;
    state_.partition_epoch = state_.partition_epoch.next();
  }
  // Asks and answers at once, and tells everybody.
  void settle_isr(int32_t leader) {
    while (std::optional<IsrRequest> request = replica(leader).take_isr_request(now_)) {
      replica(leader).on_isr_response(decide(leader, *request), now_);
      tell_all();
    }
  }

  // -- Processes

  // kill -9 and a start: the page cache survives, the log is clean, the incarnation is another.
  void kill(int32_t id) {
    Broker& broker = *brokers_.at(id);
    broker.checkpoint = broker.replica->high_watermark();
    broker.replica.reset();
    broker.disk.kill_process();
    broker.running = false;
    live_.erase(id);
  }
  void start(int32_t id, bool dirty = false) {
    broker(id).running = true;
    broker(id).epoch = BrokerEpoch(next_broker_epoch_++);
    open(id, dirty);
    live_.insert(id);
  }

  // -- Clients and followers

  AppendOutcome produce(int32_t leader, const std::string& value, int16_t acks = -1) {
    return produce_batch(leader, batch_of(value), acks);
  }
  AppendOutcome produce_batch(int32_t leader, std::string batch, int16_t acks = -1) {
    return replica(leader).append(batch, acks, broker(leader).lease_deadline, now_, now_ms());
  }

  struct Answer {
    FetchPosition sent;
    FetchedData data;
    std::string records;
  };
  // The follower's question, answered by whom it takes for the leader; not delivered yet.
  std::optional<Answer> ask(int32_t follower, size_t max_bytes = 1 << 20) {
    std::optional<FetchPosition> position = replica(follower).next_fetch();
    if (!position || !broker(position->leader.value()).running) return std::nullopt;
    return ask_of(follower, position->leader.value(), *position, max_bytes);
  }
  Answer ask_of(int32_t follower, int32_t leader, const FetchPosition& position, size_t max_bytes = 1 << 20) {
    FetchOutcome outcome = replica(leader).fetch_for_follower(BrokerId(follower), broker(follower).epoch,
                                                              {.offset = position.offset,
                                                               .max_bytes = max_bytes,
                                                               .current_leader_epoch = position.current_leader_epoch,
                                                               .last_fetched_epoch = position.last_fetched_epoch},
                                                              now_);
    Answer answer{.sent = position};
    answer.data.error = outcome.error;
    answer.data.diverging = outcome.diverging;
    answer.data.high_watermark = outcome.high_watermark;
    answer.data.log_start_offset = outcome.log_start_offset;
    answer.records = copy_ranges(outcome.slice.ranges).value();
    return answer;
  }
  FollowOutcome deliver(int32_t follower, Answer& answer) {
    answer.data.records = answer.records;
    return replica(follower).on_fetched(answer.sent, answer.data, now_ms());
  }
  // One round trip.
  FollowOutcome fetch(int32_t follower, size_t max_bytes = 1 << 20) {
    std::optional<Answer> answer = ask(follower, max_bytes);
    return answer ? deliver(follower, *answer) : FollowOutcome{};
  }
  // Until everybody who runs holds what the leader holds, and knows that it is committed.
  void replicate() {
    for (int round = 0; round < 8; ++round) {
      for (auto& [id, each] : brokers_) {
        if (each->running) fetch(id);
      }
    }
  }
  // The values that a consumer reads from the start.
  std::vector<std::string> consume(int32_t leader) {
    Replica& from = replica(leader);
    FetchOutcome outcome = from.fetch_for_consumer({.offset = from.log().start_offset(), .max_bytes = 1 << 20});
    EXPECT_EQ(outcome.error, ErrorCode::kNone);
    return values_of(copy_ranges(outcome.slice.ranges).value());
  }
  // Everything in a replica's log, committed or not; checks that the offsets have no gap.
  std::vector<std::string> holds(int32_t id) {
    Log& log = replica(id).log();
    auto slice = log.read(log.start_offset(), 1 << 30, log.end_offset());
    EXPECT_TRUE(slice.has_value());
    return values_of(copy_ranges(slice->ranges).value(), log.start_offset());
  }

 private:
  void open(int32_t id, bool dirty = false) {
    Broker& broker = *brokers_.at(id);
    broker.replica = std::make_unique<Replica>(ReplicaConfig{.self = broker.id});
    auto log = Log::open(broker.disk, "log", log_config_, {});
    ASSERT_TRUE(log.has_value()) << log.error().message;
    broker.replica->attach(std::move(*log), broker.checkpoint, dirty);
  }

  static std::vector<std::string> values_of(const std::string& bytes, int64_t from = 0) {
    std::vector<std::string> values;
    BatchIterator batches(bytes);
    int64_t expected = from;
    while (std::optional<BatchView> batch = batches.next()) {
      auto records = decode_records(*batch);
      EXPECT_TRUE(records.has_value());
      for (const Record& record : *records) {
        EXPECT_EQ(record.offset, expected++);
        values.push_back(record.value.value_or(""));
      }
    }
    return values;
  }

  int32_t min_isr_;
  LogConfig log_config_;
  Instant now_{1'000'000'000};
  PartitionState state_;
  std::set<int32_t> live_;
  std::map<int32_t, std::unique_ptr<Broker>> brokers_;
  int64_t next_broker_epoch_ = 100;
};

}  // namespace baton::testing
