#include "broker/protocol/messages/leave_group.h"

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

// Until version 2 there is one member, and its error is the answer's.
protocol::LeaveGroupResponse response_of(int16_t version, const groups::LeaveReply& reply,
                                         const std::vector<groups::LeavingMember>& members) {
  protocol::LeaveGroupResponse response;
  response.error_code = reply.error;
  if (reply.error != ErrorCode::kNone) return response;
  if (version < 3) {
    response.error_code = reply.members.at(0);
    return response;
  }
  for (size_t i = 0; i < members.size(); ++i)
    response.members.push_back({members[i].member_id, members[i].instance_id, reply.members.at(i)});
  return response;
}

}  // namespace

void handle_leave_group(Services& services, CallPtr call, protocol::LeaveGroupRequest request) {
  std::vector<groups::LeavingMember> members;
  if (call->version() < 3) {
    members.push_back({std::move(request.member_id), {}});
  } else {
    for (auto& each : request.members) members.push_back({std::move(each.member_id), std::move(each.group_instance_id)});
  }
  const std::string group = request.group_id;
  groups::with_coordinator(services, group, [call = std::move(call), group, members = std::move(members)](groups::GroupHost* host) {
    if (host == nullptr) return call->answer(response_of(call->version(), {.error = ErrorCode::kNotCoordinator}, members));
    const auto ticket = host->expect(
        [call, members](auto reply) { call->answer(response_of(call->version(), std::get<groups::LeaveReply>(reply), members)); });
    host->carry_out(host->coordinator().leave(ticket, group, members, host->now()));
  });
}

}  // namespace baton
