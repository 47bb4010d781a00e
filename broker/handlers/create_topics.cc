#include "broker/protocol/messages/create_topics.h"

#include <algorithm>

#include "broker/handlers/config_description.h"
#include "broker/handlers/controller_request.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/mutations.h"
#include "broker/handlers/topic_names.h"

namespace baton {
namespace {

using Request = protocol::CreateTopicsRequest;
using Response = protocol::CreateTopicsResponse;

// The first version whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599).
constexpr int16_t kThrottledSince = 6;

// What is wrong with the request for one topic, as far as that can be told without the controller.
Result<TopicWanted> understand(const Settings& settings, const Request& request, const Request::Topic& asked) {
  auto same = std::count_if(request.topics.begin(), request.topics.end(), [&](auto& each) { return each.name == asked.name; });
  if (same > 1) return fail(ErrorCode::kInvalidRequest, "the request names this topic twice");
  if (auto flaw = topic_name_flaw(asked.name); !flaw.empty()) return fail(ErrorCode::kInvalidTopicException, flaw);
  // What the request leaves open is as if the topic had come into being by itself: __consumer_offsets is compacted.
  TopicWanted wanted = topic_by_default(settings, asked.name);
  for (auto& config : asked.configs) {
    if (!config.value) return fail(ErrorCode::kInvalidConfig, config.name + " has no value");
    wanted.configs[config.name] = *config.value;
  }
  if (auto parsed = TopicSettings::make(settings, wanted.configs); !parsed) return fail(ErrorCode::kInvalidConfig, parsed.error().message);
  if (!asked.assignments.empty()) {
    if (asked.num_partitions != -1 || asked.replication_factor != -1) {
      return fail(ErrorCode::kInvalidRequest, "with assignments, partitions and replication factor must be -1");
    }
    wanted.assignments.resize(asked.assignments.size());
    for (auto& each : asked.assignments) {
      auto index = static_cast<size_t>(each.partition_index.value());
      if (each.partition_index.value() < 0 || index >= wanted.assignments.size() || !wanted.assignments[index].empty()) {
        return fail(ErrorCode::kInvalidReplicaAssignment, "assignments must be for partitions 0, 1, 2 … once each");
      }
      if (each.broker_ids.empty()) return fail(ErrorCode::kInvalidReplicaAssignment, "a partition needs a replica");
      wanted.assignments[index] = each.broker_ids;
    }
    wanted.partitions = static_cast<int32_t>(wanted.assignments.size());
    wanted.replication_factor = -1;
    return wanted;
  }
  if (asked.num_partitions != -1) wanted.partitions = asked.num_partitions;
  if (asked.replication_factor != -1) wanted.replication_factor = asked.replication_factor;
  if (wanted.partitions <= 0) return fail(ErrorCode::kInvalidPartitions, "a topic has at least one partition");
  if (wanted.replication_factor <= 0) return fail(ErrorCode::kInvalidReplicationFactor, "a partition has at least one replica");
  return wanted;
}

void fill(Response::Topic& topic, const TopicCreated& created, const Settings& settings,
          const std::map<std::string, std::string>& configs) {
  topic.error_code = created.error;
  topic.topic_id = created.id;
  if (created.error != ErrorCode::kNone) {
    topic.error_message = created.message;
    return;
  }
  topic.num_partitions = created.partitions;
  topic.replication_factor = static_cast<int16_t>(created.replication_factor);
  topic.configs.emplace();
  for (auto& entry : describe_topic_config(settings, configs)) {
    Response::Config shown;
    shown.name = entry.name;
    shown.value = entry.value;
    shown.config_source = entry.source;
    topic.configs->push_back(std::move(shown));
  }
}

}  // namespace

void handle_create_topics(Services& services, CallPtr call, Request request) {
  auto response = std::make_shared<Response>();
  std::vector<TopicWanted> wanted;
  std::map<std::string, std::map<std::string, std::string>> configs;
  for (auto& asked : request.topics) {
    auto& topic = response->topics.emplace_back();
    topic.name = asked.name;
    auto understood = understand(services.config.settings, request, asked);
    if (understood) {
      configs[asked.name] = understood->configs;
      wanted.push_back(std::move(*understood));
    } else {
      topic.error_code = understood.error().code;
      topic.error_message = understood.error().message;
    }
  }
  if (wanted.empty()) return call->answer(*response);
  Duration timeout = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  const control::MutatingClient client = mutating_client(*call, kThrottledSince);
  create_topics(
      services, std::move(wanted), request.validate_only, timeout,
      [&services, call, response, configs = std::move(configs)](std::vector<TopicCreated> results) {
        for (auto& result : results) {
          response->throttle_time_ms = result.throttle_ms;
          for (auto& topic : response->topics) {
            if (topic.name == result.name) fill(topic, result, services.config.settings, configs.at(result.name));
          }
        }
        call->answer(*response);
      },
      &client);
}

}  // namespace baton
