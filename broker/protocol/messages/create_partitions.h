// CreatePartitions: more partitions for topics that are there. `count` is how many there are to be afterwards; null assignments
// leave it to the controller where the new ones go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kCreatePartitions{.key = 37, .name = "CreatePartitions", .oldest = 0, .newest = 3, .flexible = 2};

struct CreatePartitionsRequest {
  static constexpr const Api& api = kCreatePartitions;

  struct Assignment {
    std::vector<BrokerId> broker_ids;

    static constexpr auto fields = table(field("BrokerIds", &Assignment::broker_ids));
  };

  struct Topic {
    std::string name;
    int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments;

    static constexpr auto fields =
        table(field("Name", &Topic::name), field("Count", &Topic::count), field("Assignments", &Topic::assignments, {.nullable = 0}));
  };

  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  bool validate_only = false;

  static constexpr auto fields =
      table(field("Topics", &CreatePartitionsRequest::topics), field("TimeoutMs", &CreatePartitionsRequest::timeout_ms),
            field("ValidateOnly", &CreatePartitionsRequest::validate_only));
};

struct CreatePartitionsResponse {
  static constexpr const Api& api = kCreatePartitions;

  struct Topic {
    std::string name;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    static constexpr auto fields = table(field("Name", &Topic::name), field("ErrorCode", &Topic::error_code),
                                         field("ErrorMessage", &Topic::error_message, {.nullable = 0}));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> results;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &CreatePartitionsResponse::throttle_time_ms), field("Results", &CreatePartitionsResponse::results));
};

}  // namespace baton::protocol
