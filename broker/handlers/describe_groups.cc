#include "broker/protocol/messages/describe_groups.h"

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

using Described = protocol::DescribeGroupsResponse::Group;

Described described(const std::string& name, groups::GroupHost* host) {
  Described group;
  group.group_id = name;
  if (host == nullptr) {
    group.error_code = ErrorCode::kNotCoordinator;
    return group;
  }
  auto found = host->coordinator().describe(name);
  if (!found) {
    group.error_code = found.error().code;
    return group;
  }
  group.group_state = name_of(found->state);
  group.protocol_type = std::move(found->protocol_type);
  group.protocol_data = std::move(found->protocol_name);
  for (auto& member : found->members) {
    group.members.push_back({std::move(member.member_id),
                             std::move(member.instance_id),
                             std::move(member.client_id),
                             std::move(member.client_host),
                             {std::move(member.metadata)},
                             {std::move(member.assignment)}});
  }
  return group;
}

}  // namespace

void handle_describe_groups(Services& services, CallPtr call, protocol::DescribeGroupsRequest request) {
  const auto gather = std::make_shared<groups::Gather<Described>>(request.groups.size(), [call](std::vector<Described> found) {
    protocol::DescribeGroupsResponse response;
    response.groups = std::move(found);
    call->answer(response);
  });
  for (size_t i = 0; i < request.groups.size(); ++i) {
    const std::string name = request.groups[i];
    groups::with_coordinator(services, name, [gather, i, name](groups::GroupHost* host) { gather->set(i, described(name, host)); });
  }
}

}  // namespace baton
