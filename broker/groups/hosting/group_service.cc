#include "broker/groups/hosting/group_service.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/internal_topics.h"

namespace baton::groups {
namespace {

HostConfig config_of(const Settings& settings) {
  HostConfig config;
  config.groups.session_timeout_ms_min = settings.int32("group.min.session.timeout.ms");
  config.groups.session_timeout_ms_max = settings.int32("group.max.session.timeout.ms");
  config.groups.initial_rebalance_delay_ms = settings.int32("group.initial.rebalance.delay.ms");
  config.groups.members_max = settings.int32("group.max.size");
  config.groups.offset_metadata_bytes_max = settings.int32("offset.metadata.max.bytes");
  config.groups.offsets_retention_ms = settings.integer("offsets.retention.minutes") * 60'000;
  config.commit_timeout = std::chrono::milliseconds(settings.integer("offsets.commit.timeout.ms"));
  // A wait of years, were it asked for, is as good as a wait of one.
  constexpr int64_t kYearMs = 365LL * 24 * 3'600'000;
  config.expiry_interval = std::chrono::milliseconds(std::min(settings.integer("offsets.retention.check.interval.ms"), kYearMs));
  return config;
}

}  // namespace

GroupService::GroupService(const Settings& settings, PartitionAccess& partitions, Committed committed, const Clock& clock,
                           const std::vector<network::Reactor*>& reactors)
    : config_(config_of(settings)),
      partitions_(partitions),
      committed_(std::move(committed)),
      clock_(clock),
      image_(std::make_shared<Image>()) {
  for (network::Reactor* reactor : reactors) shards_.push_back({reactor, {}});
}

std::optional<TopicPartition> GroupService::partition_of_group(const Image& image, const std::string& group) {
  const TopicImage* topic = image.topic(kOffsetsTopic);
  if (topic == nullptr || topic->partitions.empty()) return std::nullopt;
  return TopicPartition{topic->id, PartitionIndex(partition_of(group, static_cast<int32_t>(topic->partitions.size())))};
}

void GroupService::with_host(const TopicPartition& partition, Function<void(GroupHost*)> work) {
  partitions_.run_on(partitions_.shard_of(partition), [this, partition, work = std::move(work)]() mutable {
    auto& hosts = owner(partition).hosts;
    const auto found = hosts.find(partition);
    if (found == hosts.end()) return work(nullptr);
    const auto kept = found->second;
    work(kept.get());
  });
}

void GroupService::with_hosts(std::function<void(const std::vector<GroupHost*>&)> work) {
  for (size_t shard = 0; shard < shards_.size(); ++shard) {
    partitions_.run_on(static_cast<int>(shard), [this, shard, work] {
      std::vector<GroupHost*> hosts;
      for (const auto& [partition, host] : shards_[shard].hosts) hosts.push_back(host.get());
      work(hosts);
    });
  }
}

void GroupService::on_leading(const std::string& topic, const TopicPartition& partition, LeaderEpoch) {
  if (topic != kOffsetsTopic) return;
  // Led again under a new epoch: between the two somebody else may have written.
  on_stopped_leading(topic, partition);
  Shard& shard = owner(partition);
  const auto host =
      std::make_shared<GroupHost>(GroupHost::Context{config_, partitions_, committed_, clock_, random_, *shard.reactor}, partition);
  shard.hosts.emplace(partition, host);
  // Posted, for the role is being taken just now.
  shard.reactor->post([weak = std::weak_ptr<GroupHost>(host)] {
    if (const auto begun = weak.lock()) begun->start();
  });
}

void GroupService::on_stopped_leading(const std::string& topic, const TopicPartition& partition) {
  if (topic != kOffsetsTopic) return;
  auto node = owner(partition).hosts.extract(partition);
  if (!node.empty()) node.mapped()->stop();
}

void GroupService::on_image(ImagePtr image) {
  const ImagePtr former = std::exchange(image_, std::move(image));
  std::vector<std::string> gone;
  for (const auto& [name, topic] : former->topics()) {
    const TopicImage* now = image_->topic(name);
    if (now == nullptr || now->id != topic->id) gone.push_back(name);
  }
  if (gone.empty()) return;
  with_hosts([gone](const std::vector<GroupHost*>& hosts) {
    for (GroupHost* host : hosts) host->forget_topics(gone);
  });
}

}  // namespace baton::groups
