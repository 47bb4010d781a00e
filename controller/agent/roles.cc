#include "controller/agent/roles.h"

#include <algorithm>

namespace baton::agent {

namespace {

TopicId topic_of(const std::string& raw) {
  return TopicId(Uuid::from_bytes(raw));
}

bool contains(const google::protobuf::RepeatedField<int32_t>& ids, BrokerId id) {
  return std::find(ids.begin(), ids.end(), id.value()) != ids.end();
}

}  // namespace

Roles::Roles(BrokerId self, const std::vector<control::ReplicaEnd>& replicas) : self_(self) {
  for (const control::ReplicaEnd& replica : replicas) {
    replicas_[{topic_of(replica.topic_id()), PartitionIndex(replica.partition())}] = replica;
  }
}

void Roles::refused(const control::Stopped& word) {
  const PartitionKey key{topic_of(word.topic_id()), PartitionIndex(word.partition())};
  const auto held = held_.find(key);
  if (held == held_.end() || held->second.leader_epoch != LeaderEpoch(word.leader_epoch())) return;  // overtaken by another role
  control::ReplicaEnd& replica = replicas_[key];
  replica.set_topic_id(word.topic_id());
  replica.set_partition(word.partition());
  replica.set_last_epoch(word.last_epoch());
  replica.set_end_offset(word.end_offset());
  replica.set_dirty(true);
}

void Roles::forget() {
  told_ = false;
  held_.clear();
}

std::optional<control::Roles> Roles::derive(const Image& image, const Incarnation& incarnation, bool allowed, const control::Delta* delta) {
  const control::Broker* own = image.find(self_);
  if (!allowed || !image.known() || own == nullptr || own->incarnation() != incarnation.raw() || !own->live() || !own->ready()) {
    return std::nullopt;
  }
  control::Roles roles;
  if (!told_ || (delta != nullptr && delta->snapshot())) {
    roles = complete(image);
    told_ = true;
  } else if (delta != nullptr) {
    roles = changes(image, *delta);
    if (roles.roles().empty()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  roles.set_controller_epoch(image.controller_epoch().value());
  roles.set_delta(image.offset());
  return roles;
}

control::Roles Roles::complete(const Image& image) {
  control::Roles out;
  out.set_complete(true);
  const std::map<PartitionKey, Held> before = std::move(held_);
  held_.clear();
  for (const auto& [topic, topic_image] : image.topics()) {
    for (const auto& [index, state] : topic_image.partitions) {
      const auto former = before.find({topic, index});
      if (former != before.end()) held_.insert(*former);
      put(topic, topic_image, state, /*always=*/true, out);
    }
  }
  return out;
}

control::Roles Roles::changes(const Image& image, const control::Delta& delta) {
  control::Roles out;
  for (const control::Topic& topic : delta.topics()) {
    const TopicId id = topic_of(topic.topic_id());
    const TopicImage* topic_image = image.find(id);
    if (topic_image == nullptr) {
      for (auto held = held_.lower_bound({id, PartitionIndex()}); held != held_.end() && held->first.first == id;) {
        const PartitionKey key = held->first;
        ++held;
        take(key, out);
      }
      continue;
    }
    // Its configuration may have changed; partitions that the delta names follow below.
    for (const auto& [index, state] : topic_image->partitions) {
      if (held_.contains({id, index})) put(id, *topic_image, state, /*always=*/true, out);
    }
  }
  for (const control::PartitionOf& partition : delta.partitions()) {
    const TopicId id = topic_of(partition.topic_id());
    const TopicImage* topic_image = image.find(id);
    if (topic_image == nullptr) continue;
    const auto state = topic_image->partitions.find(PartitionIndex(partition.state().index()));
    if (state != topic_image->partitions.end()) put(id, *topic_image, state->second, /*always=*/false, out);
  }
  return out;
}

void Roles::put(const TopicId& topic, const TopicImage& image, const control::Partition& state, bool always, control::Roles& out) {
  const PartitionKey key{topic, PartitionIndex(state.index())};
  if (!contains(state.replicas(), self_)) {
    if (held_.contains(key)) take(key, out);
    return;
  }
  const Held present{state.leader() == self_.value() ? control::Role::LEAD : control::Role::FOLLOW, LeaderEpoch(state.leader_epoch()),
                     PartitionEpoch(state.partition_epoch()), contains(state.isr(), self_)};
  const auto former = held_.find(key);
  const bool changed = former == held_.end() || former->second.kind != present.kind ||
                       former->second.leader_epoch != present.leader_epoch || former->second.partition_epoch != present.partition_epoch;
  vouch(key, former == held_.end() ? nullptr : &former->second, present);
  held_[key] = present;
  if (!changed && !always) return;
  control::Role* role = out.add_roles();
  role->set_topic_id(std::string(topic.raw()));
  role->set_topic(image.name);
  *role->mutable_state() = state;
  role->set_min_insync_replicas(image.min_insync_replicas);
  for (const auto& [name, value] : image.configs) (*role->mutable_configs())[name] = value;
  role->set_kind(present.kind);
}

// The topic is gone, or we are no replica of it any more.
void Roles::take(const PartitionKey& key, control::Roles& out) {
  held_.erase(key);
  replicas_.erase(key);
  control::Role* role = out.add_roles();
  role->set_topic_id(std::string(key.first.raw()));
  role->mutable_state()->set_index(key.second.value());
  role->mutable_state()->set_leader(-1);
  role->set_kind(control::Role::DELETE);
}

// R9: only a confirmed entry into the ISR, or election, makes a replica clean. Membership that this incarnation found when
// it got its first roles is no entry: it may be what is left of a former life, with another disk. A partition that appears
// later was created later.
void Roles::vouch(const PartitionKey& key, const Held* former, const Held& present) {
  const bool entered = present.in_isr && (former == nullptr ? told_ : !former->in_isr);
  if (!entered && present.kind != control::Role::LEAD) return;
  control::ReplicaEnd& replica = replicas_[key];
  replica.set_topic_id(std::string(key.first.raw()));
  replica.set_partition(key.second.value());
  replica.set_dirty(false);
}

}  // namespace baton::agent
