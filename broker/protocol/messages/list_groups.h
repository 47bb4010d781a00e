// ListGroups: the groups that this broker coordinates.
#pragma once

#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kListGroups{.key = 16, .name = "ListGroups", .oldest = 0, .newest = 4, .flexible = 3};

struct ListGroupsRequest {
  static constexpr const Api& api = kListGroups;
  // Empty: all states.
  std::vector<std::string> states_filter;

  static constexpr auto fields = table(field("StatesFilter", &ListGroupsRequest::states_filter, {.since = 4}));
};

struct ListGroupsResponse {
  static constexpr const Api& api = kListGroups;

  struct Group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;

    static constexpr auto fields = table(field("GroupId", &Group::group_id), field("ProtocolType", &Group::protocol_type),
                                         field("GroupState", &Group::group_state, {.since = 4, .ignorable = true}));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Group> groups;

  static constexpr auto fields = table(field("ThrottleTimeMs", &ListGroupsResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
                                       field("ErrorCode", &ListGroupsResponse::error_code), field("Groups", &ListGroupsResponse::groups));
};

}  // namespace baton::protocol
