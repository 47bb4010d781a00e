// OffsetCommit: a group's positions. Generation −1 with an empty member id is a commit from outside of any group.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kOffsetCommit{.key = 8, .name = "OffsetCommit", .oldest = 2, .newest = 8, .flexible = 8};

struct OffsetCommitRequest {
  static constexpr const Api& api = kOffsetCommit;

  struct Partition {
    PartitionIndex partition_index;
    int64_t committed_offset = 0;
    LeaderEpoch committed_leader_epoch;
    std::optional<std::string> committed_metadata;

    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("CommittedOffset", &Partition::committed_offset),
              field("CommittedLeaderEpoch", &Partition::committed_leader_epoch, {.since = 6, .ignorable = true}),
              field("CommittedMetadata", &Partition::committed_metadata, {.nullable = 0}));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  std::string group_id;
  int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  int64_t retention_time_ms = -1;
  std::vector<Topic> topics;

  static constexpr auto fields =
      table(field("GroupId", &OffsetCommitRequest::group_id),
            field("GenerationIdOrMemberEpoch", &OffsetCommitRequest::generation_id_or_member_epoch, {.since = 1, .ignorable = true}),
            field("MemberId", &OffsetCommitRequest::member_id, {.since = 1, .ignorable = true}),
            field("GroupInstanceId", &OffsetCommitRequest::group_instance_id, {.since = 7, .nullable = 7}),
            field("RetentionTimeMs", &OffsetCommitRequest::retention_time_ms, {.since = 2, .upto = 4, .ignorable = true}),
            field("Topics", &OffsetCommitRequest::topics));
};

struct OffsetCommitResponse {
  static constexpr const Api& api = kOffsetCommit;

  struct Partition {
    PartitionIndex partition_index;
    ErrorCode error_code = ErrorCode::kNone;

    static constexpr auto fields = table(field("PartitionIndex", &Partition::partition_index), field("ErrorCode", &Partition::error_code));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static constexpr auto fields = table(field("ThrottleTimeMs", &OffsetCommitResponse::throttle_time_ms, {.since = 3, .ignorable = true}),
                                       field("Topics", &OffsetCommitResponse::topics));
};

}  // namespace baton::protocol
