// Every message, for what must treat them all alike: the registry, tests, the fuzzer. A handler includes only its own.
#pragma once

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/alter_partition_reassignments.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/create_partitions.h"
#include "broker/protocol/messages/create_topics.h"
#include "broker/protocol/messages/delete_groups.h"
#include "broker/protocol/messages/delete_topics.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_groups.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/elect_leaders.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/heartbeat.h"
#include "broker/protocol/messages/incremental_alter_configs.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/join_group.h"
#include "broker/protocol/messages/leave_group.h"
#include "broker/protocol/messages/list_groups.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/list_partition_reassignments.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/offset_commit.h"
#include "broker/protocol/messages/offset_fetch.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/sync_group.h"

namespace baton::protocol {

template <class RequestType, class ResponseType>
struct Messages {
  using Request = RequestType;
  using Response = ResponseType;
  static constexpr const Api& api = RequestType::api;
};

// Calls visit(Messages<Request, Response>{}) for each API.
template <class Visit>
void for_each_api(Visit visit) {
  visit(Messages<ProduceRequest, ProduceResponse>{});
  visit(Messages<FetchRequest, FetchResponse>{});
  visit(Messages<ListOffsetsRequest, ListOffsetsResponse>{});
  visit(Messages<MetadataRequest, MetadataResponse>{});
  visit(Messages<ApiVersionsRequest, ApiVersionsResponse>{});
  visit(Messages<CreateTopicsRequest, CreateTopicsResponse>{});
  visit(Messages<DeleteTopicsRequest, DeleteTopicsResponse>{});
  visit(Messages<InitProducerIdRequest, InitProducerIdResponse>{});
  visit(Messages<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>{});
  visit(Messages<DescribeConfigsRequest, DescribeConfigsResponse>{});
  visit(Messages<DescribeLogDirsRequest, DescribeLogDirsResponse>{});
  visit(Messages<DescribeClusterRequest, DescribeClusterResponse>{});
  visit(Messages<AlterConfigsRequest, AlterConfigsResponse>{});
  visit(Messages<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>{});
  visit(Messages<CreatePartitionsRequest, CreatePartitionsResponse>{});
  visit(Messages<ElectLeadersRequest, ElectLeadersResponse>{});
  visit(Messages<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>{});
  visit(Messages<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>{});
  visit(Messages<FindCoordinatorRequest, FindCoordinatorResponse>{});
  visit(Messages<JoinGroupRequest, JoinGroupResponse>{});
  visit(Messages<SyncGroupRequest, SyncGroupResponse>{});
  visit(Messages<HeartbeatRequest, HeartbeatResponse>{});
  visit(Messages<LeaveGroupRequest, LeaveGroupResponse>{});
  visit(Messages<OffsetCommitRequest, OffsetCommitResponse>{});
  visit(Messages<OffsetFetchRequest, OffsetFetchResponse>{});
  visit(Messages<ListGroupsRequest, ListGroupsResponse>{});
  visit(Messages<DescribeGroupsRequest, DescribeGroupsResponse>{});
  visit(Messages<DeleteGroupsRequest, DeleteGroupsResponse>{});
}

}  // namespace baton::protocol
