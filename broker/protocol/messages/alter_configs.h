// AlterConfigs: the whole configuration of topics (resource type 2) or brokers (4); what is not named goes back to its default.
// Tools of today send IncrementalAlterConfigs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kAlterConfigs{.key = 33, .name = "AlterConfigs", .oldest = 0, .newest = 2, .flexible = 2};

struct AlterConfigsRequest {
  static constexpr const Api& api = kAlterConfigs;

  struct Config {
    std::string name;
    std::optional<std::string> value;

    static constexpr auto fields = table(field("Name", &Config::name), field("Value", &Config::value, {.nullable = 0}));
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

  static constexpr auto fields =
      table(field("Resources", &AlterConfigsRequest::resources), field("ValidateOnly", &AlterConfigsRequest::validate_only));
};

struct AlterConfigsResponse {
  static constexpr const Api& api = kAlterConfigs;

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

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &AlterConfigsResponse::throttle_time_ms), field("Responses", &AlterConfigsResponse::responses));
};

}  // namespace baton::protocol
