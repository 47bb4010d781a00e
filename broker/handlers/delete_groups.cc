#include "broker/protocol/messages/delete_groups.h"

#include "broker/handlers/group_handlers.h"

namespace baton {

void handle_delete_groups(Services& services, CallPtr call, protocol::DeleteGroupsRequest request) {
  using Deleted = protocol::DeleteGroupsResponse::Result;
  const auto gather = std::make_shared<groups::Gather<Deleted>>(request.groups_names.size(), [call](std::vector<Deleted> results) {
    protocol::DeleteGroupsResponse response;
    response.results = std::move(results);
    call->answer(response);
  });
  for (size_t i = 0; i < request.groups_names.size(); ++i) {
    const std::string name = request.groups_names[i];
    groups::with_coordinator(services, name, [gather, i, name](groups::GroupHost* host) {
      if (host == nullptr) return gather->set(i, {name, ErrorCode::kNotCoordinator});
      const auto ticket = host->expect([gather, i, name](auto reply) {
        gather->set(i, {name, std::get<groups::DeleteReply>(reply).error});
      });
      host->carry_out(host->coordinator().delete_group(ticket, name, host->now()));
    });
  }
}

}  // namespace baton
