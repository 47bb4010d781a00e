#include "controller/agent/image.h"

#include <fmt/format.h>

#include <set>

namespace baton::agent {

namespace {

TopicId topic_of(const std::string& raw) {
  return TopicId(Uuid::from_bytes(raw));
}

}  // namespace

const TopicImage* Image::find(const TopicId& topic) const {
  const auto at = topics_.find(topic);
  return at == topics_.end() ? nullptr : &at->second;
}

const control::Partition* Image::find(const TopicId& topic, PartitionIndex partition) const {
  const TopicImage* image = find(topic);
  if (image == nullptr) return nullptr;
  const auto at = image->partitions.find(partition);
  return at == image->partitions.end() ? nullptr : &at->second;
}

const control::Broker* Image::find(BrokerId broker) const {
  const auto at = brokers_.find(broker);
  return at == brokers_.end() ? nullptr : &at->second;
}

Status Image::check(const control::Delta& delta) const {
  const ControllerEpoch epoch(delta.controller_epoch());
  if (epoch < controller_epoch_) return fail(ErrorCode::kStaleControllerEpoch, "a delta of a deposed controller");
  if (!known_ && !delta.snapshot()) return fail(ErrorCode::kInvalidRequest, "a change before the first snapshot");
  if (!delta.snapshot() && epoch != controller_epoch_) {
    return fail(ErrorCode::kInvalidRequest, "a controller's first word is a snapshot: a change would count on another's numbering");
  }
  if (!delta.snapshot() && delta.offset() != offset_ + 1) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("delta {} follows {}", delta.offset(), offset_));
  }
  std::set<TopicId> named;
  for (const control::Topic& topic : delta.topics()) {
    if (topic_of(topic.topic_id()).is_none()) return fail(ErrorCode::kInvalidRequest, "a topic without an id");
    if (!topic.removed()) named.insert(topic_of(topic.topic_id()));
  }
  for (const control::PartitionOf& partition : delta.partitions()) {
    const TopicId topic = topic_of(partition.topic_id());
    if (!named.contains(topic) && (delta.snapshot() || find(topic) == nullptr)) {
      return fail(ErrorCode::kUnknownTopicId, fmt::format("a partition of topic {}, which is not known", topic.to_string()));
    }
    const control::Partition* held = find(topic, PartitionIndex(partition.state().index()));
    if (held == nullptr) continue;
    if (partition.state().partition_epoch() < held->partition_epoch() || partition.state().leader_epoch() < held->leader_epoch()) {
      return fail(ErrorCode::kInvalidUpdateVersion,
                  fmt::format("partition {} of topic {} runs backwards", partition.state().index(), topic.to_string()));
    }
  }
  return {};
}

void Image::apply_topics(const control::Delta& delta) {
  for (const control::Topic& topic : delta.topics()) {
    const TopicId id = topic_of(topic.topic_id());
    if (topic.removed()) {
      topics_.erase(id);
      continue;
    }
    TopicImage& image = topics_[id];
    image.name = topic.name();
    image.configs = {topic.configs().begin(), topic.configs().end()};
    image.min_insync_replicas = topic.min_insync_replicas();
  }
  for (const control::PartitionOf& partition : delta.partitions()) {
    const auto topic = topics_.find(topic_of(partition.topic_id()));
    if (topic == topics_.end()) continue;  // named and removed in one delta
    topic->second.partitions[PartitionIndex(partition.state().index())] = partition.state();
  }
}

Status Image::apply(const control::Delta& delta) {
  if (Status status = check(delta); !status) return status;
  if (delta.snapshot()) {
    topics_.clear();
    brokers_.clear();
    pages_.clear();
    candidates_.clear();
  }
  apply_topics(delta);
  for (const control::Broker& broker : delta.brokers()) brokers_[BrokerId(broker.id())] = broker;
  if (delta.has_candidates() || delta.snapshot()) candidates_ = {delta.candidates().begin(), delta.candidates().end()};
  for (const control::PageVersion& page : delta.pages()) pages_[page.page()] = page.mzxid();
  if (!delta.cluster_id().empty()) cluster_id_ = delta.cluster_id();
  known_ = true;
  controller_id_ = BrokerId(delta.controller_id());
  controller_epoch_ = ControllerEpoch(delta.controller_epoch());
  offset_ = delta.offset();
  return {};
}

}  // namespace baton::agent
