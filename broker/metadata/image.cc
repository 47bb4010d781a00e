#include "broker/metadata/image.h"

#include <algorithm>
#include <set>

#include "controller/messages/control.pb.h"

namespace baton {
namespace {

PartitionImage image_of(const control::Partition& state) {
  PartitionImage image;
  image.index = PartitionIndex(state.index());
  image.leader = BrokerId(state.leader());
  image.leader_epoch = LeaderEpoch(state.leader_epoch());
  image.partition_epoch = PartitionEpoch(state.partition_epoch());
  for (int32_t id : state.replicas()) image.replicas.emplace_back(id);
  for (int32_t id : state.isr()) image.isr.emplace_back(id);
  for (int32_t id : state.adding()) image.adding.emplace_back(id);
  for (int32_t id : state.removing()) image.removing.emplace_back(id);
  return image;
}

BrokerImage image_of(const control::Broker& broker) {
  BrokerImage image;
  image.id = BrokerId(broker.id());
  image.epoch = BrokerEpoch(broker.epoch());
  image.live = broker.live();
  image.rack = broker.rack();
  for (auto& endpoint : broker.endpoints()) image.endpoints[endpoint.listener()] = {endpoint.host(), endpoint.port()};
  return image;
}

Image::BrokerConfigs configs_of(const control::BrokerConfigs& message) {
  Image::BrokerConfigs configs;
  for (auto& each : message.brokers()) configs[each.broker()] = {each.configs().begin(), each.configs().end()};
  return configs;
}

// Keeps the order; a state that is older than the one at hand is not news.
void put_partition(std::vector<PartitionImage>& partitions, PartitionImage state) {
  auto at = std::lower_bound(partitions.begin(), partitions.end(), state.index,
                             [](const PartitionImage& each, PartitionIndex index) { return each.index < index; });
  if (at == partitions.end() || at->index != state.index) {
    partitions.insert(at, std::move(state));
  } else if (state.leader_epoch >= at->leader_epoch && state.partition_epoch >= at->partition_epoch) {
    *at = std::move(state);
  }
}

// Topics that a delta touches, copied once each.
class TopicEdits {
 public:
  explicit TopicEdits(const std::unordered_map<TopicId, Image::TopicPtr>& before) : before_(before) {}
  TopicImage& edit(const TopicId& id) {
    auto& slot = edited_[id];
    if (!slot) {
      auto old = before_.find(id);
      slot = old == before_.end() ? std::make_shared<TopicImage>() : std::make_shared<TopicImage>(*old->second);
      slot->id = id;
    }
    return *slot;
  }
  void forget(const TopicId& id) { edited_.erase(id); }
  const std::map<TopicId, std::shared_ptr<TopicImage>>& all() const { return edited_; }

 private:
  const std::unordered_map<TopicId, Image::TopicPtr>& before_;
  std::map<TopicId, std::shared_ptr<TopicImage>> edited_;
};

}  // namespace

const PartitionImage* TopicImage::partition(PartitionIndex index) const {
  auto at = std::lower_bound(partitions.begin(), partitions.end(), index,
                             [](const PartitionImage& each, PartitionIndex wanted) { return each.index < wanted; });
  return at == partitions.end() || at->index != index ? nullptr : &*at;
}

const TopicImage* Image::topic(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

const TopicImage* Image::topic(const TopicId& id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

const BrokerImage* Image::broker(BrokerId id) const {
  auto found = brokers_.find(id);
  return found == brokers_.end() ? nullptr : &found->second;
}

const network::Address* Image::endpoint(BrokerId id, std::string_view listener) const {
  const BrokerImage* found = broker(id);
  if (found == nullptr || !found->live) return nullptr;
  auto at = found->endpoints.find(listener);
  return at == found->endpoints.end() ? nullptr : &at->second;
}

void Image::drop_topic(const TopicId& id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  // The name may belong to a younger topic by now.
  auto named = by_name_.find(found->second->name);
  if (named != by_name_.end() && named->second->id == id) by_name_.erase(named);
  by_id_.erase(found);
}

std::shared_ptr<const Image> Image::after(const control::Delta& delta) const {
  auto next = std::make_shared<Image>(*this);
  next->controller_epoch_ = ControllerEpoch(delta.controller_epoch());
  next->controller_ = BrokerId(delta.controller_id());
  if (!delta.cluster_id().empty()) next->cluster_id_ = delta.cluster_id();

  TopicEdits edits(by_id_);
  std::set<TopicId> named;
  for (auto& topic : delta.topics()) {
    TopicId id(Uuid::from_bytes(topic.topic_id()));
    if (topic.removed()) {
      next->drop_topic(id);
      edits.forget(id);
      continue;
    }
    named.insert(id);
    auto& edited = edits.edit(id);
    edited.name = topic.name();
    edited.configs = {topic.configs().begin(), topic.configs().end()};
    edited.min_insync_replicas = topic.min_insync_replicas();
  }
  for (auto& partition : delta.partitions()) {
    TopicId id(Uuid::from_bytes(partition.topic_id()));
    // Of a topic that nobody has named there is nothing to tell clients.
    if (!named.contains(id) && (delta.snapshot() || !by_id_.contains(id) || !next->by_id_.contains(id))) continue;
    put_partition(edits.edit(id).partitions, image_of(partition.state()));
  }
  if (delta.snapshot()) {
    for (auto& [id, topic] : by_id_) {
      if (!named.contains(id)) next->drop_topic(id);
    }
    next->brokers_.clear();
  }
  for (auto& [id, topic] : edits.all()) {
    next->by_id_[id] = topic;
    next->by_name_[topic->name] = topic;
  }
  if (delta.snapshot() || delta.brokers_size() > 0) ++next->brokers_version_;
  for (auto& broker : delta.brokers()) next->brokers_[BrokerId(broker.id())] = image_of(broker);
  if (delta.has_broker_configs() || delta.snapshot()) next->broker_configs_ = configs_of(delta.broker_configs());
  return next;
}

}  // namespace baton
