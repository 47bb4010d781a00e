// JoinGroup: enter a group, or stay in it through a rebalance; answered when all members have come. Only the leader's
// answer lists the members.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kJoinGroup{.key = 11, .name = "JoinGroup", .oldest = 0, .newest = 9, .flexible = 6};

struct JoinGroupRequest {
  static constexpr const Api& api = kJoinGroup;

  struct Protocol {
    std::string name;
    Bytes metadata;

    static constexpr auto fields = table(field("Name", &Protocol::name), field("Metadata", &Protocol::metadata));
  };

  std::string group_id;
  int32_t session_timeout_ms = 0;
  // −1, from version 0, means the session's time-out.
  int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<Protocol> protocols;
  std::optional<std::string> reason;

  static constexpr auto fields =
      table(field("GroupId", &JoinGroupRequest::group_id), field("SessionTimeoutMs", &JoinGroupRequest::session_timeout_ms),
            field("RebalanceTimeoutMs", &JoinGroupRequest::rebalance_timeout_ms, {.since = 1, .ignorable = true}),
            field("MemberId", &JoinGroupRequest::member_id),
            field("GroupInstanceId", &JoinGroupRequest::group_instance_id, {.since = 5, .nullable = 5}),
            field("ProtocolType", &JoinGroupRequest::protocol_type), field("Protocols", &JoinGroupRequest::protocols),
            field("Reason", &JoinGroupRequest::reason, {.since = 8, .nullable = 8, .ignorable = true}));
};

struct JoinGroupResponse {
  static constexpr const Api& api = kJoinGroup;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    Bytes metadata;

    static constexpr auto fields =
        table(field("MemberId", &Member::member_id),
              field("GroupInstanceId", &Member::group_instance_id, {.since = 5, .nullable = 5, .ignorable = true}),
              field("Metadata", &Member::metadata));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name = "";
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<Member> members;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &JoinGroupResponse::throttle_time_ms, {.since = 2, .ignorable = true}),
            field("ErrorCode", &JoinGroupResponse::error_code), field("GenerationId", &JoinGroupResponse::generation_id),
            field("ProtocolType", &JoinGroupResponse::protocol_type, {.since = 7, .nullable = 7, .ignorable = true}),
            field("ProtocolName", &JoinGroupResponse::protocol_name, {.nullable = 7}), field("Leader", &JoinGroupResponse::leader),
            field("SkipAssignment", &JoinGroupResponse::skip_assignment, {.since = 9}), field("MemberId", &JoinGroupResponse::member_id),
            field("Members", &JoinGroupResponse::members));
};

}  // namespace baton::protocol
