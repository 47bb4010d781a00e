// IncrementalAlterConfigs (KIP-339): single keys of topics (resource type 2) or brokers (4; an empty name: all of them).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kIncrementalAlterConfigs{.key = 44, .name = "IncrementalAlterConfigs", .oldest = 0, .newest = 1, .flexible = 1};

struct IncrementalAlterConfigsRequest {
  static constexpr const Api& api = kIncrementalAlterConfigs;

  struct Config {
    std::string name;
    int8_t config_operation = 0;  // 0 set, 1 delete, 2 append, 3 subtract
    std::optional<std::string> value;

    static constexpr auto fields = table(field("Name", &Config::name), field("ConfigOperation", &Config::config_operation),
                                         field("Value", &Config::value, {.nullable = 0}));
  };

  struct Resource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;

    static constexpr auto fields = table(field("ResourceType", &Resource::resource_type), field("ResourceName", &Resource::resource_name),
                                         field("Configs", &Resource::configs));
  };

  std::vector<Resource> resources;
  bool validate_only = false;

  static constexpr auto fields = table(field("Resources", &IncrementalAlterConfigsRequest::resources),
                                       field("ValidateOnly", &IncrementalAlterConfigsRequest::validate_only));
};

struct IncrementalAlterConfigsResponse {
  static constexpr const Api& api = kIncrementalAlterConfigs;

  struct Resource {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;

    static constexpr auto fields =
        table(field("ErrorCode", &Resource::error_code), field("ErrorMessage", &Resource::error_message, {.nullable = 0}),
              field("ResourceType", &Resource::resource_type), field("ResourceName", &Resource::resource_name));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Resource> responses;

  static constexpr auto fields = table(field("ThrottleTimeMs", &IncrementalAlterConfigsResponse::throttle_time_ms),
                                       field("Responses", &IncrementalAlterConfigsResponse::responses));
};

}  // namespace baton::protocol
