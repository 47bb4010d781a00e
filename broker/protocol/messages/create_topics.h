// CreateTopics. Partitions and replication factor of −1 mean the broker's defaults (KIP-464, version 4), or that the
// assignments say it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kCreateTopics{.key = 19, .name = "CreateTopics", .oldest = 2, .newest = 7, .flexible = 5};

struct CreateTopicsRequest {
  static constexpr const Api& api = kCreateTopics;

  struct Assignment {
    PartitionIndex partition_index;
    std::vector<BrokerId> broker_ids;

    static constexpr auto fields =
        table(field("PartitionIndex", &Assignment::partition_index), field("BrokerIds", &Assignment::broker_ids));
  };

  struct Config {
    std::string name;
    std::optional<std::string> value;

    static constexpr auto fields = table(field("Name", &Config::name), field("Value", &Config::value, {.nullable = 0}));
  };

  struct Topic {
    std::string name;
    int32_t num_partitions = 0;
    int16_t replication_factor = 0;
    std::vector<Assignment> assignments;
    std::vector<Config> configs;

    static constexpr auto fields = table(field("Name", &Topic::name), field("NumPartitions", &Topic::num_partitions),
                                         field("ReplicationFactor", &Topic::replication_factor), field("Assignments", &Topic::assignments),
                                         field("Configs", &Topic::configs));
  };

  std::vector<Topic> topics;
  int32_t timeout_ms = 60000;
  bool validate_only = false;

  static constexpr auto fields = table(field("Topics", &CreateTopicsRequest::topics), field("timeoutMs", &CreateTopicsRequest::timeout_ms),
                                       field("validateOnly", &CreateTopicsRequest::validate_only, {.since = 1}));
};

struct CreateTopicsResponse {
  static constexpr const Api& api = kCreateTopics;

  struct Config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;

    static constexpr auto fields = table(
        field("Name", &Config::name, {.since = 5}), field("Value", &Config::value, {.since = 5, .nullable = 5}),
        field("ReadOnly", &Config::read_only, {.since = 5}), field("ConfigSource", &Config::config_source, {.since = 5, .ignorable = true}),
        field("IsSensitive", &Config::is_sensitive, {.since = 5}));
  };

  struct Topic {
    std::string name;
    TopicId topic_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    // Why the configuration is null: set when the client may not see it.
    ErrorCode topic_config_error_code = ErrorCode::kNone;
    int32_t num_partitions = -1;
    int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;

    static constexpr auto fields =
        table(field("Name", &Topic::name), field("TopicId", &Topic::topic_id, {.since = 7, .ignorable = true}),
              field("ErrorCode", &Topic::error_code),
              field("ErrorMessage", &Topic::error_message, {.since = 1, .nullable = 0, .ignorable = true}),
              field("TopicConfigErrorCode", &Topic::topic_config_error_code, {.since = 5, .ignorable = true, .tag = 0}),
              field("NumPartitions", &Topic::num_partitions, {.since = 5, .ignorable = true}),
              field("ReplicationFactor", &Topic::replication_factor, {.since = 5, .ignorable = true}),
              field("Configs", &Topic::configs, {.since = 5, .nullable = 5, .ignorable = true}));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static constexpr auto fields = table(field("ThrottleTimeMs", &CreateTopicsResponse::throttle_time_ms, {.since = 2, .ignorable = true}),
                                       field("Topics", &CreateTopicsResponse::topics));
};

}  // namespace baton::protocol
