// DescribeConfigs. ResourceType 2 is a topic, 4 a broker. ConfigSource: 1 topic, 2 dynamic broker, 4 static broker,
// 5 default. No keys asked for (null): all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kDescribeConfigs{.key = 32, .name = "DescribeConfigs", .oldest = 1, .newest = 4, .flexible = 4};

struct DescribeConfigsRequest {
  static constexpr const Api& api = kDescribeConfigs;

  struct Resource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys;

    static constexpr auto fields = table(field("ResourceType", &Resource::resource_type), field("ResourceName", &Resource::resource_name),
                                         field("ConfigurationKeys", &Resource::configuration_keys, {.nullable = 0}));
  };

  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  static constexpr auto fields = table(field("Resources", &DescribeConfigsRequest::resources),
                                       field("IncludeSynonyms", &DescribeConfigsRequest::include_synonyms, {.since = 1}),
                                       field("IncludeDocumentation", &DescribeConfigsRequest::include_documentation, {.since = 3}));
};

struct DescribeConfigsResponse {
  static constexpr const Api& api = kDescribeConfigs;

  struct Synonym {
    std::string name;
    std::optional<std::string> value;
    int8_t source = 0;

    static constexpr auto fields =
        table(field("Name", &Synonym::name, {.since = 1}), field("Value", &Synonym::value, {.since = 1, .nullable = 0}),
              field("Source", &Synonym::source, {.since = 1}));
  };

  struct Config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<Synonym> synonyms;
    int8_t config_type = 0;
    std::optional<std::string> documentation;

    static constexpr auto fields =
        table(field("Name", &Config::name), field("Value", &Config::value, {.nullable = 0}), field("ReadOnly", &Config::read_only),
              field("ConfigSource", &Config::config_source, {.since = 1, .ignorable = true}), field("IsSensitive", &Config::is_sensitive),
              field("Synonyms", &Config::synonyms, {.since = 1, .ignorable = true}),
              field("ConfigType", &Config::config_type, {.since = 3, .ignorable = true}),
              field("Documentation", &Config::documentation, {.since = 3, .nullable = 0, .ignorable = true}));
  };

  struct Resource {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;

    static constexpr auto fields =
        table(field("ErrorCode", &Resource::error_code), field("ErrorMessage", &Resource::error_message, {.nullable = 0}),
              field("ResourceType", &Resource::resource_type), field("ResourceName", &Resource::resource_name),
              field("Configs", &Resource::configs));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Resource> results;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &DescribeConfigsResponse::throttle_time_ms), field("Results", &DescribeConfigsResponse::results));
};

}  // namespace baton::protocol
