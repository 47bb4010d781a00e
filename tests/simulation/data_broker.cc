#include "tests/simulation/data_broker.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutants.h"

namespace baton::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr char kRoot[] = "/data";
constexpr int64_t kWallMs = 1'700'000'000'000;

LogConfig log_config() {
  LogConfig config;
  config.segment_bytes = 4096;  // many rolls
  config.retention_ms = -1;
  return config;
}

}  // namespace

DataBroker::DataBroker(int id, Disk& disk, Wiring wiring, uint64_t seed) : id_(id), disk_(disk), wiring_(std::move(wiring)), random_(seed) {
  open_disk();
}

void DataBroker::open_disk() {
  auto opened = DataDirectory::open(*disk_.files, kRoot, {"", BrokerId(id_)}, "boot" + std::to_string(disk_.boot), random_);
  BATON_ASSERT(opened.has_value());
  directory_ = std::move(*opened);
  const OffsetCheckpoint high_watermarks = directory_->load_high_watermarks().value_or(OffsetCheckpoint{});
  for (const DataDirectory::Found& found : directory_->found()) open_found(found, high_watermarks);
  BATON_ASSERT(directory_->settle().has_value());
}

void DataBroker::open_found(const DataDirectory::Found& found, const OffsetCheckpoint& high_watermarks) {
  const ReplicaKey replica_key{found.topic_id, found.name.partition};
  RecoveryInfo info;
  info.now_ms = kWallMs;
  bool dirty = !directory_->distrust().empty() || directory_->is_dirty(replica_key);
  info.may_cut_damage = dirty;
  info.closed_in_order = directory_->closed_in_order();
  const OffsetCheckpoint recovery_points = directory_->load_recovery_points().value_or(OffsetCheckpoint{});
  if (auto point = recovery_points.find(found.name); point != recovery_points.end()) info.recovery_point = point->second;
  if (dirty) BATON_ASSERT(directory_->mark_dirty({replica_key}).has_value());
  auto log = Log::open(*disk_.files, found.path, log_config(), info);
  if (!log) {
    BATON_ASSERT(directory_->mark_dirty({replica_key}).has_value());
    info.may_cut_damage = dirty = true;
    log = Log::open(*disk_.files, found.path, log_config(), info);
  }
  BATON_ASSERT(log.has_value());
  const auto checkpointed = high_watermarks.find(found.name);
  const int64_t high_watermark = checkpointed == high_watermarks.end() ? 0 : checkpointed->second;
  if ((*log)->end_offset() < high_watermark && !dirty) {
    dirty = true;
    BATON_ASSERT(directory_->mark_dirty({replica_key}).has_value());
  }
  const Key key{found.topic_id, found.name.partition.value()};
  auto replica = std::make_unique<Replica>(ReplicaConfig{BrokerId(id_), milliseconds(1500), FlushPolicy::kOs});
  control::ReplicaEnd end;
  end.set_topic_id(std::string(found.topic_id.raw()));
  end.set_partition(found.name.partition.value());
  end.set_last_epoch((*log)->last_epoch().value());
  end.set_end_offset((*log)->end_offset());
  end.set_dirty(dirty);
  held_.push_back(end);
  replica->attach(std::move(*log), high_watermark, dirty);
  replicas_[key] = std::move(replica);
  names_[key] = found.name.topic;
}

void DataBroker::killed() {
  RoleKeeper::killed();
  replicas_.clear();
  waiting_.clear();
  directory_.reset();
  disk_.files->kill_process();
}

Replica* DataBroker::replica(const Key& key) {
  auto found = replicas_.find(key);
  return found == replicas_.end() ? nullptr : found->second.get();
}

void DataBroker::distrust(const Key& key) {
  Replica& held = *replicas_.at(key);
  const Leadership leadership = held.leadership();
  BATON_ASSERT(leadership.state.leader != BrokerId(id_));
  BATON_ASSERT(directory_->mark_dirty({{key.first, PartitionIndex(key.second)}}).has_value());
  const int64_t high_watermark = held.high_watermark();
  held.attach(held.detach(), high_watermark, true);
  BATON_ASSERT(held.become_follower(leadership, wiring_.scheduler.now()).has_value());
}

Replica& DataBroker::ensure(const Key& key, const control::Role& role) {
  auto& slot = replicas_[key];
  if (slot) return *slot;
  const std::string& topic = role.topic();
  names_[key] = topic;
  // As the broker's store does: created, but not as new as the partition is.
  const auto& isr = role.state().isr();
  const bool in_isr = std::find(isr.begin(), isr.end(), id_) != isr.end();
  const bool dirty = !in_isr && !BATON_MUTANT(new_log_taken_for_clean);
  if (dirty) BATON_ASSERT(directory_->mark_dirty({{key.first, PartitionIndex(key.second)}}).has_value());
  const TopicId topic_id = key.first;
  auto path = directory_->create_partition({topic, PartitionIndex(key.second)}, topic_id);
  BATON_ASSERT(path.has_value());
  RecoveryInfo info;
  info.now_ms = kWallMs;
  auto log = Log::open(*disk_.files, *path, log_config(), info);
  BATON_ASSERT(log.has_value());
  slot = std::make_unique<Replica>(ReplicaConfig{BrokerId(id_), milliseconds(1500), FlushPolicy::kOs});
  slot->attach(std::move(*log), 0, dirty);
  return *slot;
}

void DataBroker::remove(const Key& key) {
  auto found = replicas_.find(key);
  if (found == replicas_.end()) return;
  found->second->stop();
  after_change(key, *found->second);
  replicas_.erase(found);
  roles_.erase(key);
  BATON_ASSERT(directory_->set_aside({names_[key], PartitionIndex(key.second)}).has_value());
}

// ---- data ------------------------------------------------------------------------------------------------------------------

// After any change: who waited may be answered, and the controller may have to be asked.
void DataBroker::after_change(const Key& key, Replica& held) {
  const Instant now = wiring_.scheduler.now();
  wiring_.changed(key, held);
  const int64_t before = std::exchange(high_watermarks_[key], held.high_watermark());
  if (held.high_watermark() > before && held.leader_state() != nullptr) wiring_.high_watermark_advanced(key, held, before);
  auto& waiting = waiting_[key];
  for (auto at = waiting.begin(); at != waiting.end();) {
    const WaitOutcome outcome = held.check(at->wait);
    if (!outcome.done) {
      ++at;
      continue;
    }
    Waiting done = std::move(*at);
    at = waiting.erase(at);
    done.outcome.error = outcome.error;
    // R5: asked again when the answer's bytes would go to the kernel.
    if (outcome.error == ErrorCode::kNone && !held.may_acknowledge(done.acks, lease_until_, now)) continue;
    done.outcome.isr_was_alone = held.leadership().state.isr.size() == 1;
    done.acknowledge(done.outcome);
  }
  if (auto word = held.take_word()) say_word(key, *word);
  if (auto wish = held.take_isr_request(now)) {
    control::Request request;
    request.set_correlation(++correlation_);
    control::AlterIsrPartition& partition = *request.mutable_alter_isr()->add_partitions();
    partition.set_topic_id(std::string(key.first.raw()));
    partition.set_partition(key.second);
    partition.set_leader_epoch(wish->leader_epoch.value());
    partition.set_partition_epoch(wish->partition_epoch.value());
    for (const auto& member : wish->isr) {
      control::IsrMember& named = *partition.add_isr();
      named.set_id(member.id.value());
      named.set_epoch(member.epoch.value());
    }
    isr_requests_[correlation_] = {key, wish->attempt};
    submit(request);
  }
}

void DataBroker::produce(const Key& key, std::string batch, int16_t acks, Acknowledge acknowledge) {
  Replica* held = replica(key);
  if (held == nullptr) return acknowledge({ErrorCode::kNotLeaderOrFollower, -1, {}, false});
  const Instant now = wiring_.scheduler.now();
  const AppendOutcome appended = held->append(batch, acks, lease_until_, now, kWallMs);
  Acknowledgement outcome{appended.error, appended.base_offset, held->leadership().state.leader_epoch, false};
  if (appended.error == ErrorCode::kNone && !appended.duplicate) wiring_.appended(key, *held);
  if (appended.error == ErrorCode::kNone && acks == -1) {
    waiting_[key].push_back({appended.wait, acks, outcome, std::move(acknowledge)});
    return after_change(key, *held);
  }
  after_change(key, *held);
  if (outcome.error == ErrorCode::kNone && !held->may_acknowledge(acks, lease_until_, now)) return;
  acknowledge(outcome);
}

FetchOutcome DataBroker::consume(const Key& key, int64_t offset) {
  Replica* held = replica(key);
  if (held == nullptr) return {ErrorCode::kNotLeaderOrFollower, {}, {}, -1, -1};
  FetchParams params;
  params.offset = offset;
  params.max_bytes = 1 << 16;
  return held->fetch_for_consumer(params);
}

// One question under way a partition; asked again when it was answered, or when no answer came for a while.
void DataBroker::fetch(const Key& key) {
  Replica* held = replica(key);
  auto position = held == nullptr ? std::nullopt : held->next_fetch();
  if (!position) return;
  const uint64_t number = ++fetches_[key];
  const BrokerEpoch epoch = own_epoch_;
  wiring_.carry(position->leader.value(),
                [from = id_, key, epoch, position = *position](DataBroker& leader) { leader.serve_fetch(from, key, epoch, position); });
  fetch_later(key, number, milliseconds(60));
}

void DataBroker::fetch_later(const Key& key, uint64_t number, Duration pause) {
  wiring_.later(pause, [this, key, number] {
    if (fetches_[key] == number) fetch(key);
  });
}

void DataBroker::serve_fetch(int from, const Key& key, BrokerEpoch epoch, FetchPosition position) {
  FetchedData data;
  auto records = std::make_shared<std::string>();
  Replica* held = replica(key);
  if (held == nullptr) {
    data.error = ErrorCode::kNotLeaderOrFollower;
  } else {
    FetchParams params;
    params.offset = position.offset;
    params.max_bytes = 1 << 16;
    params.current_leader_epoch = position.current_leader_epoch;
    params.last_fetched_epoch = position.last_fetched_epoch;
    FetchOutcome outcome = held->fetch_for_follower(BrokerId(from), epoch, params, wiring_.scheduler.now());
    data.error = outcome.error;
    data.diverging = outcome.diverging;
    data.high_watermark = outcome.high_watermark;
    data.log_start_offset = outcome.log_start_offset;
    *records = copy_ranges(outcome.slice.ranges).value_or(std::string());
    after_change(key, *held);
  }
  wiring_.carry(from, [key, position, data, records](DataBroker& follower) mutable {
    data.records = *records;
    follower.fetched(key, position, data);
  });
}

void DataBroker::fetched(const Key& key, const FetchPosition& position, const FetchedData& data) {
  Replica* held = replica(key);
  if (held == nullptr) return;
  const FollowOutcome outcome = held->on_fetched(position, data, kWallMs);
  after_change(key, *held);
  if (outcome.kind == FollowOutcome::Kind::kIgnored) return;
  const bool busy =
      outcome.kind != FollowOutcome::Kind::kBackOff && (outcome.kind != FollowOutcome::Kind::kAppended || outcome.batches > 0);
  fetch_later(key, fetches_[key], busy ? Duration(microseconds(300)) : Duration(milliseconds(4)));
}

std::string DataBroker::describe() const {
  std::string text = fmt::format("broker {} epoch {}", id_, own_epoch_.value());
  for (const auto& [key, held] : replicas_) {
    text += fmt::format(" [{}: role {} epoch {} end {} hw {} dirty {} asks {}; sees", key.second, static_cast<int>(held->role()),
                        held->leadership().state.leader_epoch.value(), held->log().end_offset(), held->high_watermark(), held->dirty(),
                        held->next_fetch() ? held->next_fetch()->leader.value() : -1);
    for (const auto& [id, epoch] : held->leadership().broker_epochs) text += fmt::format(" {}@{}", id.value(), epoch.value());
    text += "]";
  }
  return text;
}

void DataBroker::tick() {
  if (closed_) return;
  const Instant now = wiring_.scheduler.now();
  for (auto& [key, held] : replicas_) {
    held->tick(now);
    after_change(key, *held);
  }
  checkpoint();
  wiring_.later(milliseconds(200), [this] { tick(); });
}

// All that it leads, each time: what it leads no more its successor reports.
void DataBroker::report_usage() {
  if (closed_) return;
  control::Request request;
  request.set_correlation(++correlation_);
  control::LoadReport& report = *request.mutable_load_report();
  report.set_append_us(wiring_.usage.slow.contains(id_) ? 80'000 : 1'000);
  for (const auto& [key, held] : replicas_) {
    auto load = wiring_.usage.loads.find({names_[key], key.second});
    if (held->role() != ReplicaRole::kLeader || load == wiring_.usage.loads.end()) continue;
    control::PartitionLoad& partition = *report.add_partitions();
    partition.set_topic_id(std::string(key.first.raw()));
    partition.set_partition(key.second);
    partition.set_bytes_per_s(load->second);
  }
  submit(request);
  wiring_.later(wiring_.usage.report_every, [this] { report_usage(); });
}

void DataBroker::checkpoint() {
  OffsetCheckpoint high_watermarks;
  OffsetCheckpoint recovery_points;
  for (auto& [key, held] : replicas_) {
    const PartitionName name{names_[key], PartitionIndex(key.second)};
    high_watermarks[name] = held->high_watermark();
    recovery_points[name] = held->log().checkpoint().value();
  }
  BATON_ASSERT(directory_->save_high_watermarks(high_watermarks).has_value());
  BATON_ASSERT(directory_->save_recovery_points(recovery_points).has_value());
}

}  // namespace baton::simulation
