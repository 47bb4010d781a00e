// ListPartitionReassignments (KIP-455): which partitions are on their way to other replicas. Null topics: all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kListPartitionReassignments{.key = 46, .name = "ListPartitionReassignments", .oldest = 0, .newest = 0, .flexible = 0};

struct ListPartitionReassignmentsRequest {
  static constexpr const Api& api = kListPartitionReassignments;

  struct Topic {
    std::string name;
    std::vector<PartitionIndex> partition_indexes;

    static constexpr auto fields = table(field("Name", &Topic::name), field("PartitionIndexes", &Topic::partition_indexes));
  };

  int32_t timeout_ms = 60000;
  std::optional<std::vector<Topic>> topics;

  static constexpr auto fields = table(field("TimeoutMs", &ListPartitionReassignmentsRequest::timeout_ms),
                                       field("Topics", &ListPartitionReassignmentsRequest::topics, {.nullable = 0}));
};

struct ListPartitionReassignmentsResponse {
  static constexpr const Api& api = kListPartitionReassignments;

  struct Partition {
    PartitionIndex partition_index;
    std::vector<BrokerId> replicas;
    std::vector<BrokerId> adding_replicas;
    std::vector<BrokerId> removing_replicas;

    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("Replicas", &Partition::replicas),
              field("AddingReplicas", &Partition::adding_replicas), field("RemovingReplicas", &Partition::removing_replicas));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;

  static constexpr auto fields = table(field("ThrottleTimeMs", &ListPartitionReassignmentsResponse::throttle_time_ms),
                                       field("ErrorCode", &ListPartitionReassignmentsResponse::error_code),
                                       field("ErrorMessage", &ListPartitionReassignmentsResponse::error_message, {.nullable = 0}),
                                       field("Topics", &ListPartitionReassignmentsResponse::topics));
};

}  // namespace baton::protocol
