// ListOffsets: the offset at a time. Timestamp −1 asks for the end (the high watermark, to consumers), −2 for the
// beginning, −3 for the record with the greatest timestamp (version 7).
#pragma once

#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kListOffsets{.key = 2, .name = "ListOffsets", .oldest = 1, .newest = 7, .flexible = 6};

struct ListOffsetsRequest {
  static constexpr const Api& api = kListOffsets;

  struct Partition {
    PartitionIndex partition_index;
    LeaderEpoch current_leader_epoch;
    int64_t timestamp = 0;

    static constexpr auto fields = table(field("PartitionIndex", &Partition::partition_index),
                                         field("CurrentLeaderEpoch", &Partition::current_leader_epoch, {.since = 4, .ignorable = true}),
                                         field("Timestamp", &Partition::timestamp));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  BrokerId replica_id;
  int8_t isolation_level = 0;
  std::vector<Topic> topics;

  static constexpr auto fields =
      table(field("ReplicaId", &ListOffsetsRequest::replica_id),
            field("IsolationLevel", &ListOffsetsRequest::isolation_level, {.since = 2}), field("Topics", &ListOffsetsRequest::topics));
};

struct ListOffsetsResponse {
  static constexpr const Api& api = kListOffsets;

  struct Partition {
    PartitionIndex partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    int64_t timestamp = -1;
    int64_t offset = -1;
    LeaderEpoch leader_epoch;

    // The epoch of an offset is a service to clients that know epochs; for older ones it is dropped.
    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("ErrorCode", &Partition::error_code),
              field("Timestamp", &Partition::timestamp, {.since = 1}), field("Offset", &Partition::offset, {.since = 1}),
              field("LeaderEpoch", &Partition::leader_epoch, {.since = 4, .ignorable = true}));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static constexpr auto fields = table(field("ThrottleTimeMs", &ListOffsetsResponse::throttle_time_ms, {.since = 2, .ignorable = true}),
                                       field("Topics", &ListOffsetsResponse::topics));
};

}  // namespace baton::protocol
