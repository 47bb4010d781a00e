// Every handler of this folder, one file each.
#pragma once

#include "broker/handlers/handler.h"

namespace baton {

namespace protocol {
struct AlterConfigsRequest;
struct AlterPartitionReassignmentsRequest;
struct ApiVersionsRequest;
struct CreatePartitionsRequest;
struct CreateTopicsRequest;
struct DeleteTopicsRequest;
struct DescribeClusterRequest;
struct DescribeConfigsRequest;
struct DescribeLogDirsRequest;
struct ElectLeadersRequest;
struct FetchRequest;
struct IncrementalAlterConfigsRequest;
struct InitProducerIdRequest;
struct ListOffsetsRequest;
struct ListPartitionReassignmentsRequest;
struct MetadataRequest;
struct OffsetForLeaderEpochRequest;
struct ProduceRequest;
}  // namespace protocol

void handle_alter_configs(Services& services, CallPtr call, protocol::AlterConfigsRequest request);
void handle_alter_partition_reassignments(Services& services, CallPtr call, protocol::AlterPartitionReassignmentsRequest request);
void handle_api_versions(Services& services, CallPtr call, protocol::ApiVersionsRequest request);
void handle_create_partitions(Services& services, CallPtr call, protocol::CreatePartitionsRequest request);
void handle_create_topics(Services& services, CallPtr call, protocol::CreateTopicsRequest request);
void handle_delete_topics(Services& services, CallPtr call, protocol::DeleteTopicsRequest request);
void handle_describe_cluster(Services& services, CallPtr call, protocol::DescribeClusterRequest request);
void handle_describe_configs(Services& services, CallPtr call, protocol::DescribeConfigsRequest request);
void handle_describe_log_dirs(Services& services, CallPtr call, protocol::DescribeLogDirsRequest request);
void handle_elect_leaders(Services& services, CallPtr call, protocol::ElectLeadersRequest request);
void handle_fetch(Services& services, CallPtr call, protocol::FetchRequest request);
void handle_incremental_alter_configs(Services& services, CallPtr call, protocol::IncrementalAlterConfigsRequest request);
void handle_init_producer_id(Services& services, CallPtr call, protocol::InitProducerIdRequest request);
void handle_list_offsets(Services& services, CallPtr call, protocol::ListOffsetsRequest request);
void handle_list_partition_reassignments(Services& services, CallPtr call, protocol::ListPartitionReassignmentsRequest request);
void handle_metadata(Services& services, CallPtr call, protocol::MetadataRequest request);
void handle_offset_for_leader_epoch(Services& services, CallPtr call, protocol::OffsetForLeaderEpochRequest request);
void handle_produce(Services& services, CallPtr call, protocol::ProduceRequest request);

}  // namespace baton
