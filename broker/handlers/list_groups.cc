#include "broker/protocol/messages/list_groups.h"

#include <strings.h>

#include <algorithm>

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

struct ShardsGroups {
  std::vector<groups::ListedGroup> groups;
  bool loading = false;
};

ShardsGroups listed(const std::vector<groups::GroupHost*>& hosts) {
  ShardsGroups found;
  for (groups::GroupHost* host : hosts) {
    auto list = host->coordinator().list();
    found.loading |= !list;
    if (list) std::move(list->begin(), list->end(), std::back_inserter(found.groups));
  }
  return found;
}

bool matches(const std::vector<std::string>& states, groups::GroupState state) {
  return states.empty() ||
         std::any_of(states.begin(), states.end(), [&](const std::string& each) { return strcasecmp(each.c_str(), name_of(state)) == 0; });
}

}  // namespace

void handle_list_groups(Services& services, CallPtr call, protocol::ListGroupsRequest request) {
  const auto gather = std::make_shared<groups::Gather<ShardsGroups>>(
      services.groups.shards(), [call, states = std::move(request.states_filter)](std::vector<ShardsGroups> found) {
        protocol::ListGroupsResponse response;
        for (auto& shard : found) {
          // What is listed is right, but not all.
          if (shard.loading) response.error_code = ErrorCode::kCoordinatorLoadInProgress;
          for (auto& group : shard.groups) {
            if (matches(states, group.state))
              response.groups.push_back({std::move(group.group), std::move(group.protocol_type), name_of(group.state)});
          }
        }
        call->answer(response);
      });
  const auto next = std::make_shared<std::atomic<size_t>>(0);
  services.groups.with_hosts(
      [gather, next](const std::vector<groups::GroupHost*>& hosts) { gather->set(next->fetch_add(1), listed(hosts)); });
}

}  // namespace baton
