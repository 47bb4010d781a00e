// What a simulated broker does at its manager's word: roles taken and ended, leases, and leaving in good order.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "tests/simulation/data_broker.h"

namespace baton::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

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
  state.adding = ids(message.adding());
  state.unclean = message.unclean();
  return state;
}

}  // namespace

// ---- what the manager says -------------------------------------------------------------------------------------------------

void DataBroker::event(Instant now, const control::Event& event) {
  if (closed_) {
    if (event.has_stop()) stopped();
    return;
  }
  if (!ticking_) {
    ticking_ = true;
    tick();
    if (wiring_.usage.report_every > Duration()) report_usage();
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
  if (event.has_yield()) yield(event.yield());
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

void DataBroker::yield(const control::Yield& wanted) {
  for (const control::Yielding& each : wanted.partitions()) {
    const Key key{TopicId(Uuid::from_bytes(each.topic_id())), each.partition()};
    Replica* held = replica(key);
    if (held == nullptr || held->role() != ReplicaRole::kLeader) continue;
    if (held->leadership().state.leader_epoch != LeaderEpoch(each.leader_epoch())) continue;
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

}  // namespace baton::simulation
