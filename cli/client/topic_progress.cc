#include "cli/client/topic_progress.h"

#include <map>

#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/metadata.h"
#include "cli/client/kafka_client.h"

namespace baton::client {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr int64_t kEnd = -1;

// How many of the partitions their leader leads already.
Result<int> served_by(const Address& leader, const ListOffsetsRequest& request, Deadline deadline) {
  Result<KafkaClient> client = KafkaClient::open({leader}, deadline);
  if (!client) return tl::unexpected(client.error());
  Result<ListOffsetsResponse> answer = client->call<ListOffsetsRequest, ListOffsetsResponse>(4, request, deadline);
  if (!answer) return tl::unexpected(answer.error());
  int served = 0;
  for (const ListOffsetsResponse::Topic& topic : answer->topics) {
    for (const ListOffsetsResponse::Partition& partition : topic.partitions) served += partition.error_code == ErrorCode::kNone;
  }
  return served;
}

}  // namespace

Result<TopicProgress> topic_progress(const std::string& bootstrap, const std::string& topic, Deadline deadline) {
  Result<std::vector<Address>> addresses = KafkaClient::parse_bootstrap(bootstrap);
  if (!addresses) return tl::unexpected(addresses.error());
  Result<KafkaClient> client = KafkaClient::open(*addresses, deadline);
  if (!client) return tl::unexpected(client.error());
  MetadataRequest ask;
  ask.topics.emplace().emplace_back().name = topic;
  ask.allow_auto_topic_creation = false;
  Result<MetadataResponse> metadata = client->call<MetadataRequest, MetadataResponse>(4, ask, deadline);
  if (!metadata) return tl::unexpected(metadata.error());

  std::map<BrokerId, ListOffsetsRequest> questions;
  TopicProgress progress;
  for (const MetadataResponse::Topic& each : metadata->topics) {
    for (const MetadataResponse::Partition& partition : each.partitions) {
      ++progress.partitions;
      ListOffsetsRequest& request = questions[partition.leader_id];
      if (request.topics.empty()) request.topics.emplace_back().name = topic;
      ListOffsetsRequest::Partition& asked = request.topics.front().partitions.emplace_back();
      asked.partition_index = partition.partition_index;
      asked.timestamp = kEnd;
    }
  }
  for (const MetadataResponse::Broker& broker : metadata->brokers) {
    auto question = questions.find(broker.node_id);
    if (question == questions.end()) continue;
    Result<int> served = served_by({broker.host, broker.port}, question->second, deadline);
    if (!served) return tl::unexpected(served.error());
    progress.serving += *served;
  }
  return progress;
}

}  // namespace baton::client
