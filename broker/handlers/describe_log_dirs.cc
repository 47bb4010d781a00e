// The replicas of this broker's one log directory with their sizes and lags, each asked on its shard. With them anybody can tell
// how far a reassignment is.
#include "broker/protocol/messages/describe_log_dirs.h"

#include <algorithm>
#include <filesystem>

#include "broker/handlers/gather.h"
#include "broker/handlers/handlers.h"

namespace baton {
namespace {

using Request = protocol::DescribeLogDirsRequest;
using Response = protocol::DescribeLogDirsResponse;

// The partitions that are asked for, as far as this broker has a replica by its image.
class Wanted {
 public:
  Wanted(const Image& image, BrokerId self) : image_(image), self_(self) {}

  void all() {
    for (auto& [name, topic] : image_.topics()) {
      for (auto& partition : topic->partitions) add(*topic, partition);
    }
  }
  void named(const Request::Topic& wanted) {
    const TopicImage* topic = image_.topic(wanted.topic);
    if (topic == nullptr) return;
    for (auto index : wanted.partitions) {
      if (auto* partition = topic->partition(index)) add(*topic, *partition);
    }
  }
  struct Replica {
    const std::string& topic;
    TopicPartition partition;
  };
  const std::vector<Replica>& replicas() const { return replicas_; }

 private:
  void add(const TopicImage& topic, const PartitionImage& partition) {
    auto& holders = partition.replicas;
    if (std::find(holders.begin(), holders.end(), self_) != holders.end()) replicas_.push_back({topic.name, {topic.id, partition.index}});
  }

  const Image& image_;
  BrokerId self_;
  std::vector<Replica> replicas_;
};

// What a shard found: nothing where there is no log (yet).
struct Found {
  Response::Partition partition;
  bool there = false;
};

Found describe(Shard& shard, const TopicPartition& partition) {
  Found found;
  found.partition.partition_index = partition.index;
  auto* hosted = shard.find(partition);
  if (hosted == nullptr || !hosted->replica.has_log()) return found;
  found.there = true;
  found.partition.partition_size = static_cast<int64_t>(hosted->replica.log().size_bytes());
  found.partition.offset_lag = hosted->replica.leader_state() == nullptr ? hosted->lag : 0;
  return found;
}

}  // namespace

void handle_describe_log_dirs(Services& services, CallPtr call, Request request) {
  auto image = services.image();
  auto wanted = std::make_shared<Wanted>(*image, services.config.id);
  if (request.topics) {
    for (auto& topic : *request.topics) wanted->named(topic);
  } else {
    wanted->all();
  }
  auto found = std::make_shared<std::vector<Found>>(wanted->replicas().size());
  std::vector<PartitionTask> tasks;
  for (size_t i = 0; i < found->size(); ++i) {
    auto& partition = wanted->replicas()[i].partition;
    tasks.push_back({partition, [found, partition, i](Shard& shard) { (*found)[i] = describe(shard, partition); }});
  }
  gather(services, call->home_shard(), std::move(tasks), [&services, call, image, wanted, found] {
    Response response;
    auto& directory = response.results.emplace_back();
    directory.log_dir = services.config.log_directory;
    for (size_t i = 0; i < found->size(); ++i) {
      if (!(*found)[i].there) continue;
      auto& topic = wanted->replicas()[i].topic;
      if (directory.topics.empty() || directory.topics.back().name != topic) directory.topics.push_back({topic, {}});
      directory.topics.back().partitions.push_back((*found)[i].partition);
    }
    std::error_code failed;
    const auto space = std::filesystem::space(directory.log_dir, failed);
    if (!failed) {
      directory.total_bytes = static_cast<int64_t>(space.capacity);
      directory.usable_bytes = static_cast<int64_t>(space.available);
    }
    call->answer(response);
  });
}

}  // namespace baton
