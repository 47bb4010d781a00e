// SyncGroup: the leader hands in the assignment, every member gets its own part.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kSyncGroup{.key = 14, .name = "SyncGroup", .oldest = 0, .newest = 5, .flexible = 4};

struct SyncGroupRequest {
  static constexpr const Api& api = kSyncGroup;

  struct Assignment {
    std::string member_id;
    Bytes assignment;

    static constexpr auto fields = table(field("MemberId", &Assignment::member_id), field("Assignment", &Assignment::assignment));
  };

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<Assignment> assignments;

  static constexpr auto fields =
      table(field("GroupId", &SyncGroupRequest::group_id), field("GenerationId", &SyncGroupRequest::generation_id),
            field("MemberId", &SyncGroupRequest::member_id),
            field("GroupInstanceId", &SyncGroupRequest::group_instance_id, {.since = 3, .nullable = 3}),
            field("ProtocolType", &SyncGroupRequest::protocol_type, {.since = 5, .nullable = 5, .ignorable = true}),
            field("ProtocolName", &SyncGroupRequest::protocol_name, {.since = 5, .nullable = 5, .ignorable = true}),
            field("Assignments", &SyncGroupRequest::assignments));
};

struct SyncGroupResponse {
  static constexpr const Api& api = kSyncGroup;
  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Bytes assignment;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &SyncGroupResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
            field("ErrorCode", &SyncGroupResponse::error_code),
            field("ProtocolType", &SyncGroupResponse::protocol_type, {.since = 5, .nullable = 5, .ignorable = true}),
            field("ProtocolName", &SyncGroupResponse::protocol_name, {.since = 5, .nullable = 5, .ignorable = true}),
            field("Assignment", &SyncGroupResponse::assignment));
};

}  // namespace baton::protocol
