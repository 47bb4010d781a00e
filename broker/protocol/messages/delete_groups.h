// DeleteGroups: forget empty groups and their offsets.
#pragma once

#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kDeleteGroups{.key = 42, .name = "DeleteGroups", .oldest = 0, .newest = 2, .flexible = 2};

struct DeleteGroupsRequest {
  static constexpr const Api& api = kDeleteGroups;
  std::vector<std::string> groups_names;

  static constexpr auto fields = table(field("GroupsNames", &DeleteGroupsRequest::groups_names));
};

struct DeleteGroupsResponse {
  static constexpr const Api& api = kDeleteGroups;

  struct Result {
    std::string group_id;
    ErrorCode error_code = ErrorCode::kNone;

    static constexpr auto fields = table(field("GroupId", &Result::group_id), field("ErrorCode", &Result::error_code));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Result> results;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &DeleteGroupsResponse::throttle_time_ms), field("Results", &DeleteGroupsResponse::results));
};

}  // namespace baton::protocol
