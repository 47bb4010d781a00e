#include "broker/protocol/messages/join_group.h"

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

groups::JoinRequest core_request(const Call& call, protocol::JoinGroupRequest& request) {
  groups::JoinRequest join{
      .group = std::move(request.group_id),
      .member_id = std::move(request.member_id),
      .instance_id = std::move(request.group_instance_id),
      .client_id = call.client_id(),
      .client_host = "/" + call.client_host(),  // as Java prints an address
      .session_timeout_ms = request.session_timeout_ms,
      .rebalance_timeout_ms = request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms,
      .protocol_type = std::move(request.protocol_type),
      .protocols = {},
      .member_id_required = call.version() >= 4,
      .may_skip_assignment = call.version() >= 9};
  for (auto& protocol : request.protocols) join.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata.data)});
  return join;
}

void answer(Call& call, groups::JoinReply reply) {
  protocol::JoinGroupResponse response;
  response.error_code = reply.error;
  response.generation_id = reply.generation;
  response.protocol_type = std::move(reply.protocol_type);
  response.protocol_name = std::move(reply.protocol_name);
  // It became nullable late.
  if (call.version() < 7 && !response.protocol_name) response.protocol_name = "";
  response.leader = std::move(reply.leader);
  response.skip_assignment = reply.skip_assignment;
  response.member_id = std::move(reply.member_id);
  for (auto& member : reply.members) {
    response.members.push_back({std::move(member.member_id), std::move(member.instance_id), {std::move(member.metadata)}});
  }
  call.answer(response);
}

}  // namespace

void handle_join_group(Services& services, CallPtr call, protocol::JoinGroupRequest request) {
  auto join = core_request(*call, request);
  const std::string group = join.group;
  groups::with_coordinator(services, group, [call = std::move(call), join = std::move(join)](groups::GroupHost* host) mutable {
    if (host == nullptr) return answer(*call, {.error = ErrorCode::kNotCoordinator, .member_id = join.member_id});
    const auto ticket = host->expect([call](auto reply) { answer(*call, std::get<groups::JoinReply>(std::move(reply))); });
    host->carry_out(host->coordinator().join(ticket, join, host->now()));
  });
}

}  // namespace baton
