#include "broker/protocol/messages/describe_configs.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/handlers/config_description.h"
#include "broker/handlers/handlers.h"

namespace baton {
namespace {

using Request = protocol::DescribeConfigsRequest;
using Response = protocol::DescribeConfigsResponse;

constexpr int8_t kTopic = 2;
constexpr int8_t kBroker = 4;

void fail_with(Response::Resource& described, ErrorCode error, std::string message) {
  described.error_code = error;
  described.error_message = std::move(message);
}

void describe_topic(Services& services, const Request::Resource& asked, Response::Resource& described, std::vector<ConfigEntry>& entries) {
  auto* topic = services.image()->topic(asked.resource_name);
  if (topic == nullptr) return fail_with(described, ErrorCode::kUnknownTopicOrPartition, "there is no such topic");
  entries = describe_topic_config(services.config.settings, topic->configs);
}

void describe_broker(Services& services, const Request::Resource& asked, Response::Resource& described, std::vector<ConfigEntry>& entries) {
  static const std::map<std::string, std::string> none;
  auto& all = services.image()->broker_configs();
  auto set_for = [&all](const std::string& name) -> auto& {
    auto found = all.find(name);
    return found == all.end() ? none : found->second;
  };
  if (asked.resource_name.empty()) {
    entries = describe_common_config(set_for(""));
    return;
  }
  if (asked.resource_name != std::to_string(services.config.id.value())) {
    return fail_with(described, ErrorCode::kInvalidRequest,
                     fmt::format("this is broker {}: ask the other itself", services.config.id.value()));
  }
  entries = describe_broker_config(services.config.settings, set_for(asked.resource_name), set_for(""));
}

Response::Config shown(const ConfigEntry& entry, const Request& request) {
  Response::Config config;
  config.name = entry.name;
  if (entry.present) config.value = entry.value;
  config.read_only = entry.read_only;
  config.config_source = entry.source;
  config.config_type = entry.type;
  if (request.include_documentation) config.documentation = std::string(entry.documentation);
  if (request.include_synonyms) {
    for (auto& synonym : entry.synonyms) config.synonyms.push_back({synonym.name, synonym.value, synonym.source});
  }
  return config;
}

}  // namespace

void handle_describe_configs(Services& services, CallPtr call, Request request) {
  Response response;
  for (auto& asked : request.resources) {
    auto& described = response.results.emplace_back();
    described.resource_type = asked.resource_type;
    described.resource_name = asked.resource_name;
    std::vector<ConfigEntry> entries;
    if (asked.resource_type == kTopic) {
      describe_topic(services, asked, described, entries);
    } else if (asked.resource_type == kBroker) {
      describe_broker(services, asked, described, entries);
    } else {
      fail_with(described, ErrorCode::kInvalidRequest, "only topics (2) and brokers (4) have a configuration here");
    }
    for (auto& entry : entries) {
      auto& keys = asked.configuration_keys;
      if (keys && std::find(keys->begin(), keys->end(), entry.name) == keys->end()) continue;
      described.configs.push_back(shown(entry, request));
    }
  }
  call->answer(response);
}

}  // namespace baton
