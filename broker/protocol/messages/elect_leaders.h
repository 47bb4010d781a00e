// ElectLeaders (KIP-183, KIP-460): leadership to preferred replicas, or an unclean election where nobody leads. A null list of
// topics means every partition.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kElectLeaders{.key = 43, .name = "ElectLeaders", .oldest = 0, .newest = 2, .flexible = 2};

struct ElectLeadersRequest {
  static constexpr const Api& api = kElectLeaders;

  struct Topic {
    std::string topic;
    std::vector<PartitionIndex> partitions;

    static constexpr auto fields = table(field("Topic", &Topic::topic), field("Partitions", &Topic::partitions));
  };

  int8_t election_type = 0;  // 0 preferred, 1 unclean; version 0 knows the first only
  std::optional<std::vector<Topic>> topic_partitions;
  int32_t timeout_ms = 60000;

  static constexpr auto fields = table(field("ElectionType", &ElectLeadersRequest::election_type, {.since = 1}),
                                       field("TopicPartitions", &ElectLeadersRequest::topic_partitions, {.nullable = 0}),
                                       field("TimeoutMs", &ElectLeadersRequest::timeout_ms));
};

struct ElectLeadersResponse {
  static constexpr const Api& api = kElectLeaders;

  struct Partition {
    PartitionIndex partition_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    static constexpr auto fields = table(field("PartitionId", &Partition::partition_id), field("ErrorCode", &Partition::error_code),
                                         field("ErrorMessage", &Partition::error_message, {.nullable = 0}));
  };

  struct Topic {
    std::string topic;
    std::vector<Partition> partition_result;

    static constexpr auto fields = table(field("Topic", &Topic::topic), field("PartitionResult", &Topic::partition_result));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Topic> replica_election_results;

  static constexpr auto fields = table(field("ThrottleTimeMs", &ElectLeadersResponse::throttle_time_ms),
                                       field("ErrorCode", &ElectLeadersResponse::error_code, {.since = 1, .ignorable = true}),
                                       field("ReplicaElectionResults", &ElectLeadersResponse::replica_election_results));
};

}  // namespace baton::protocol
