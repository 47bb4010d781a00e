// Fetch: read record batches, by consumers and by followers (version 15 and later: replica id and replica epoch in
// ReplicaState). Topics go by name up to version 12 and by id from version 13. A response's records are gaps that the
// sender fills from files (Records::elsewhere).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "broker/protocol/messages/leader_hint.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kFetch{.key = 1, .name = "Fetch", .oldest = 4, .newest = 16, .flexible = 12};

struct FetchRequest {
  static constexpr const Api& api = kFetch;

  // KIP-903: which broker, and which life of it.
  struct ReplicaState {
    BrokerId replica_id;
    BrokerEpoch replica_epoch;

    static constexpr auto fields = table(field("ReplicaId", &ReplicaState::replica_id, {.since = 15}),
                                         field("ReplicaEpoch", &ReplicaState::replica_epoch, {.since = 15}));
  };

  struct Partition {
    PartitionIndex partition;
    LeaderEpoch current_leader_epoch;
    int64_t fetch_offset = 0;
    LeaderEpoch last_fetched_epoch;
    // Of a follower; −1 from consumers.
    int64_t log_start_offset = -1;
    int32_t partition_max_bytes = 0;

    static constexpr auto fields =
        table(field("Partition", &Partition::partition),
              field("CurrentLeaderEpoch", &Partition::current_leader_epoch, {.since = 9, .ignorable = true}),
              field("FetchOffset", &Partition::fetch_offset), field("LastFetchedEpoch", &Partition::last_fetched_epoch, {.since = 12}),
              field("LogStartOffset", &Partition::log_start_offset, {.since = 5, .ignorable = true}),
              field("PartitionMaxBytes", &Partition::partition_max_bytes));
  };

  struct Topic {
    std::string topic;
    TopicId topic_id;
    std::vector<Partition> partitions;

    static constexpr auto fields =
        table(field("Topic", &Topic::topic, {.upto = 12, .ignorable = true}),
              field("TopicId", &Topic::topic_id, {.since = 13, .ignorable = true}), field("Partitions", &Topic::partitions));
  };

  struct ForgottenTopic {
    std::string topic;
    TopicId topic_id;
    std::vector<PartitionIndex> partitions;

    static constexpr auto fields = table(field("Topic", &ForgottenTopic::topic, {.since = 7, .upto = 12, .ignorable = true}),
                                         field("TopicId", &ForgottenTopic::topic_id, {.since = 13, .ignorable = true}),
                                         field("Partitions", &ForgottenTopic::partitions, {.since = 7}));
  };

  std::optional<std::string> cluster_id;
  // Up to version 14; later in replica_state.
  BrokerId replica_id;
  ReplicaState replica_state;
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  int32_t max_bytes = std::numeric_limits<int32_t>::max();
  int8_t isolation_level = 0;
  int32_t session_id = 0;
  int32_t session_epoch = -1;
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string rack_id;

  static constexpr auto fields =
      table(field("ClusterId", &FetchRequest::cluster_id, {.since = 12, .nullable = 12, .ignorable = true, .tag = 0}),
            field("ReplicaId", &FetchRequest::replica_id, {.upto = 14}),
            field("ReplicaState", &FetchRequest::replica_state, {.since = 15, .tag = 1}), field("MaxWaitMs", &FetchRequest::max_wait_ms),
            field("MinBytes", &FetchRequest::min_bytes), field("MaxBytes", &FetchRequest::max_bytes, {.since = 3, .ignorable = true}),
            field("IsolationLevel", &FetchRequest::isolation_level, {.since = 4, .ignorable = true}),
            field("SessionId", &FetchRequest::session_id, {.since = 7, .ignorable = true}),
            field("SessionEpoch", &FetchRequest::session_epoch, {.since = 7, .ignorable = true}), field("Topics", &FetchRequest::topics),
            field("ForgottenTopicsData", &FetchRequest::forgotten_topics_data, {.since = 7}),
            field("RackId", &FetchRequest::rack_id, {.since = 11, .ignorable = true}));
};

struct FetchResponse {
  static constexpr const Api& api = kFetch;

  // KIP-595: the follower's or consumer's log diverges from here.
  struct EpochEndOffset {
    LeaderEpoch epoch;
    int64_t end_offset = -1;

    static constexpr auto fields =
        table(field("Epoch", &EpochEndOffset::epoch, {.since = 12}), field("EndOffset", &EpochEndOffset::end_offset, {.since = 12}));
  };

  struct SnapshotId {
    int64_t end_offset = -1;
    LeaderEpoch epoch;

    static constexpr auto fields = table(field("EndOffset", &SnapshotId::end_offset), field("Epoch", &SnapshotId::epoch));
  };

  struct AbortedTransaction {
    int64_t producer_id = 0;
    int64_t first_offset = 0;

    static constexpr auto fields = table(field("ProducerId", &AbortedTransaction::producer_id, {.since = 4}),
                                         field("FirstOffset", &AbortedTransaction::first_offset, {.since = 4}));
  };

  struct Partition {
    PartitionIndex partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    int64_t high_watermark = 0;
    int64_t last_stable_offset = -1;
    int64_t log_start_offset = -1;
    EpochEndOffset diverging_epoch;
    LeaderIdAndEpoch current_leader;
    SnapshotId snapshot_id;
    std::optional<std::vector<AbortedTransaction>> aborted_transactions;
    BrokerId preferred_read_replica;
    Records records;

    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("ErrorCode", &Partition::error_code),
              field("HighWatermark", &Partition::high_watermark),
              field("LastStableOffset", &Partition::last_stable_offset, {.since = 4, .ignorable = true}),
              field("LogStartOffset", &Partition::log_start_offset, {.since = 5, .ignorable = true}),
              field("DivergingEpoch", &Partition::diverging_epoch, {.since = 12, .tag = 0}),
              field("CurrentLeader", &Partition::current_leader, {.since = 12, .ignorable = true, .tag = 1}),
              field("SnapshotId", &Partition::snapshot_id, {.since = 12, .tag = 2}),
              field("AbortedTransactions", &Partition::aborted_transactions, {.since = 4, .nullable = 4, .ignorable = true}),
              field("PreferredReadReplica", &Partition::preferred_read_replica, {.since = 11}),
              field("Records", &Partition::records, {.nullable = 0}));
  };

  struct Topic {
    std::string topic;
    TopicId topic_id;
    std::vector<Partition> partitions;

    static constexpr auto fields =
        table(field("Topic", &Topic::topic, {.upto = 12, .ignorable = true}),
              field("TopicId", &Topic::topic_id, {.since = 13, .ignorable = true}), field("Partitions", &Topic::partitions));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  int32_t session_id = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &FetchResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
            field("ErrorCode", &FetchResponse::error_code, {.since = 7, .ignorable = true}),
            field("SessionId", &FetchResponse::session_id, {.since = 7}), field("Responses", &FetchResponse::responses),
            field("NodeEndpoints", &FetchResponse::node_endpoints, {.since = 16, .ignorable = true, .tag = 0}));
};

}  // namespace baton::protocol
