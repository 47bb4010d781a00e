#include "broker/protocol/messages/heartbeat.h"

#include "broker/handlers/group_handlers.h"

namespace baton {

void handle_heartbeat(Services& services, CallPtr call, protocol::HeartbeatRequest request) {
  groups::MemberIdentity who{std::move(request.group_id), request.generation_id, std::move(request.member_id),
                             std::move(request.group_instance_id)};
  const std::string group = who.group;
  groups::with_coordinator(services, group, [call = std::move(call), who = std::move(who)](groups::GroupHost* host) {
    protocol::HeartbeatResponse response;
    response.error_code = host == nullptr ? ErrorCode::kNotCoordinator : host->coordinator().heartbeat(who, host->now());
    call->answer(response);
  });
}

}  // namespace baton
