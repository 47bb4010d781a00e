#include "broker/handlers/group_handlers.h"

#include "broker/protocol/messages/delete_groups.h"
#include "broker/protocol/messages/describe_groups.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/heartbeat.h"
#include "broker/protocol/messages/join_group.h"
#include "broker/protocol/messages/leave_group.h"
#include "broker/protocol/messages/list_groups.h"
#include "broker/protocol/messages/offset_commit.h"
#include "broker/protocol/messages/offset_fetch.h"
#include "broker/protocol/messages/sync_group.h"

namespace baton {

void handle_delete_groups(Services& services, CallPtr call, protocol::DeleteGroupsRequest request);
void handle_describe_groups(Services& services, CallPtr call, protocol::DescribeGroupsRequest request);
void handle_find_coordinator(Services& services, CallPtr call, protocol::FindCoordinatorRequest request);
void handle_heartbeat(Services& services, CallPtr call, protocol::HeartbeatRequest request);
void handle_join_group(Services& services, CallPtr call, protocol::JoinGroupRequest request);
void handle_leave_group(Services& services, CallPtr call, protocol::LeaveGroupRequest request);
void handle_list_groups(Services& services, CallPtr call, protocol::ListGroupsRequest request);
void handle_offset_commit(Services& services, CallPtr call, protocol::OffsetCommitRequest request);
void handle_offset_fetch(Services& services, CallPtr call, protocol::OffsetFetchRequest request);
void handle_sync_group(Services& services, CallPtr call, protocol::SyncGroupRequest request);

void add_group_handlers(HandlerTable& table) {
  table.add(handler<&handle_delete_groups>());
  table.add(handler<&handle_describe_groups>());
  table.add(handler<&handle_find_coordinator>());
  table.add(handler<&handle_heartbeat>());
  table.add(handler<&handle_join_group>());
  table.add(handler<&handle_leave_group>());
  table.add(handler<&handle_list_groups>());
  table.add(handler<&handle_offset_commit>());
  table.add(handler<&handle_offset_fetch>());
  table.add(handler<&handle_sync_group>());
}

namespace groups {

void with_coordinator(Services& services, const std::string& group, Function<void(GroupHost*)> work) {
  const auto partition = GroupService::partition_of_group(*services.image(), group);
  if (!partition) return work(nullptr);
  services.groups.with_host(*partition, std::move(work));
}

}  // namespace groups
}  // namespace baton
