// Produce: append record batches. The records stay in the request's frame (see writable() to stamp them there).
// Versions 0 to 2 carried older record formats; they are advertised, for librdkafka compresses only for brokers that list
// version 0, but a client that uses them is refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/messages/leader_hint.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kProduce{.key = 0, .name = "Produce", .oldest = 3, .newest = 11, .flexible = 9, .advertised_oldest = 0};

struct ProduceRequest {
  static constexpr const Api& api = kProduce;

  struct Partition {
    PartitionIndex index;
    Records records;

    static constexpr auto fields = table(field("Index", &Partition::index), field("Records", &Partition::records, {.nullable = 0}));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partition_data;

    static constexpr auto fields = table(field("Name", &Topic::name), field("PartitionData", &Topic::partition_data));
  };

  std::optional<std::string> transactional_id;
  // −1 all in-sync replicas, 1 the leader, 0 nobody (and then there is no response at all).
  int16_t acks = 0;
  int32_t timeout_ms = 0;
  std::vector<Topic> topic_data;

  static constexpr auto fields =
      table(field("TransactionalId", &ProduceRequest::transactional_id, {.since = 3, .nullable = 3}), field("Acks", &ProduceRequest::acks),
            field("TimeoutMs", &ProduceRequest::timeout_ms), field("TopicData", &ProduceRequest::topic_data));
};

struct ProduceResponse {
  static constexpr const Api& api = kProduce;

  struct RecordError {
    int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message;

    static constexpr auto fields =
        table(field("BatchIndex", &RecordError::batch_index, {.since = 8}),
              field("BatchIndexErrorMessage", &RecordError::batch_index_error_message, {.since = 8, .nullable = 8}));
  };

  struct Partition {
    PartitionIndex index;
    ErrorCode error_code = ErrorCode::kNone;
    int64_t base_offset = 0;
    int64_t log_append_time_ms = -1;
    int64_t log_start_offset = -1;
    std::vector<RecordError> record_errors;
    std::optional<std::string> error_message;
    LeaderIdAndEpoch current_leader;

    static constexpr auto fields =
        table(field("Index", &Partition::index), field("ErrorCode", &Partition::error_code), field("BaseOffset", &Partition::base_offset),
              field("LogAppendTimeMs", &Partition::log_append_time_ms, {.since = 2, .ignorable = true}),
              field("LogStartOffset", &Partition::log_start_offset, {.since = 5, .ignorable = true}),
              field("RecordErrors", &Partition::record_errors, {.since = 8, .ignorable = true}),
              field("ErrorMessage", &Partition::error_message, {.since = 8, .nullable = 8, .ignorable = true}),
              field("CurrentLeader", &Partition::current_leader, {.since = 10, .ignorable = true, .tag = 0}));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partition_responses;

    static constexpr auto fields = table(field("Name", &Topic::name), field("PartitionResponses", &Topic::partition_responses));
  };

  std::vector<Topic> responses;
  int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  static constexpr auto fields =
      table(field("Responses", &ProduceResponse::responses),
            field("ThrottleTimeMs", &ProduceResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
            field("NodeEndpoints", &ProduceResponse::node_endpoints, {.since = 10, .ignorable = true, .tag = 0}));
};

}  // namespace baton::protocol
