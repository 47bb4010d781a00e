// AlterPartitionReassignments (KIP-455): other replicas for partitions; null replicas call a reassignment off.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kAlterPartitionReassignments{
    .key = 45, .name = "AlterPartitionReassignments", .oldest = 0, .newest = 0, .flexible = 0};

struct AlterPartitionReassignmentsRequest {
  static constexpr const Api& api = kAlterPartitionReassignments;

  struct Partition {
    PartitionIndex partition_index;
    std::optional<std::vector<BrokerId>> replicas;

    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("Replicas", &Partition::replicas, {.nullable = 0}));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  int32_t timeout_ms = 60000;
  std::vector<Topic> topics;

  static constexpr auto fields = table(field("TimeoutMs", &AlterPartitionReassignmentsRequest::timeout_ms),
                                       field("Topics", &AlterPartitionReassignmentsRequest::topics));
};

struct AlterPartitionReassignmentsResponse {
  static constexpr const Api& api = kAlterPartitionReassignments;

  struct Partition {
    PartitionIndex partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    static constexpr auto fields = table(field("PartitionIndex", &Partition::partition_index), field("ErrorCode", &Partition::error_code),
                                         field("ErrorMessage", &Partition::error_message, {.nullable = 0}));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<Topic> responses;

  static constexpr auto fields = table(field("ThrottleTimeMs", &AlterPartitionReassignmentsResponse::throttle_time_ms),
                                       field("ErrorCode", &AlterPartitionReassignmentsResponse::error_code),
                                       field("ErrorMessage", &AlterPartitionReassignmentsResponse::error_message, {.nullable = 0}),
                                       field("Responses", &AlterPartitionReassignmentsResponse::responses));
};

}  // namespace baton::protocol
