// Heartbeat: a group member lives; the answer tells it of a rebalance.
#pragma once

#include <optional>
#include <string>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kHeartbeat{.key = 12, .name = "Heartbeat", .oldest = 0, .newest = 4, .flexible = 4};

struct HeartbeatRequest {
  static constexpr const Api& api = kHeartbeat;
  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;

  static constexpr auto fields =
      table(field("GroupId", &HeartbeatRequest::group_id), field("GenerationId", &HeartbeatRequest::generation_id),
            field("MemberId", &HeartbeatRequest::member_id),
            field("GroupInstanceId", &HeartbeatRequest::group_instance_id, {.since = 3, .nullable = 3}));
};

struct HeartbeatResponse {
  static constexpr const Api& api = kHeartbeat;
  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static constexpr auto fields = table(field("ThrottleTimeMs", &HeartbeatResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
                                       field("ErrorCode", &HeartbeatResponse::error_code));
};

}  // namespace baton::protocol
