// Metadata: brokers, topics, and who leads each partition.
// The list of topics: version 0, empty = all; later, null = all and empty = none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kMetadata{.key = 3, .name = "Metadata", .oldest = 0, .newest = 12, .flexible = 9};

struct MetadataRequest {
  static constexpr const Api& api = kMetadata;

  struct Topic {
    TopicId topic_id;
    std::optional<std::string> name = "";

    static constexpr auto fields =
        table(field("TopicId", &Topic::topic_id, {.since = 10, .ignorable = true}), field("Name", &Topic::name, {.nullable = 10}));
  };

  std::optional<std::vector<Topic>> topics{std::in_place};
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  static constexpr auto fields =
      table(field("Topics", &MetadataRequest::topics, {.nullable = 1}),
            field("AllowAutoTopicCreation", &MetadataRequest::allow_auto_topic_creation, {.since = 4}),
            field("IncludeClusterAuthorizedOperations", &MetadataRequest::include_cluster_authorized_operations, {.since = 8, .upto = 10}),
            field("IncludeTopicAuthorizedOperations", &MetadataRequest::include_topic_authorized_operations, {.since = 8}));
};

struct MetadataResponse {
  static constexpr const Api& api = kMetadata;

  struct Broker {
    BrokerId node_id;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;

    static constexpr auto fields = table(field("NodeId", &Broker::node_id), field("Host", &Broker::host), field("Port", &Broker::port),
                                         field("Rack", &Broker::rack, {.since = 1, .nullable = 1, .ignorable = true}));
  };

  struct Partition {
    ErrorCode error_code = ErrorCode::kNone;
    PartitionIndex partition_index;
    BrokerId leader_id;
    LeaderEpoch leader_epoch;
    std::vector<BrokerId> replica_nodes;
    std::vector<BrokerId> isr_nodes;
    std::vector<BrokerId> offline_replicas;

    static constexpr auto fields =
        table(field("ErrorCode", &Partition::error_code), field("PartitionIndex", &Partition::partition_index),
              field("LeaderId", &Partition::leader_id), field("LeaderEpoch", &Partition::leader_epoch, {.since = 7, .ignorable = true}),
              field("ReplicaNodes", &Partition::replica_nodes), field("IsrNodes", &Partition::isr_nodes),
              field("OfflineReplicas", &Partition::offline_replicas, {.since = 5, .ignorable = true}));
  };

  struct Topic {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> name = "";
    TopicId topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    int32_t topic_authorized_operations = std::numeric_limits<int32_t>::min();

    static constexpr auto fields =
        table(field("ErrorCode", &Topic::error_code), field("Name", &Topic::name, {.nullable = 12}),
              field("TopicId", &Topic::topic_id, {.since = 10, .ignorable = true}),
              field("IsInternal", &Topic::is_internal, {.since = 1, .ignorable = true}), field("Partitions", &Topic::partitions),
              field("TopicAuthorizedOperations", &Topic::topic_authorized_operations, {.since = 8}));
  };

  int32_t throttle_time_ms = 0;
  std::vector<Broker> brokers;
  std::optional<std::string> cluster_id;
  BrokerId controller_id;
  std::vector<Topic> topics;
  int32_t cluster_authorized_operations = std::numeric_limits<int32_t>::min();

  static constexpr auto fields = table(
      field("ThrottleTimeMs", &MetadataResponse::throttle_time_ms, {.since = 3, .ignorable = true}),
      field("Brokers", &MetadataResponse::brokers),
      field("ClusterId", &MetadataResponse::cluster_id, {.since = 2, .nullable = 2, .ignorable = true}),
      field("ControllerId", &MetadataResponse::controller_id, {.since = 1, .ignorable = true}), field("Topics", &MetadataResponse::topics),
      field("ClusterAuthorizedOperations", &MetadataResponse::cluster_authorized_operations, {.since = 8, .upto = 10}));
};

}  // namespace baton::protocol
