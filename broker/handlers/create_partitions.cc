#include "broker/protocol/messages/create_partitions.h"

#include <algorithm>

#include "broker/handlers/controller_request.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/mutations.h"
#include "broker/shards/shard_set.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

using Request = protocol::CreatePartitionsRequest;
using Response = protocol::CreatePartitionsResponse;

// The first version whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599).
constexpr int16_t kThrottledSince = 3;

void add(control::GrowTopics& grow, const Request::Topic& asked) {
  auto* topic = grow.add_topics();
  topic->set_name(asked.name);
  topic->set_partitions(asked.count);
  if (!asked.assignments) return;
  for (size_t i = 0; i < asked.assignments->size(); ++i) {
    auto* assignment = topic->add_assignments();
    assignment->set_partition(static_cast<int32_t>(i));
    for (auto id : (*asked.assignments)[i].broker_ids) assignment->add_replicas(id.value());
  }
}

void note_results(const control::Response& answered, Response& response) {
  for (auto& topic : response.results) {
    if (topic.error_code != ErrorCode::kNone) continue;
    topic.error_code = error_of(answered);
    if (topic.error_code != ErrorCode::kNone) topic.error_message = answered.message();
    for (auto& each : answered.topics().topics()) {
      if (each.name() != topic.name) continue;
      topic.error_code = static_cast<ErrorCode>(each.error());
      if (each.error() != 0) topic.error_message = each.message();
    }
  }
}

bool shows(const Image& image, const control::TopicResult& grown) {
  if (grown.error() != 0) return true;
  auto* topic = image.topic(grown.name());
  return topic == nullptr || static_cast<int32_t>(topic->partitions.size()) >= grown.partitions();
}

}  // namespace

void handle_create_partitions(Services& services, CallPtr call, Request request) {
  auto response = std::make_shared<Response>();
  control::Request ask;
  auto& grow = *ask.mutable_grow_topics();
  grow.set_validate_only(request.validate_only);
  *grow.mutable_client() = mutating_client(*call, kThrottledSince);
  for (auto& asked : request.topics) {
    auto& result = response->results.emplace_back();
    result.name = asked.name;
    auto same = std::count_if(request.topics.begin(), request.topics.end(), [&](auto& each) { return each.name == asked.name; });
    if (same > 1) {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = "the request names this topic twice";
    } else {
      add(grow, asked);
    }
  }
  if (grow.topics().empty()) return call->answer(*response);
  Duration timeout = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  Instant until = services.clock.now() + timeout;
  bool for_real = !request.validate_only;
  ask_controller(services, std::move(ask), timeout, [&services, call, response, until, for_real](const control::Response& answered) {
    note_results(answered, *response);
    response->throttle_time_ms = answered.throttle_ms();
    if (!for_real) return call->answer(*response);
    auto grown = std::make_shared<const control::TopicResults>(answered.topics());
    auto there = [grown](const Image& now) {
      return std::all_of(grown->topics().begin(), grown->topics().end(), [&](auto& each) { return shows(now, each); });
    };
    Duration left = std::max(until - services.clock.now(), Duration(0));
    services.shards.here().images().when(there, left, [call, response](bool) { call->answer(*response); });
  });
}

}  // namespace baton
