// The cluster as this broker knows it: brokers, topics, partitions, who leads. An Image is an immutable snapshot shared by
// all shards; a change makes a new one, which shares with the old whatever stayed as it was.
//
// Published leader epochs never go backwards within a topic id: clients loop on that (librdkafka#4687).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/network/socket.h"
#include "base/uuid.h"

namespace baton::control {
class Delta;
}

namespace baton {

struct PartitionImage {
  PartitionIndex index;
  BrokerId leader;  // none: nobody leads
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> isr;
  // Of the replicas, those that a reassignment under way adds, and removes at its end.
  std::vector<BrokerId> adding;
  std::vector<BrokerId> removing;
};

struct TopicImage {
  std::string name;
  TopicId id;
  std::map<std::string, std::string> configs;
  int32_t min_insync_replicas = 1;
  std::vector<PartitionImage> partitions;  // by ascending index

  // Null: there is no such partition.
  const PartitionImage* partition(PartitionIndex index) const;
};

struct BrokerImage {
  BrokerId id;
  BrokerEpoch epoch;
  bool live = false;
  std::string rack;
  std::map<std::string, network::Address, std::less<>> endpoints;  // by listener
};

class Image {
 public:
  using TopicPtr = std::shared_ptr<const TopicImage>;

  // Null: unknown.
  const TopicImage* topic(std::string_view name) const;
  const TopicImage* topic(const TopicId& id) const;
  const BrokerImage* broker(BrokerId id) const;
  // Where clients of `listener` reach a live broker; null: not registered now, or not on that listener.
  const network::Address* endpoint(BrokerId id, std::string_view listener) const;

  const std::map<std::string, TopicPtr, std::less<>>& topics() const { return by_name_; }
  const std::map<BrokerId, BrokerImage>& brokers() const { return brokers_; }
  // What was set while brokers run: by the broker's id as text, the empty one for all brokers.
  using BrokerConfigs = std::map<std::string, std::map<std::string, std::string>>;
  const BrokerConfigs& broker_configs() const { return broker_configs_; }
  const std::string& cluster_id() const { return cluster_id_; }
  BrokerId controller() const { return controller_; }
  ControllerEpoch controller_epoch() const { return controller_epoch_; }

  // Changes whenever a broker came, went, or came back as another incarnation.
  uint64_t brokers_version() const { return brokers_version_; }

  // The image after `delta`.
  std::shared_ptr<const Image> after(const control::Delta& delta) const;

 private:
  void drop_topic(const TopicId& id);

  std::map<std::string, TopicPtr, std::less<>> by_name_;
  std::unordered_map<TopicId, TopicPtr> by_id_;
  std::map<BrokerId, BrokerImage> brokers_;
  uint64_t brokers_version_ = 0;
  BrokerConfigs broker_configs_;
  std::string cluster_id_;
  BrokerId controller_;
  ControllerEpoch controller_epoch_;
};

using ImagePtr = std::shared_ptr<const Image>;

}  // namespace baton
