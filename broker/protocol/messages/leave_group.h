// LeaveGroup: one member up to version 2, several from version 3 (KIP-345).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kLeaveGroup{.key = 13, .name = "LeaveGroup", .oldest = 0, .newest = 5, .flexible = 4};

struct LeaveGroupRequest {
  static constexpr const Api& api = kLeaveGroup;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;

    static constexpr auto fields = table(field("MemberId", &Member::member_id, {.since = 3}),
                                         field("GroupInstanceId", &Member::group_instance_id, {.since = 3, .nullable = 3}),
                                         field("Reason", &Member::reason, {.since = 5, .nullable = 5, .ignorable = true}));
  };

  std::string group_id;
  std::string member_id;
  std::vector<Member> members;

  static constexpr auto fields =
      table(field("GroupId", &LeaveGroupRequest::group_id), field("MemberId", &LeaveGroupRequest::member_id, {.upto = 2}),
            field("Members", &LeaveGroupRequest::members, {.since = 3}));
};

struct LeaveGroupResponse {
  static constexpr const Api& api = kLeaveGroup;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    ErrorCode error_code = ErrorCode::kNone;

    static constexpr auto fields = table(field("MemberId", &Member::member_id, {.since = 3}),
                                         field("GroupInstanceId", &Member::group_instance_id, {.since = 3, .nullable = 3}),
                                         field("ErrorCode", &Member::error_code, {.since = 3}));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Member> members;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &LeaveGroupResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
            field("ErrorCode", &LeaveGroupResponse::error_code), field("Members", &LeaveGroupResponse::members, {.since = 3}));
};

}  // namespace baton::protocol
