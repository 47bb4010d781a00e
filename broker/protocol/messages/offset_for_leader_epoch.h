// OffsetForLeaderEpoch: where an epoch ended in the leader's log, for whoever must truncate (KIP-101, KIP-320).
#pragma once

#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kOffsetForLeaderEpoch{.key = 23, .name = "OffsetForLeaderEpoch", .oldest = 2, .newest = 4, .flexible = 4};

struct OffsetForLeaderEpochRequest {
  static constexpr const Api& api = kOffsetForLeaderEpoch;

  struct Partition {
    PartitionIndex partition;
    LeaderEpoch current_leader_epoch;
    LeaderEpoch leader_epoch;

    static constexpr auto fields = table(field("Partition", &Partition::partition),
                                         field("CurrentLeaderEpoch", &Partition::current_leader_epoch, {.since = 2, .ignorable = true}),
                                         field("LeaderEpoch", &Partition::leader_epoch));
  };

  struct Topic {
    std::string topic;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Topic", &Topic::topic), field("Partitions", &Topic::partitions));
  };

  // −1 a consumer; −2, the default, nobody said.
  BrokerId replica_id{-2};
  std::vector<Topic> topics;

  static constexpr auto fields = table(field("ReplicaId", &OffsetForLeaderEpochRequest::replica_id, {.since = 3, .ignorable = true}),
                                       field("Topics", &OffsetForLeaderEpochRequest::topics));
};

struct OffsetForLeaderEpochResponse {
  static constexpr const Api& api = kOffsetForLeaderEpoch;

  struct Partition {
    ErrorCode error_code = ErrorCode::kNone;
    PartitionIndex partition;
    LeaderEpoch leader_epoch;
    int64_t end_offset = -1;

    static constexpr auto fields =
        table(field("ErrorCode", &Partition::error_code), field("Partition", &Partition::partition),
              field("LeaderEpoch", &Partition::leader_epoch, {.since = 1, .ignorable = true}), field("EndOffset", &Partition::end_offset));
  };

  struct Topic {
    std::string topic;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Topic", &Topic::topic), field("Partitions", &Topic::partitions));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &OffsetForLeaderEpochResponse::throttle_time_ms, {.since = 2, .ignorable = true}),
            field("Topics", &OffsetForLeaderEpochResponse::topics));
};

}  // namespace baton::protocol
