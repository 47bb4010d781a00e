// Metadata: who leads what, from the image alone. A leaderless partition spoils its own line only. Topics that a client
// names, and may create, are created first.
#include "broker/protocol/messages/metadata.h"

#include <algorithm>
#include <set>

#include "broker/handlers/controller_request.h"
#include "broker/handlers/first_image.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/named_controller.h"
#include "broker/handlers/settled_leaders.h"
#include "broker/handlers/topic_names.h"
#include "broker/metadata/internal_topics.h"

namespace baton {
namespace {

// How long a Metadata request waits for a topic that it creates; then the client is told to ask again.
constexpr Duration kAutoCreateWait = std::chrono::seconds(2);
constexpr int16_t kNullNames = 12;

using Request = protocol::MetadataRequest;
using Response = protocol::MetadataResponse;

Response::Partition describe(const Image& image, const std::string& listener, const PartitionImage& partition) {
  Response::Partition described;
  described.partition_index = partition.index;
  described.leader_id = partition.leader;
  described.leader_epoch = partition.leader_epoch;
  described.replica_nodes = partition.replicas;
  described.isr_nodes = partition.isr;
  for (auto id : partition.replicas) {
    auto* broker = image.broker(id);
    if (broker == nullptr || !broker->live) described.offline_replicas.push_back(id);
  }
  if (image.endpoint(partition.leader, listener) == nullptr) {
    described.error_code = ErrorCode::kLeaderNotAvailable;
    described.leader_id = BrokerId();
  }
  return described;
}

Response::Topic describe(const Image& image, const std::string& listener, const TopicImage& topic) {
  Response::Topic described;
  described.name = topic.name;
  described.topic_id = topic.id;
  described.is_internal = is_internal_topic(topic.name);
  described.partitions.reserve(topic.partitions.size());
  for (auto& partition : topic.partitions) described.partitions.push_back(describe(image, listener, partition));
  return described;
}

Response::Topic failed(std::optional<std::string> name, const TopicId& id, ErrorCode error) {
  Response::Topic topic;
  topic.name = std::move(name);
  topic.topic_id = id;
  topic.error_code = error;
  return topic;
}

Response::Topic describe_asked(const Image& image, const Call& call, const Request::Topic& asked, ErrorCode when_missing) {
  if (!asked.topic_id.is_none() && (!asked.name || asked.name->empty())) {
    if (auto* topic = image.topic(asked.topic_id)) return describe(image, call.listener(), *topic);
    std::optional<std::string> no_name;
    if (call.version() < kNullNames) no_name = "";
    return failed(no_name, asked.topic_id, ErrorCode::kUnknownTopicId);
  }
  std::string name = asked.name.value_or("");
  if (!topic_name_flaw(name).empty()) return failed(name, {}, ErrorCode::kInvalidTopicException);
  if (auto* topic = image.topic(name)) return describe(image, call.listener(), *topic);
  return failed(name, {}, when_missing);
}

bool wants_all(const Request& request, int16_t version) {
  return !request.topics || (version == 0 && request.topics->empty());
}

// `created`: what became of the topics that were to be created on the way.
void answer(Services& services, Call& call, const Request& request, const std::map<std::string, ErrorCode>& created) {
  auto& image = *services.image();
  Response response;
  response.cluster_id = image.cluster_id();
  response.controller_id = named_controller(services, image);
  for (auto& [id, broker] : image.brokers()) {
    auto* endpoint = image.endpoint(id, call.listener());
    if (endpoint == nullptr) continue;
    std::optional<std::string> rack;
    if (!broker.rack.empty()) rack = broker.rack;
    response.brokers.push_back({id, endpoint->host, endpoint->port, std::move(rack)});
  }
  if (wants_all(request, call.version())) {
    response.topics.reserve(image.topics().size());
    for (auto& [name, topic] : image.topics()) response.topics.push_back(describe(image, call.listener(), *topic));
  } else {
    for (auto& asked : *request.topics) {
      auto known = created.find(asked.name.value_or(""));
      auto when_missing = known == created.end() ? ErrorCode::kUnknownTopicOrPartition : known->second;
      response.topics.push_back(describe_asked(image, call, asked, when_missing));
    }
  }
  call.answer(response);
}

std::vector<TopicWanted> topics_to_create(Services& services, const Call& call, const Request& request) {
  std::vector<TopicWanted> missing;
  bool allowed = request.allow_auto_topic_creation && services.config.settings.flag("auto.create.topics.enable");
  if (!allowed || wants_all(request, call.version())) return missing;
  for (auto& asked : *request.topics) {
    if (!asked.name || !topic_name_flaw(*asked.name).empty() || services.image()->topic(*asked.name) != nullptr) continue;
    auto again = std::any_of(missing.begin(), missing.end(), [&](auto& each) { return each.name == *asked.name; });
    if (!again) missing.push_back(topic_by_default(services.config.settings, *asked.name));
  }
  return missing;
}

void add_leaders(const TopicImage* topic, std::set<BrokerId>& leaders) {
  if (topic == nullptr) return;
  for (auto& partition : topic->partitions) leaders.insert(partition.leader);
}

std::set<BrokerId> leaders_asked_for(const Image& image, const Request& request, int16_t version) {
  std::set<BrokerId> leaders;
  if (wants_all(request, version)) {
    for (auto& [name, topic] : image.topics()) add_leaders(topic.get(), leaders);
    return leaders;
  }
  for (auto& asked : *request.topics) {
    add_leaders(asked.topic_id.is_none() ? image.topic(asked.name.value_or("")) : image.topic(asked.topic_id), leaders);
  }
  return leaders;
}

void create_and_answer(Services& services, const CallPtr& call, const std::shared_ptr<const Request>& asked) {
  auto missing = topics_to_create(services, *call, *asked);
  if (missing.empty()) {
    auto leaders = [asked, version = call->version()](const Image& image) { return leaders_asked_for(image, *asked, version); };
    auto then = [&services, call, asked] { answer(services, *call, *asked, {}); };
    // Whoever looks at everything looks on and is not kept.
    if (wants_all(*asked, call->version())) return when_leaders_are_settled(services, std::move(leaders), std::move(then));
    return when_leaders_are_settled_on_thought(services, std::move(leaders), std::move(then));
  }
  create_topics(services, std::move(missing), false, kAutoCreateWait, [&services, call, asked](std::vector<TopicCreated> results) {
    std::map<std::string, ErrorCode> created;
    for (auto& each : results) {
      // Whatever kept it from being there now, the client asks again, unless it can never be created.
      bool final = each.error == ErrorCode::kInvalidReplicationFactor || each.error == ErrorCode::kPolicyViolation;
      created[each.name] = final ? each.error : ErrorCode::kLeaderNotAvailable;
    }
    answer(services, *call, *asked, created);
  });
}

}  // namespace

void handle_metadata(Services& services, CallPtr call, Request request) {
  auto asked = std::make_shared<const Request>(std::move(request));
  when_cluster_is_known(services, *call, [&services, call, asked] { create_and_answer(services, call, asked); });
}

}  // namespace baton
