#include "broker/shards/shard.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "broker/metadata/internal_topics.h"
#include "broker/metadata/manager_link.h"
#include "broker/shards/replica_fetcher.h"
#include "controller/messages/control.pb.h"
#include "partitions/state/lease_gate.h"

namespace baton {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(100);
constexpr Duration kProduceSweep = std::chrono::milliseconds(50);
// A quota that is raised or taken away, or a leadership that ends, is seen so late at worst.
constexpr Duration kHeldBackMax = std::chrono::milliseconds(100);

ReplicaConfig replica_config(const BrokerConfig& config) {
  ReplicaConfig replica;
  replica.self = config.id;
  replica.lag_time_max = std::chrono::milliseconds(config.settings.integer("replica.lag.time.max.ms"));
  replica.flush_policy = config.settings.text("log.flush.policy") == "commit" ? FlushPolicy::kCommit : FlushPolicy::kOs;
  return replica;
}

bool retention_may_cut(const std::string& topic, const TopicSettings& settings) {
  auto policies = settings.list("cleanup.policy");
  return topic != kOffsetsTopic && std::find(policies.begin(), policies.end(), "delete") != policies.end();
}

}  // namespace

int shard_of(const TopicPartition& partition, int shards) {
  // Partitions of one topic go round, from a shard that the topic's id chooses.
  size_t first = UuidHash()(partition.topic);
  return static_cast<int>((first + static_cast<size_t>(partition.index.value())) % static_cast<size_t>(shards));
}

Shard::Shard(ShardContext context, int number, int shards)
    : context_(context),
      number_(number),
      shards_(shards),
      images_(reactor_),
      first_acknowledgements_(reactor_, context_.manager, context_.clock),
      fetchers_(std::make_unique<FetcherSet>(*this)),
      produce_timer_(reactor_),
      tick_timer_(reactor_),
      checkpoint_timer_(reactor_),
      retention_timer_(reactor_),
      aside_timer_(reactor_),
      quota_timer_(reactor_),
      load_timer_(reactor_) {}
Shard::~Shard() = default;

bool Shard::owns(const TopicPartition& partition) const {
  return shard_of(partition, shards_) == number_;
}

Status Shard::open_stored() {
  for (auto& stored : context_.store.stored()) {
    if (owns(stored.partition) && host(stored.partition, stored.topic, std::nullopt, true) == nullptr) {
      return fail(ErrorCode::kKafkaStorageError, "a log can not be opened: see above");
    }
  }
  return {};
}

void Shard::start() {
  tick();
  checkpoint();
  apply_retention();
  report_load();
  // A former life may have set logs aside and ended before they were to go.
  if (number_ == 0) remove_what_is_aside();
}

HostedPartition* Shard::find(const TopicPartition& partition) {
  auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : found->second.get();
}

// Null: the log can not be opened, which is fatal.
HostedPartition* Shard::host(const TopicPartition& partition, const std::string& topic, const TopicConfigs& configs, bool in_isr) {
  auto own = configs.value_or(std::map<std::string, std::string>());
  auto settings = topic_settings_of(context_.config.settings, own);
  if (auto* found = find(partition)) {
    if (found->topic_configs != own && found->replica.has_log()) {
      found->replica.log().set_config(log_config_of(context_.config.settings, settings));
    }
    found->topic_configs = std::move(own);
    found->cut_by_retention = configs && retention_may_cut(topic, settings);
    found->throttled_as_leader = names_replica(settings.list("leader.replication.throttled.replicas"), partition.index, context_.config.id);
    found->throttled_as_follower =
        names_replica(settings.list("follower.replication.throttled.replicas"), partition.index, context_.config.id);
    return found;
  }
  auto opened = context_.store.open(partition, topic, log_config_of(context_.config.settings, settings), in_isr);
  if (!opened) {
    context_.fatal(fmt::format("the log of {}-{} can not be opened: {}", topic, partition.index.value(), opened.error().message));
    return nullptr;
  }
  auto hosted = std::make_unique<HostedPartition>(partition, topic, replica_config(context_.config));
  hosted->replica.attach(std::move(opened->log), opened->high_watermark, opened->dirty);
  hosted->announced_high_watermark = hosted->replica.high_watermark();
  auto* added = hosted.get();
  partitions_.emplace(partition, std::move(hosted));
  return host(added->partition, topic, configs, in_isr);
}

// ---- the data path ----------------------------------------------------------------------------------------------------

void Shard::produce(const TopicPartition& partition, std::span<char> batches, int16_t acks, Duration timeout,
                    Function<void(ProduceOutcome)> done, AppendOrigin origin) {
  ProduceOutcome outcome;
  auto* hosted = find(partition);
  if (hosted == nullptr) {
    outcome.error = ErrorCode::kNotLeaderOrFollower;
    counters_.refused(outcome.error);
    return done(std::move(outcome));
  }
  auto& replica = hosted->replica;
  const Instant begun = context_.clock.now();
  auto appended = replica.append(batches, acks, context_.manager.lease_deadline(), begun, context_.clock.wall_ms(), origin);
  load_.appended(context_.clock.now() - begun);
  outcome.error = appended.error;
  outcome.message = std::move(appended.message);
  outcome.base_offset = appended.base_offset;
  outcome.last_offset = appended.last_offset;
  outcome.append_time_ms = appended.append_time_ms;
  outcome.log_start_offset = appended.log_start_offset;
  outcome.leader_epoch = replica.leadership().state.leader_epoch;
  if (outcome.error != ErrorCode::kNone) {
    counters_.refused(outcome.error);
    after_change(*hosted);
    return done(std::move(outcome));
  }
  if (!appended.duplicate) {
    hosted->traffic.messages_in += static_cast<uint64_t>(appended.last_offset - appended.base_offset + 1);
    hosted->traffic.bytes_in += batches.size();
  }
  outcome.needs_lease = acknowledgement_needs_lease(acks, replica.leadership().state.isr.size());
  outcome.life = life_;
  if (acks == -1) {
    auto waiter = std::make_shared<ProduceWaiter>();
    waiter->partition = partition;
    waiter->wait = appended.wait;
    waiter->outcome = std::move(outcome);
    waiter->done = std::move(done);
    waiter->place = hosted->produce_waiters.emplace(appended.wait.required_high_watermark, waiter);
    hosted->on_append.wake_all();
    after_change(*hosted);
    if (waiter->answered()) return;
    produce_deadlines_.add(context_.clock.now() + timeout, waiter);
    if (!produce_timer_set_) expire_produce_waiters();
    return;
  }
  hosted->on_append.wake_all();
  after_change(*hosted);
  if (acks != 0) first_acknowledgements_.acknowledged(hosted->leading_since);
  done(std::move(outcome));
}

ReadOutcome Shard::fetch(const TopicPartition& partition, const FetchParams& params, const Fetcher& fetcher,
                         const std::shared_ptr<WakeToken>& token) {
  auto* hosted = find(partition);
  if (hosted == nullptr) {
    ReadOutcome outcome;
    outcome.error = ErrorCode::kNotLeaderOrFollower;
    counters_.refused(outcome.error);
    return outcome;
  }
  auto& replica = hosted->replica;
  if (!fetcher.is_follower()) {
    auto outcome = replica.fetch_for_consumer(params);
    counters_.refused(outcome.error);
    for (auto& range : outcome.slice.ranges) hosted->traffic.bytes_out += static_cast<uint64_t>(range.length);
    hosted->on_commit.add(token);
    return {std::move(outcome)};
  }
  if (hosted->throttled_as_leader && context_.quotas->leader.limited() && !hosted->in_isr(fetcher.replica)) {
    return fetch_throttled(*hosted, params, fetcher, token);
  }
  auto outcome = replica.fetch_for_follower(fetcher.replica, fetcher.replica_epoch, params, context_.clock.now());
  counters_.refused(outcome.error);
  hosted->on_append.add(token);
  after_change(*hosted);
  return {std::move(outcome)};
}

// The follower's progress is noted all the same. It is not woken by appends while it has to wait: it could be given nothing.
ReadOutcome Shard::fetch_throttled(HostedPartition& hosted, FetchParams params, const Fetcher& fetcher,
                                   const std::shared_ptr<WakeToken>& token) {
  const Instant now = context_.clock.now();
  const auto& quota = context_.quotas->leader;
  const int64_t left = std::max<int64_t>(0, quota.left(now) - fetcher.throttled_bytes);
  params.max_bytes = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(params.max_bytes), left));
  params.at_least_one_batch &= left > 0;
  ReadOutcome outcome{hosted.replica.fetch_for_follower(fetcher.replica, fetcher.replica_epoch, params, now)};
  outcome.throttled_bytes = static_cast<int64_t>(outcome.slice.bytes);
  counters_.refused(outcome.error);
  if (left > 0) {
    hosted.on_append.add(token);
  } else {
    held_back_.add(token);
    if (!std::exchange(quota_timer_set_, true)) {
      quota_timer_.start(std::clamp<Duration>(quota.wait(now), std::chrono::milliseconds(1), kHeldBackMax), [this] { wake_held_back(); });
    }
  }
  after_change(hosted);
  return outcome;
}

void Shard::wake_held_back() {
  quota_timer_set_ = false;
  held_back_.wake_all();
}

OffsetOutcome Shard::offset_for_timestamp(const TopicPartition& partition, int64_t timestamp_ms, LeaderEpoch current_leader_epoch) {
  if (auto* hosted = find(partition)) return hosted->replica.offset_for_timestamp(timestamp_ms, current_leader_epoch);
  OffsetOutcome outcome;
  outcome.error = ErrorCode::kNotLeaderOrFollower;
  return outcome;
}

EpochEndOutcome Shard::end_offset_for_epoch(const TopicPartition& partition, LeaderEpoch epoch, LeaderEpoch current_leader_epoch) {
  if (auto* hosted = find(partition)) return hosted->replica.end_offset_for_epoch(epoch, current_leader_epoch);
  EpochEndOutcome outcome;
  outcome.error = ErrorCode::kNotLeaderOrFollower;
  return outcome;
}

// ---- those who wait ---------------------------------------------------------------------------------------------------

void Shard::after_change(HostedPartition& hosted) {
  auto& replica = hosted.replica;
  if (replica.failed()) return context_.fatal(fmt::format("the disk of {}-{} failed", hosted.topic, hosted.partition.index.value()));
  if (!hosted.produce_waiters.empty()) serve_produce_waiters(hosted);
  if (replica.high_watermark() != hosted.announced_high_watermark) {
    hosted.announced_high_watermark = replica.high_watermark();
    hosted.on_commit.wake_all();
  }
  send_isr_request(hosted);
  if (auto word = replica.take_word()) report_stopped({{hosted.partition, *word}});
  if (replica.take_cleared_dirty()) context_.store.note_clean(hosted.partition);
}

// A callback may come back with more work for this partition, so each answer is taken out before it is given.
void Shard::serve_produce_waiters(HostedPartition& hosted) {
  while (!hosted.produce_waiters.empty()) {
    auto waiter = hosted.produce_waiters.begin()->second;
    WaitOutcome checked = hosted.replica.check(waiter->wait);
    if (!checked.done) return;
    hosted.produce_waiters.erase(waiter->place);
    produce_deadlines_.remove(*waiter);
    waiter->outcome.error = checked.error;
    counters_.refused(checked.error);
    if (checked.error == ErrorCode::kNone) first_acknowledgements_.acknowledged(hosted.leading_since);
    // An error promises nothing, so it may always leave.
    waiter->outcome.needs_lease =
        checked.error == ErrorCode::kNone && acknowledgement_needs_lease(-1, hosted.replica.leadership().state.isr.size());
    waiter->answer();
  }
}

// REQUEST_TIMED_OUT leaves the outcome open: the records are in the log and may yet be committed.
void Shard::expire_produce_waiters() {
  produce_timer_set_ = false;
  Instant now = context_.clock.now();
  while (auto waiter = produce_deadlines_.take_due(now)) {
    // It is alive, so its partition holds it.
    find(waiter->partition)->produce_waiters.erase(waiter->place);
    waiter->outcome.error = ErrorCode::kRequestTimedOut;
    waiter->outcome.needs_lease = false;
    waiter->answer();
  }
  if (produce_deadlines_.empty() || produce_timer_set_) return;
  produce_timer_set_ = true;
  produce_timer_.start(kProduceSweep, [this] { expire_produce_waiters(); });
}

// ---- housekeeping -----------------------------------------------------------------------------------------------------

void Shard::tick() {
  Instant now = context_.clock.now();
  for (auto& [partition, hosted] : partitions_) {
    if (hosted->replica.leader_state() == nullptr) continue;
    hosted->replica.tick(now);
    send_isr_request(*hosted);
  }
  tick_timer_.start(kTick, [this] { tick(); });
}

void Shard::checkpoint() {
  std::map<TopicPartition, LogOffsets> changed;
  for (auto& [partition, hosted] : partitions_) {
    if (!hosted->replica.has_log() || hosted->replica.failed()) continue;
    auto& stored = hosted->replica.log();
    LogOffsets offsets{hosted->replica.high_watermark(), stored.start_offset(), stored.end_offset()};
    if (offsets == hosted->checkpointed) continue;
    if (auto noted = stored.checkpoint(); !noted) log::warn("{}-{}: {}", hosted->topic, partition.index.value(), noted.error().message);
    changed[partition] = hosted->checkpointed = offsets;
  }
  if (!changed.empty()) context_.store.checkpoint(changed);
  auto interval = std::chrono::milliseconds(context_.config.settings.integer("replica.high.watermark.checkpoint.interval.ms"));
  checkpoint_timer_.start(interval, [this] { checkpoint(); });
}

void Shard::apply_retention() {
  int64_t now_ms = context_.clock.wall_ms();
  for (auto& [partition, hosted] : partitions_) {
    if (!hosted->replica.has_log() || hosted->replica.failed()) continue;
    if (auto rolled = hosted->replica.log().roll_if_due(now_ms); !rolled) log::warn("{}", rolled.error().message);
    hosted->replica.log().expire_producers(now_ms);
    if (!hosted->cut_by_retention) continue;
    auto deleted = hosted->replica.apply_retention(now_ms);
    if (!deleted) log::warn("retention of {}-{}: {}", hosted->topic, partition.index.value(), deleted.error().message);
  }
  auto interval = std::chrono::milliseconds(context_.config.settings.integer("log.retention.check.interval.ms"));
  retention_timer_.start(interval, [this] { apply_retention(); });
}

void Shard::report_load() {
  control::Request request;
  auto& report = *request.mutable_load_report();
  report.set_shard(number_);
  load_.begin(context_.clock.now());
  for (auto& [partition, hosted] : partitions_) {
    if (hosted->replica.role() == ReplicaRole::kLeader) load_.note(partition, hosted->traffic.bytes_in + hosted->traffic.bytes_out);
  }
  if (load_.end(report)) {
    context_.manager.submit(std::move(request), [this](const control::Response& response) {
      if (response.error() != 0) load_.forget();
    });
  }
  load_timer_.start(std::chrono::milliseconds(context_.config.settings.integer("leader.load.report.ms")), [this] { report_load(); });
}

void Shard::remove_what_is_aside() {
  const auto delay = std::chrono::milliseconds(context_.config.settings.integer("log.segment.delete.delay.ms"));
  aside_timer_.start(delay, [this] { context_.store.remove_aside(); });
}

}  // namespace baton
