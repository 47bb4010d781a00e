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

BrokerSet ids(const google::protobuf::RepeatedField<int32_t>& field) {
  BrokerSet set;
  for (int32_t id : field) set.emplace_back(id);
  return set;
}

PartitionState to_state(const control::Partition& message) {
  PartitionState state;
  state.leader_epoch = LeaderEpoch(message.leader_epoch());
  state.partition_epoch = PartitionEpoch(message.partition_epoch());
  state.leader = BrokerId(message.leader());
  state.replicas = ids(message.replicas());
  state.isr = ids(message.isr());
  state.eligible = ids(message.eligible());
  state.unclean = message.unclean();
  return state;
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

// ---- what the manager says -------------------------------------------------------------------------------------------------

void DataBroker::event(Instant now, const control::Event& event) {
  if (closed_) {
    if (event.has_stop()) stopped();
    return;
  }
  if (!ticking_) {
    ticking_ = true;
    tick();
  }
  if (event.has_registered()) {
    own_epoch_ = BrokerEpoch(event.registered().broker_epoch());
    BATON_ASSERT(directory_->join_cluster(event.registered().cluster_id()).has_value());
  }
  if (event.has_metadata()) brokers_changed(now, event.metadata());
  if (event.has_roles()) {
    const ControllerEpoch epoch(event.roles().controller_epoch());
    controller_epoch_ = std::max(controller_epoch_, epoch);
    for (auto& [key, replica] : replicas_) replica->saw_controller(controller_epoch_);
    // As the broker's shards do: what is not named goes first, and with it the log of a topic that had the name before.
    if (event.roles().complete()) {
      std::vector<Key> gone;
      for (const auto& [key, replica] : replicas_) {
        bool named = false;
        for (const control::Role& role : event.roles().roles()) {
          named |= role.topic_id() == key.first.raw() && role.state().index() == key.second;
        }
        if (!named) gone.push_back(key);
      }
      for (const Key& key : gone) remove(key);
    }
    for (const control::Role& role : event.roles().roles()) take(now, role);
  }
  if (event.has_stop()) {
    for (auto& [key, replica] : replicas_) {
      replica->stop();
      after_change(key, *replica);
    }
    roles_.clear();
    words_.clear();  // this incarnation is over: its death answers them
  }
  if (event.has_response()) response(now, event.response());
  RoleKeeper::event(now, event);
  std::erase_if(leading_, [&](const auto& held) {
    const std::pair<Key, LeaderEpoch> epoch{held.first, LeaderEpoch(held.second.state.leader_epoch())};
    return words_.contains(epoch) || refusals_.contains(epoch);
  });
}

void DataBroker::lease(Instant until) {
  RoleKeeper::lease(until);
}

Leadership DataBroker::leadership_of(const control::Role& role) const {
  Leadership leadership;
  leadership.state = to_state(role.state());
  leadership.min_insync_replicas = role.min_insync_replicas();
  for (BrokerId id : leadership.state.replicas) {
    auto found = brokers_.find(id);
    if (found != brokers_.end()) leadership.broker_epochs[id] = found->second;
  }
  return leadership;
}

void DataBroker::take(Instant now, const control::Role& role) {
  const Key key{TopicId(Uuid::from_bytes(role.topic_id())), role.state().index()};
  if (role.kind() == control::Role::DELETE) return remove(key);
  if (role.kind() == control::Role::STOP) {
    if (Replica* held = replica(key)) {
      held->stop();
      after_change(key, *held);
    }
    roles_.erase(key);
    return;
  }
  Replica& held = ensure(key, role);
  held.saw_controller(controller_epoch_);
  roles_[key] = role;
  const Leadership leadership = leadership_of(role);
  const bool was_dirty = held.dirty();
  const Status taken = role.kind() == control::Role::LEAD ? held.become_leader(leadership, now) : held.become_follower(leadership, now);
  if (!taken) ++refused_;
  if (!taken && taken.error().code == ErrorCode::kIneligibleReplica && role.kind() == control::Role::LEAD) say_word(key, held.refusal());
  if (taken && role.kind() == control::Role::LEAD) {
    wiring_.invariants.check("DirtyReplicaBarred", !was_dirty || leadership.state.unclean, now,
                             [&] { return fmt::format("{} leads {} with a dirty log", id_, key.second); });
  }
  if (held.take_cleared_dirty()) BATON_ASSERT(directory_->clear_dirty({key.first, PartitionIndex(key.second)}).has_value());
  after_change(key, held);
  if (role.kind() == control::Role::FOLLOW) fetch(key);
}

void DataBroker::brokers_changed(Instant now, const control::Delta& delta) {
  if (delta.snapshot()) brokers_.clear();
  for (const control::Broker& broker : delta.brokers()) {
    const BrokerId id(broker.id());
    if (broker.live()) {
      brokers_[id] = BrokerEpoch(broker.epoch());
    } else {
      brokers_.erase(id);
    }
  }
  if (delta.brokers_size() == 0) return;
  for (const auto& [key, role] : roles_) {
    if (Replica* held = replica(key)) {
      held->update_leadership(leadership_of(role), now);
      after_change(key, *held);
    }
  }
}

void DataBroker::response(Instant now, const control::Response& response) {
  if (left_ && response.correlation() == leave_request_) {
    if (!response.has_controlled_shutdown()) return;
    if (response.controlled_shutdown().remaining() == 0) return close_in_order();
    if (now >= yield_at_) yield_roles();
    return;
  }
  auto asked = isr_requests_.find(response.correlation());
  if (asked == isr_requests_.end()) return;
  const auto [key, attempt] = asked->second;
  isr_requests_.erase(asked);
  Replica* held = replica(key);
  if (held == nullptr) return;
  IsrResponse answer;
  answer.attempt = attempt;
  answer.controller_epoch = ControllerEpoch(response.controller_epoch());
  answer.error = static_cast<ErrorCode>(response.error());
  if (response.has_alter_isr() && response.alter_isr().partitions_size() == 1) {
    const control::AlterIsrPartitionResult& result = response.alter_isr().partitions(0);
    answer.error = static_cast<ErrorCode>(result.error());
    if (result.has_state()) answer.state = to_state(result.state());
  }
  held->on_isr_response(answer, now);
  if (held->take_cleared_dirty()) BATON_ASSERT(directory_->clear_dirty({key.first, PartitionIndex(key.second)}).has_value());
  after_change(key, *held);
}

// ---- a planned end -----------------------------------------------------------------------------------------------------------

void DataBroker::leave(std::function<void()> left) {
  if (left_) return;
  left_ = std::move(left);
  ask_to_leave();
}

void DataBroker::ask_to_leave() {
  if (!left_ || directory_ == nullptr) return;
  control::Request request;
  leave_request_ = ++correlation_;
  request.set_correlation(leave_request_);
  request.mutable_controlled_shutdown();
  submit(request);
  wiring_.later(milliseconds(10), [this] { ask_to_leave(); });
}

void DataBroker::yield_roles() {
  yield_at_ = wiring_.scheduler.now() + std::chrono::seconds(1);
  for (auto& [key, held] : replicas_) {
    held->yield();
    after_change(key, *held);
  }
}

void DataBroker::say_word(const Key& key, const StoppedWord& word) {
  if (word.dirty) {
    refusals_.insert({key, word.leader_epoch});
  } else {
    words_[{key, word.leader_epoch}] = word.end_offset;
  }
  leading_.erase(key);  // it acts no more
  control::Request request;
  request.set_correlation(++correlation_);
  control::Stopped& said = *request.mutable_stopped_leading()->add_partitions();
  said.set_topic_id(std::string(key.first.raw()));
  said.set_partition(key.second);
  said.set_leader_epoch(word.leader_epoch.value());
  said.set_end_offset(word.end_offset);
  said.set_dirty(word.dirty);
  if (word.dirty) said.set_last_epoch(word.last_epoch.value());
  for (const IsrMember& member : word.caught_up) {
    control::IsrMember& holder = *said.add_caught_up();
    holder.set_id(member.id.value());
    holder.set_epoch(member.epoch.value());
  }
  submit(request);
}

void DataBroker::close_in_order() {
  checkpoint();
  closed_ = true;
  for (auto& [key, held] : replicas_) {
    held->stop();
    after_change(key, *held);
    BATON_ASSERT(held->log().close().has_value());
  }
  replicas_.clear();
  roles_.clear();
  leading_.clear();
  BATON_ASSERT(directory_->note_closed_in_order().has_value());
  std::exchange(left_, nullptr)();
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
