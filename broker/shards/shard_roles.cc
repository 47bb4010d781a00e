// What the manager says about this broker's replicas, and what they have to say to it.
#include <algorithm>

#include "base/logging.h"
#include "broker/metadata/manager_link.h"
#include "broker/shards/replica_fetcher.h"
#include "broker/shards/shard.h"
#include "broker/supervision/progress.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

PartitionState state_of(const control::Partition& page) {
  PartitionState state;
  state.leader_epoch = LeaderEpoch(page.leader_epoch());
  state.partition_epoch = PartitionEpoch(page.partition_epoch());
  state.leader = BrokerId(page.leader());
  for (int32_t id : page.replicas()) state.replicas.emplace_back(id);
  for (int32_t id : page.isr()) state.isr.emplace_back(id);
  for (int32_t id : page.eligible()) state.eligible.emplace_back(id);
  for (int32_t id : page.adding()) state.adding.emplace_back(id);
  state.unclean = page.unclean();
  return state;
}

Leadership leadership_of(const control::Role& role, const Image& image) {
  Leadership leadership;
  leadership.state = state_of(role.state());
  leadership.min_insync_replicas = role.min_insync_replicas();
  for (auto id : leadership.state.replicas) {
    auto* broker = image.broker(id);
    if (broker != nullptr && broker->live) leadership.broker_epochs[id] = broker->epoch;
  }
  return leadership;
}

TopicPartition partition_of(const control::Role& role) {
  return {TopicId(Uuid::from_bytes(role.topic_id())), PartitionIndex(role.state().index())};
}

}  // namespace

void Shard::publish(ImagePtr image) {
  bool brokers_changed = image->brokers_version() != images_.image()->brokers_version();
  bool controller_changed = image->controller_epoch() != images_.image()->controller_epoch();
  images_.publish(std::move(image));
  context_.quotas->configure(*images_.image(), context_.config.id);
  if (controller_changed) {
    load_.forget();
    for (auto& [partition, hosted] : partitions_) hosted->replica.saw_controller(images_.image()->controller_epoch());
  }
  if (brokers_changed) refresh_broker_epochs();
}

// A member's new incarnation, or its end, is news for the leader even where the partition's state is the same.
void Shard::refresh_broker_epochs() {
  Instant now = context_.clock.now();
  for (auto& [partition, hosted] : partitions_) {
    if (hosted->replica.role() == ReplicaRole::kStopped) continue;
    Leadership leadership = hosted->replica.leadership();
    leadership.broker_epochs.clear();
    for (auto id : leadership.state.replicas) {
      auto* broker = image()->broker(id);
      if (broker != nullptr && broker->live) leadership.broker_epochs[id] = broker->epoch;
    }
    if (leadership == hosted->replica.leadership()) continue;
    hosted->replica.update_leadership(leadership, now);
    after_change(*hosted);
  }
  fetchers_->refresh();
}

void Shard::take_role(const control::Role& role) {
  TopicPartition partition = partition_of(role);
  std::map<std::string, std::string> configs(role.configs().begin(), role.configs().end());
  const auto& isr = role.state().isr();
  bool in_isr = std::find(isr.begin(), isr.end(), context_.config.id.value()) != isr.end();
  auto* hosted = host(partition, role.topic(), configs, in_isr);
  if (hosted == nullptr) return;
  hosted->replica.saw_controller(image()->controller_epoch());
  take_leadership(*hosted, leadership_of(role, *image()), role.kind() == control::Role::LEAD);
}

void Shard::take_leadership(HostedPartition& hosted, const Leadership& leadership, bool leads) {
  Instant now = context_.clock.now();
  auto& replica = hosted.replica;
  auto before = replica.leadership().state.leader_epoch;
  Status taken = leads ? replica.become_leader(leadership, now) : replica.become_follower(leadership, now);
  if (!taken) {
    log::warn("{}-{} does not {} epoch {}: {} {}", hosted.topic, hosted.partition.index.value(), leads ? "lead" : "follow",
              leadership.state.leader_epoch.value(), name_of(taken.error().code), taken.error().message);
    // R9: who may not lead says so, and the controller looks for another.
    if (leads && taken.error().code == ErrorCode::kIneligibleReplica) report_stopped({{hosted.partition, replica.refusal()}});
  } else if (before != leadership.state.leader_epoch) {
    log::debug("{}-{} {} epoch {}", hosted.topic, hosted.partition.index.value(), leads ? "leads" : "follows",
               leadership.state.leader_epoch.value());
    if (leads) hosted.leading_since = first_acknowledgements_.leads();
    // Another leadership: who waits for the former one is to look again.
    hosted.on_append.wake_all();
    hosted.on_commit.wake_all();
  }
  announce_leadership(hosted);
  after_change(hosted);
}

void Shard::announce_leadership(HostedPartition& hosted) {
  bool leads = hosted.replica.role() == ReplicaRole::kLeader;
  LeaderEpoch now = leads ? hosted.replica.leadership().state.leader_epoch : LeaderEpoch();
  if (now == hosted.announced_leadership) return;
  hosted.announced_leadership = now;
  for (auto* listener : listeners_) {
    if (leads) {
      listener->on_leading(hosted.topic, hosted.partition, now);
    } else {
      listener->on_stopped_leading(hosted.topic, hosted.partition);
    }
  }
}

void Shard::give_up(const TopicPartition& partition, bool deleted) {
  supervision::still_working();
  auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  auto& hosted = *found->second;
  hosted.replica.stop();
  hosted.on_append.wake_all();
  announce_leadership(hosted);
  after_change(hosted);
  hosted.on_commit.wake_all();
  if (!deleted) return;
  auto owned = std::move(found->second);
  partitions_.erase(found);
  context_.store.remove(partition, owned->replica.detach());
}

// A complete list: what it does not name is none of ours any more. A topic that was deleted while this broker was away is never
// shown again, since its id is not in the image; its logs are set aside, and go when log.segment.delete.delay.ms is over.
void Shard::stop_unnamed(const control::Roles& roles) {
  std::set<TopicPartition> named;
  for (auto& role : roles.roles()) named.insert(partition_of(role));
  std::vector<TopicPartition> gone;
  for (auto& [partition, hosted] : partitions_) {
    if (!named.contains(partition)) gone.push_back(partition);
  }
  for (auto& partition : gone) {
    give_up(partition, false);
    auto found = partitions_.find(partition);
    auto owned = std::move(found->second);
    partitions_.erase(found);
    log::warn("{}-{} ({}) is not known to the cluster: its log is set aside", owned->topic, partition.index.value(),
              partition.topic.to_string());
    context_.store.set_aside(partition, owned->replica.detach());
  }
  if (!gone.empty()) remove_what_is_aside();
}

void Shard::yield_roles() {
  std::vector<GivenUp> given_up;
  for (auto& [partition, hosted] : partitions_) give_word(*hosted, given_up);
  report_stopped(given_up);
}

void Shard::yield(const std::vector<Yielding>& wanted) {
  std::vector<GivenUp> given_up;
  for (auto& each : wanted) {
    auto* hosted = find(each.partition);
    if (hosted == nullptr || hosted->replica.role() != ReplicaRole::kLeader) continue;
    if (hosted->replica.leadership().state.leader_epoch == each.leader_epoch) give_word(*hosted, given_up);
  }
  report_stopped(given_up);
}

void Shard::give_word(HostedPartition& hosted, std::vector<GivenUp>& given_up) {
  hosted.replica.yield();
  if (auto word = hosted.replica.take_word()) given_up.push_back({hosted.partition, *word});
  announce_leadership(hosted);
}

void Shard::stop_roles() {
  ++life_;
  for (auto& [partition, hosted] : partitions_) {
    hosted->replica.stop();
    hosted->on_append.wake_all();
    announce_leadership(*hosted);
    after_change(*hosted);
    hosted->on_commit.wake_all();
  }
  fetchers_->refresh();
}

bool Shard::close_logs() {
  bool all = true;
  checkpoint();
  checkpoint_timer_.cancel();
  tick_timer_.cancel();
  retention_timer_.cancel();
  aside_timer_.cancel();
  quota_timer_.cancel();
  load_timer_.cancel();
  for (auto& [partition, hosted] : partitions_) {
    if (!hosted->replica.has_log()) continue;
    auto log = hosted->replica.detach();
    if (auto closed = log->close(); !closed) {
      log::warn("closing {}-{}: {}", hosted->topic, partition.index.value(), closed.error().message);
      all = false;
    }
  }
  return all;
}

void Shard::report_stopped(const std::vector<GivenUp>& given_up) {
  if (given_up.empty()) return;
  control::Request request;
  for (auto& each : given_up) {
    auto* stopped = request.mutable_stopped_leading()->add_partitions();
    stopped->set_topic_id(std::string(each.partition.topic.raw()));
    stopped->set_partition(each.partition.index.value());
    stopped->set_leader_epoch(each.word.leader_epoch.value());
    stopped->set_end_offset(each.word.end_offset);
    stopped->set_dirty(each.word.dirty);
    if (each.word.dirty) stopped->set_last_epoch(each.word.last_epoch.value());
    for (auto& member : each.word.caught_up) {
      auto* holder = stopped->add_caught_up();
      holder->set_id(member.id.value());
      holder->set_epoch(member.epoch.value());
    }
  }
  context_.manager.submit(std::move(request), [](const control::Response&) {});
}

// ---- the ISR ----------------------------------------------------------------------------------------------------------

void Shard::send_isr_request(HostedPartition& hosted) {
  auto asked = hosted.replica.take_isr_request(context_.clock.now());
  if (!asked) return;
  control::Request request;
  auto* alter = request.mutable_alter_isr();
  alter->set_highest_controller_epoch(image()->controller_epoch().value());
  auto* partition = alter->add_partitions();
  partition->set_topic_id(std::string(hosted.partition.topic.raw()));
  partition->set_partition(hosted.partition.index.value());
  partition->set_leader_epoch(asked->leader_epoch.value());
  partition->set_partition_epoch(asked->partition_epoch.value());
  for (auto& member : asked->isr) {
    auto* added = partition->add_isr();
    added->set_id(member.id.value());
    added->set_epoch(member.epoch.value());
  }
  const auto grows = std::ssize(asked->isr) - std::ssize(hosted.replica.leadership().state.isr);
  context_.manager.submit(std::move(request), [this, of = hosted.partition, attempt = asked->attempt, grows](
                                                  const control::Response& response) { on_isr_response(of, attempt, grows, response); });
}

void Shard::on_isr_response(const TopicPartition& partition, uint64_t attempt, std::ptrdiff_t grows, const control::Response& response) {
  auto* hosted = find(partition);
  if (hosted == nullptr) return;
  IsrResponse answer;
  answer.attempt = attempt;
  if (response.has_alter_isr()) answer.controller_epoch = ControllerEpoch(response.controller_epoch());
  answer.error = static_cast<ErrorCode>(response.error());
  for (auto& each : response.alter_isr().partitions()) {
    answer.error = static_cast<ErrorCode>(each.error());
    if (each.has_state()) answer.state = state_of(each.state());
  }
  // Neither an error nor a result: nothing is known.
  if (answer.error == ErrorCode::kNone && response.alter_isr().partitions_size() == 0) answer.error = ErrorCode::kNetworkException;
  if (answer.error != ErrorCode::kNone) {
    ++counters_.failed_isr_updates;
  } else if (grows != 0) {
    ++(grows > 0 ? counters_.isr_expands : counters_.isr_shrinks);
  }
  hosted->replica.on_isr_response(answer, context_.clock.now());
  after_change(*hosted);
}

}  // namespace baton
