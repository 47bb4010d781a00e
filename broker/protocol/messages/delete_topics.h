// DeleteTopics: by name up to version 5 (topic_names), by name or id from version 6 (topics).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/uuid.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kDeleteTopics{.key = 20, .name = "DeleteTopics", .oldest = 1, .newest = 6, .flexible = 4};

struct DeleteTopicsRequest {
  static constexpr const Api& api = kDeleteTopics;

  struct Topic {
    std::optional<std::string> name;
    TopicId topic_id;

    static constexpr auto fields =
        table(field("Name", &Topic::name, {.since = 6, .nullable = 6}), field("TopicId", &Topic::topic_id, {.since = 6}));
  };

  std::vector<Topic> topics;
  std::vector<std::string> topic_names;
  int32_t timeout_ms = 0;

  static constexpr auto fields = table(field("Topics", &DeleteTopicsRequest::topics, {.since = 6}),
                                       field("TopicNames", &DeleteTopicsRequest::topic_names, {.upto = 5, .ignorable = true}),
                                       field("TimeoutMs", &DeleteTopicsRequest::timeout_ms));
};

struct DeleteTopicsResponse {
  static constexpr const Api& api = kDeleteTopics;

  struct Topic {
    std::optional<std::string> name = "";
    TopicId topic_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    static constexpr auto fields =
        table(field("Name", &Topic::name, {.nullable = 6}), field("TopicId", &Topic::topic_id, {.since = 6, .ignorable = true}),
              field("ErrorCode", &Topic::error_code),
              field("ErrorMessage", &Topic::error_message, {.since = 5, .nullable = 5, .ignorable = true}));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> responses;

  static constexpr auto fields = table(field("ThrottleTimeMs", &DeleteTopicsResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
                                       field("Responses", &DeleteTopicsResponse::responses));
};

}  // namespace baton::protocol
