#include "cli/client/reassignments.h"

#include <algorithm>
#include <map>

#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/list_partition_reassignments.h"
#include "broker/protocol/messages/metadata.h"
#include "cli/client/kafka_client.h"

namespace baton::client {
namespace {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr auto kPatience = std::chrono::seconds(1);

// What one broker says of its replicas, by topic and partition.
struct ReplicaSize {
  int64_t bytes = -1;
  int64_t behind = -1;
};
using Sizes = std::map<std::pair<std::string, int>, ReplicaSize>;

std::vector<int> plain(const std::vector<BrokerId>& ids) {
  std::vector<int> numbers;
  for (BrokerId id : ids) numbers.push_back(id.value());
  return numbers;
}

Result<std::vector<Reassignment>> listed(KafkaClient& client, Deadline deadline) {
  ListPartitionReassignmentsRequest ask;
  auto answer = client.call<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(0, ask, deadline);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->error_code != ErrorCode::kNone) return fail(answer->error_code, answer->error_message.value_or("no reassignments are told"));
  std::vector<Reassignment> found;
  for (auto& topic : answer->topics) {
    for (auto& partition : topic.partitions) {
      Reassignment each{topic.name, partition.partition_index.value(), -1, plain(partition.replicas), plain(partition.removing_replicas),
                        {}};
      for (BrokerId id : partition.adding_replicas) each.adding.push_back({id.value()});
      found.push_back(std::move(each));
    }
  }
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition); });
  return found;
}

// Leaders and the ISR, and where the brokers are.
Result<std::map<int, Address>> look_up(KafkaClient& client, std::vector<Reassignment>& all, Deadline deadline) {
  MetadataRequest ask;
  ask.topics.emplace();
  ask.allow_auto_topic_creation = false;
  for (auto& each : all) {
    if (ask.topics->empty() || ask.topics->back().name != each.topic) ask.topics->emplace_back().name = each.topic;
  }
  auto metadata = client.call<MetadataRequest, MetadataResponse>(4, ask, deadline);
  if (!metadata) return tl::unexpected(metadata.error());
  std::map<std::pair<std::string, int>, const MetadataResponse::Partition*> states;
  for (auto& topic : metadata->topics) {
    for (auto& partition : topic.partitions) states[{topic.name.value_or(""), partition.partition_index.value()}] = &partition;
  }
  for (auto& each : all) {
    auto state = states.find({each.topic, each.partition});
    if (state == states.end()) continue;
    each.leader = state->second->leader_id.value();
    const std::vector<int> isr = plain(state->second->isr_nodes);
    for (auto& replica : each.adding) replica.in_sync = std::find(isr.begin(), isr.end(), replica.broker) != isr.end();
  }
  std::map<int, Address> brokers;
  for (auto& broker : metadata->brokers) brokers[broker.node_id.value()] = {broker.host, broker.port};
  return brokers;
}

Sizes sizes_of(const Address& broker, const DescribeLogDirsRequest& ask) {
  const Deadline deadline = after(kPatience);
  Sizes sizes;
  auto client = KafkaClient::open({broker}, deadline);
  if (!client) return sizes;
  auto answer = client->call<DescribeLogDirsRequest, DescribeLogDirsResponse>(2, ask, deadline);
  if (!answer) return sizes;
  for (auto& directory : answer->results) {
    for (auto& topic : directory.topics) {
      for (auto& partition : topic.partitions) {
        sizes[{topic.name, partition.partition_index.value()}] = {partition.partition_size, partition.offset_lag};
      }
    }
  }
  return sizes;
}

DescribeLogDirsRequest of(const std::vector<Reassignment>& all) {
  DescribeLogDirsRequest ask;
  ask.topics.emplace();
  for (auto& each : all) {
    if (ask.topics->empty() || ask.topics->back().topic != each.topic) ask.topics->push_back({each.topic, {}});
    ask.topics->back().partitions.emplace_back(each.partition);
  }
  return ask;
}

}  // namespace

int64_t Reassignment::bytes_left(const AddedReplica& replica) const {
  if (replica.in_sync) return 0;
  return leader_bytes < 0 || replica.bytes < 0 ? -1 : std::max<int64_t>(0, leader_bytes - replica.bytes);
}

Result<std::vector<Reassignment>> reassignments(const std::string& bootstrap, Deadline deadline) {
  auto addresses = KafkaClient::parse_bootstrap(bootstrap);
  if (!addresses) return tl::unexpected(addresses.error());
  auto client = KafkaClient::open(*addresses, deadline);
  if (!client) return tl::unexpected(client.error());
  auto all = listed(*client, deadline);
  if (!all || all->empty()) return all;
  auto brokers = look_up(*client, *all, deadline);
  if (!brokers) return tl::unexpected(brokers.error());

  std::map<int, Sizes> sizes;
  const DescribeLogDirsRequest ask = of(*all);
  auto size_on = [&](int broker, const Reassignment& each) {
    auto address = brokers->find(broker);
    if (address == brokers->end()) return ReplicaSize();
    if (!sizes.contains(broker)) sizes[broker] = sizes_of(address->second, ask);
    auto found = sizes[broker].find({each.topic, each.partition});
    return found == sizes[broker].end() ? ReplicaSize() : found->second;
  };
  for (auto& each : *all) {
    each.leader_bytes = size_on(each.leader, each).bytes;
    for (auto& replica : each.adding) {
      const ReplicaSize size = size_on(replica.broker, each);
      replica.bytes = size.bytes;
      replica.records_behind = size.behind;
    }
  }
  return all;
}

}  // namespace baton::client
