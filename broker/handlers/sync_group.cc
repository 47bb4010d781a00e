#include "broker/protocol/messages/sync_group.h"

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

void answer(Call& call, groups::SyncReply reply) {
  protocol::SyncGroupResponse response;
  response.error_code = reply.error;
  response.protocol_type = std::move(reply.protocol_type);
  response.protocol_name = std::move(reply.protocol_name);
  response.assignment.data = std::move(reply.assignment);
  call.answer(response);
}

}  // namespace

void handle_sync_group(Services& services, CallPtr call, protocol::SyncGroupRequest request) {
  groups::SyncRequest sync{.group = std::move(request.group_id),
                           .generation = request.generation_id,
                           .member_id = std::move(request.member_id),
                           .instance_id = std::move(request.group_instance_id),
                           .protocol_type = std::move(request.protocol_type),
                           .protocol_name = std::move(request.protocol_name),
                           .assignments = {}};
  for (auto& each : request.assignments) sync.assignments[std::move(each.member_id)] = std::move(each.assignment.data);
  const std::string group = sync.group;
  groups::with_coordinator(services, group, [call = std::move(call), sync = std::move(sync)](groups::GroupHost* host) {
    if (host == nullptr) return answer(*call, {.error = ErrorCode::kNotCoordinator});
    const auto ticket = host->expect([call](auto reply) { answer(*call, std::get<groups::SyncReply>(std::move(reply))); });
    host->carry_out(host->coordinator().sync(ticket, sync, host->now()));
  });
}

}  // namespace baton
