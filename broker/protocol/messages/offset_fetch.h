// OffsetFetch: committed positions, of one group up to version 7, of several from version 8 (KIP-709). No list of topics
// (null): all that the group has committed. An offset of −1 is "none".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kOffsetFetch{.key = 9, .name = "OffsetFetch", .oldest = 1, .newest = 8, .flexible = 6};

struct OffsetFetchRequest {
  static constexpr const Api& api = kOffsetFetch;

  struct Topic {
    std::string name;
    std::vector<PartitionIndex> partition_indexes;

    static constexpr auto fields = table(field("Name", &Topic::name), field("PartitionIndexes", &Topic::partition_indexes));
  };

  struct Group {
    std::string group_id;
    std::optional<std::vector<Topic>> topics;

    static constexpr auto fields =
        table(field("GroupId", &Group::group_id, {.since = 8}), field("Topics", &Group::topics, {.since = 8, .nullable = 8}));
  };

  std::string group_id;
  std::optional<std::vector<Topic>> topics{std::in_place};
  std::vector<Group> groups;
  bool require_stable = false;

  static constexpr auto fields = table(field("GroupId", &OffsetFetchRequest::group_id, {.upto = 7}),
                                       field("Topics", &OffsetFetchRequest::topics, {.upto = 7, .nullable = 2}),
                                       field("Groups", &OffsetFetchRequest::groups, {.since = 8}),
                                       field("RequireStable", &OffsetFetchRequest::require_stable, {.since = 7}));
};

struct OffsetFetchResponse {
  static constexpr const Api& api = kOffsetFetch;

  struct Partition {
    PartitionIndex partition_index;
    int64_t committed_offset = 0;
    LeaderEpoch committed_leader_epoch;
    std::optional<std::string> metadata;
    ErrorCode error_code = ErrorCode::kNone;

    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("CommittedOffset", &Partition::committed_offset),
              field("CommittedLeaderEpoch", &Partition::committed_leader_epoch, {.since = 5, .ignorable = true}),
              field("Metadata", &Partition::metadata, {.nullable = 0}), field("ErrorCode", &Partition::error_code));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  struct Group {
    std::string group_id;
    std::vector<Topic> topics;
    ErrorCode error_code = ErrorCode::kNone;

    static constexpr auto fields = table(field("GroupId", &Group::group_id, {.since = 8}), field("Topics", &Group::topics, {.since = 8}),
                                         field("ErrorCode", &Group::error_code, {.since = 8}));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Group> groups;

  static constexpr auto fields = table(field("ThrottleTimeMs", &OffsetFetchResponse::throttle_time_ms, {.since = 3, .ignorable = true}),
                                       field("Topics", &OffsetFetchResponse::topics, {.upto = 7}),
                                       field("ErrorCode", &OffsetFetchResponse::error_code, {.since = 2, .upto = 7, .ignorable = true}),
                                       field("Groups", &OffsetFetchResponse::groups, {.since = 8}));
};

}  // namespace baton::protocol
