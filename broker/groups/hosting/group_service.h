// All coordinators of this broker: one host for each partition of __consumer_offsets that it leads, on the shard that owns
// the partition. Requests come in on any reactor and cross over as messages.
//
// Threading: made before the reactors run, outlives them. The listener's calls come on the shard's own thread; with_host()
// and with_hosts() from any reactor.
#pragma once

#include <vector>

#include "base/settings.h"
#include "broker/groups/hosting/group_host.h"
#include "broker/metadata/image.h"

namespace baton::groups {

class GroupService final : public LeadershipListener {
 public:
  // One reactor a shard, in the shards' order.
  GroupService(const Settings& settings, PartitionAccess& partitions, Committed committed, const Clock& clock,
               const std::vector<network::Reactor*>& reactors);

  // The partition of __consumer_offsets that holds a group, none while that topic does not exist.
  static std::optional<TopicPartition> partition_of_group(const Image& image, const std::string& group);

  // Runs `work` on the shard of that partition, with its host, or with null when this broker does not lead it.
  void with_host(const TopicPartition& partition, Function<void(GroupHost*)> work);
  // Runs `work` on every shard, with its hosts.
  void with_hosts(std::function<void(const std::vector<GroupHost*>&)> work);
  size_t shards() const { return shards_.size(); }

  void on_leading(const std::string& topic, const TopicPartition& partition, LeaderEpoch epoch) override;
  void on_stopped_leading(const std::string& topic, const TopicPartition& partition) override;
  // Offsets of topics that are no longer there are forgotten. From one thread, in order, images as they come.
  void on_image(ImagePtr image);

 private:
  struct Shard {
    network::Reactor* reactor;
    std::map<TopicPartition, std::shared_ptr<GroupHost>> hosts;
  };
  Shard& owner(const TopicPartition& partition) { return shards_[static_cast<size_t>(partitions_.shard_of(partition))]; }

  HostConfig config_;
  PartitionAccess& partitions_;
  Committed committed_;
  const Clock& clock_;
  SystemRandom random_;
  std::vector<Shard> shards_;
  ImagePtr image_;
};

}  // namespace baton::groups
