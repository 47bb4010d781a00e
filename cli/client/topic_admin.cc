#include "cli/client/topic_admin.h"

#include "broker/protocol/messages/create_topics.h"
#include "broker/protocol/messages/delete_topics.h"
#include "broker/protocol/messages/metadata.h"
#include "cli/client/kafka_client.h"

namespace baton::client {
namespace {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr int kServerTimeoutMs = 120'000;

int milliseconds_until(Deadline deadline) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  // The broker gives up first, and says why.
  return static_cast<int>(std::min<int64_t>(std::max<int64_t>(left * 3 / 4, 1), kServerTimeoutMs));
}

// A connection to whom the cluster names its controller. In Kafka's ZooKeeper mode nobody else may create topics.
Result<KafkaClient> open_controller(const std::string& bootstrap, Deadline deadline) {
  Result<std::vector<Address>> addresses = KafkaClient::parse_bootstrap(bootstrap);
  if (!addresses) return tl::unexpected(addresses.error());
  Result<KafkaClient> last = fail(ErrorCode::kNetworkException, "no broker answers at " + bootstrap);
  for (const Address& address : *addresses) {
    // One that hangs must not take all the time.
    Deadline soon = std::min(deadline, after(std::chrono::milliseconds(2000)));
    Result<KafkaClient> any = KafkaClient::open({address}, soon);
    if (!any) continue;
    Result<MetadataResponse> metadata = any->call<MetadataRequest, MetadataResponse>(4, MetadataRequest{}, soon);
    if (!metadata) continue;
    for (const MetadataResponse::Broker& broker : metadata->brokers) {
      if (broker.node_id == metadata->controller_id) return KafkaClient::open({{broker.host, broker.port}}, deadline);
    }
    last = fail(ErrorCode::kNotController, "the cluster has no controller at the moment");
  }
  return last;
}

Status outcome(ErrorCode code, const std::optional<std::string>& message, const std::string& name) {
  if (code == ErrorCode::kNone) return {};
  return fail(code, name + ": " + std::string(name_of(code)) + (message && !message->empty() ? ": " + *message : ""));
}

}  // namespace

Status create_topic(const std::string& bootstrap, const NewTopic& topic, Deadline deadline) {
  Result<KafkaClient> client = open_controller(bootstrap, deadline);
  if (!client) return tl::unexpected(client.error());
  CreateTopicsRequest request;
  request.timeout_ms = milliseconds_until(deadline);
  CreateTopicsRequest::Topic& wanted = request.topics.emplace_back();
  wanted.name = topic.name;
  wanted.num_partitions = topic.assignment.empty() ? topic.partitions : -1;
  wanted.replication_factor = static_cast<int16_t>(topic.assignment.empty() ? topic.replication_factor : -1);
  for (const std::vector<int>& replicas : topic.assignment) {
    CreateTopicsRequest::Assignment& assignment = wanted.assignments.emplace_back();
    assignment.partition_index = PartitionIndex(static_cast<int32_t>(wanted.assignments.size() - 1));
    for (int id : replicas) assignment.broker_ids.push_back(BrokerId(id));
  }
  for (const auto& [key, value] : topic.configs) wanted.configs.push_back({key, value});
  Result<CreateTopicsResponse> response = client->call<CreateTopicsRequest, CreateTopicsResponse>(5, request, deadline);
  if (!response) return tl::unexpected(response.error());
  if (response->topics.size() != 1) return fail(ErrorCode::kUnknownServerError, "an answer without the topic");
  return outcome(response->topics[0].error_code, response->topics[0].error_message, topic.name);
}

Status delete_topic(const std::string& bootstrap, const std::string& name, Deadline deadline) {
  Result<KafkaClient> client = open_controller(bootstrap, deadline);
  if (!client) return tl::unexpected(client.error());
  DeleteTopicsRequest request;
  request.topic_names = {name};
  request.timeout_ms = milliseconds_until(deadline);
  Result<DeleteTopicsResponse> response = client->call<DeleteTopicsRequest, DeleteTopicsResponse>(5, request, deadline);
  if (!response) return tl::unexpected(response.error());
  if (response->responses.size() != 1) return fail(ErrorCode::kUnknownServerError, "an answer without the topic");
  return outcome(response->responses[0].error_code, response->responses[0].error_message, name);
}

}  // namespace baton::client
