// Where a group's coordinator is: the leader of the partition of __consumer_offsets that the group hashes to. The first to
// ask creates that topic.
#include "broker/protocol/messages/find_coordinator.h"

#include "base/logging.h"
#include "broker/handlers/controller_request.h"
#include "broker/handlers/group_handlers.h"
#include "broker/handlers/settled_leaders.h"
#include "broker/metadata/internal_topics.h"

namespace baton {
namespace {

using Coordinator = protocol::FindCoordinatorResponse::Coordinator;
constexpr int8_t kGroup = 0;
constexpr Duration kCreationPatience = std::chrono::seconds(5);

Coordinator refused(const std::string& key, ErrorCode error, std::string message) {
  Coordinator coordinator;
  coordinator.key = key;
  coordinator.error_code = error;
  coordinator.error_message = std::move(message);
  return coordinator;
}

Coordinator coordinator_of(const Image& image, const std::string& listener, const std::string& group) {
  if (group.empty()) return refused(group, ErrorCode::kInvalidGroupId, "a group needs a name");
  const auto at = groups::GroupService::partition_of_group(image, group);
  const TopicImage* topic = at ? image.topic(at->topic) : nullptr;
  const PartitionImage* partition = topic == nullptr ? nullptr : topic->partition(at->index);
  if (partition == nullptr || partition->leader.value() < 0)
    return refused(group, ErrorCode::kCoordinatorNotAvailable, "its partition of __consumer_offsets has no leader now");
  const network::Address* address = image.endpoint(partition->leader, listener);
  if (address == nullptr)
    return refused(group, ErrorCode::kCoordinatorNotAvailable, "its broker is not registered, or not on this listener");
  Coordinator coordinator;
  coordinator.key = group;
  coordinator.node_id = partition->leader;
  coordinator.host = address->host;
  coordinator.port = address->port;
  return coordinator;
}

void answer(Call& call, std::vector<Coordinator> found) {
  protocol::FindCoordinatorResponse response;
  if (call.version() >= 4) {
    response.coordinators = std::move(found);
  } else {
    Coordinator& only = found.at(0);
    response.error_code = only.error_code;
    response.error_message = std::move(only.error_message);
    response.node_id = only.node_id;
    response.host = std::move(only.host);
    response.port = only.port;
  }
  call.answer(response);
}

void answer_from_image(const Services& services, Call& call, const std::vector<std::string>& groups) {
  std::vector<Coordinator> found;
  found.reserve(groups.size());
  for (const std::string& group : groups) found.push_back(coordinator_of(*services.image(), call.listener(), group));
  answer(call, std::move(found));
}

std::set<BrokerId> leaders_of_groups(const Image& image, const std::vector<std::string>& groups) {
  std::set<BrokerId> leaders;
  for (const std::string& group : groups) {
    const auto at = groups::GroupService::partition_of_group(image, group);
    const TopicImage* topic = at ? image.topic(at->topic) : nullptr;
    const PartitionImage* partition = topic == nullptr ? nullptr : topic->partition(at->index);
    if (partition != nullptr) leaders.insert(partition->leader);
  }
  return leaders;
}

}  // namespace

void handle_find_coordinator(Services& services, CallPtr call, protocol::FindCoordinatorRequest request) {
  std::vector<std::string> keys = std::move(request.coordinator_keys);
  if (call->version() < 4) keys.assign(1, request.key);
  if (request.key_type != kGroup) {
    std::vector<Coordinator> found;
    found.reserve(keys.size());
    // The one error that is fatal to every client: transactions do not exist, and trying again would not help.
    for (const std::string& key : keys)
      found.push_back(refused(key, ErrorCode::kTransactionalIdAuthorizationFailed, "this broker has no transactions"));
    return answer(*call, std::move(found));
  }
  if (services.image()->topic(kOffsetsTopic) != nullptr) {
    return when_leaders_are_settled_on_thought(
        services, [keys](const Image& image) { return leaders_of_groups(image, keys); },
        [&services, call, keys] { answer_from_image(services, *call, keys); });
  }
  create_topics(services, {topic_by_default(services.config.settings, std::string(kOffsetsTopic))}, false, kCreationPatience,
                [&services, call = std::move(call), keys = std::move(keys)](std::vector<TopicCreated> created) {
                  const TopicCreated& topic = created.at(0);
                  if (topic.error != ErrorCode::kNone && topic.error != ErrorCode::kTopicAlreadyExists)
                    log::warn("{} could not be created: {} {}", kOffsetsTopic, name_of(topic.error), topic.message);
                  // Created or not, the image tells; a client that finds no coordinator asks again.
                  answer_from_image(services, *call, keys);
                });
}

}  // namespace baton
