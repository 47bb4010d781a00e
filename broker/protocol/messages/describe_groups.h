// DescribeGroups: state and members of groups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kDescribeGroups{.key = 15, .name = "DescribeGroups", .oldest = 0, .newest = 5, .flexible = 5};

struct DescribeGroupsRequest {
  static constexpr const Api& api = kDescribeGroups;
  std::vector<std::string> groups;
  bool include_authorized_operations = false;

  static constexpr auto fields =
      table(field("Groups", &DescribeGroupsRequest::groups),
            field("IncludeAuthorizedOperations", &DescribeGroupsRequest::include_authorized_operations, {.since = 3}));
};

struct DescribeGroupsResponse {
  static constexpr const Api& api = kDescribeGroups;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    Bytes member_metadata;
    Bytes member_assignment;

    static constexpr auto fields =
        table(field("MemberId", &Member::member_id),
              field("GroupInstanceId", &Member::group_instance_id, {.since = 4, .nullable = 4, .ignorable = true}),
              field("ClientId", &Member::client_id), field("ClientHost", &Member::client_host),
              field("MemberMetadata", &Member::member_metadata), field("MemberAssignment", &Member::member_assignment));
  };

  struct Group {
    ErrorCode error_code = ErrorCode::kNone;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<Member> members;
    int32_t authorized_operations = std::numeric_limits<int32_t>::min();

    static constexpr auto fields =
        table(field("ErrorCode", &Group::error_code), field("GroupId", &Group::group_id), field("GroupState", &Group::group_state),
              field("ProtocolType", &Group::protocol_type), field("ProtocolData", &Group::protocol_data), field("Members", &Group::members),
              field("AuthorizedOperations", &Group::authorized_operations, {.since = 3}));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  static constexpr auto fields = table(field("ThrottleTimeMs", &DescribeGroupsResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
                                       field("Groups", &DescribeGroupsResponse::groups));
};

}  // namespace baton::protocol
