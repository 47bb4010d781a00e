#include "broker/protocol/messages/delete_topics.h"

#include <algorithm>

#include "broker/handlers/controller_request.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/mutations.h"
#include "broker/shards/shard_set.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

using Request = protocol::DeleteTopicsRequest;
using Response = protocol::DeleteTopicsResponse;

// The first version whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599).
constexpr int16_t kThrottledSince = 5;

// What the client named, found in the image: an error, or the id and name to delete.
Response::Topic resolve(const Image& image, const std::string& name, const TopicId& id) {
  Response::Topic topic;
  const TopicImage* found = name.empty() ? image.topic(id) : image.topic(name);
  if (found == nullptr) {
    if (name.empty()) {
      topic.name.reset();
      topic.topic_id = id;
      topic.error_code = ErrorCode::kUnknownTopicId;
    } else {
      topic.name = name;
      topic.error_code = ErrorCode::kUnknownTopicOrPartition;
    }
    topic.error_message = "there is no such topic";
    return topic;
  }
  topic.name = found->name;
  topic.topic_id = found->id;
  return topic;
}

void note_results(const control::Response& answered, Response& response) {
  for (auto& topic : response.responses) {
    if (topic.error_code != ErrorCode::kNone) continue;
    topic.error_code = error_of(answered);
    for (auto& each : answered.topics().topics()) {
      if (each.name() == topic.name || Uuid::from_bytes(each.topic_id()) == topic.topic_id) {
        topic.error_code = static_cast<ErrorCode>(each.error());
        if (each.error() != 0) topic.error_message = each.message();
      }
    }
  }
}

}  // namespace

void handle_delete_topics(Services& services, CallPtr call, Request request) {
  auto response = std::make_shared<Response>();
  auto image = services.image();
  for (auto& name : request.topic_names) response->responses.push_back(resolve(*image, name, {}));
  for (auto& topic : request.topics) response->responses.push_back(resolve(*image, topic.name.value_or(""), topic.topic_id));
  bool allowed = services.config.settings.flag("delete.topic.enable");
  control::Request ask;
  for (auto& topic : response->responses) {
    if (topic.error_code != ErrorCode::kNone) continue;
    if (!allowed) {
      topic.error_code = ErrorCode::kTopicDeletionDisabled;
      continue;
    }
    auto* named = ask.mutable_delete_topics()->add_topics();
    named->set_name(*topic.name);
    named->set_topic_id(std::string(topic.topic_id.raw()));
  }
  if (!ask.has_delete_topics()) return call->answer(*response);
  *ask.mutable_delete_topics()->mutable_client() = mutating_client(*call, kThrottledSince);
  Duration timeout = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  Instant until = services.clock.now() + timeout;
  ask_controller(services, std::move(ask), timeout, [&services, call, response, until](const control::Response& answered) {
    note_results(answered, *response);
    response->throttle_time_ms = answered.throttle_ms();
    auto gone = [response](const Image& now) {
      return std::none_of(response->responses.begin(), response->responses.end(),
                          [&](auto& topic) { return topic.error_code == ErrorCode::kNone && now.topic(topic.topic_id) != nullptr; });
    };
    Duration left = std::max(until - services.clock.now(), Duration(0));
    services.shards.here().images().when(gone, left, [call, response](bool) { call->answer(*response); });
  });
}

}  // namespace baton
