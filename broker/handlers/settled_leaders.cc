#include "broker/handlers/settled_leaders.h"

#include <algorithm>

#include "broker/shards/shard_set.h"

namespace baton {

void when_leaders_are_settled(Services& services, std::function<std::set<BrokerId>(const Image&)> leaders_of, Task then) {
  auto& shard = services.shards.here();
  auto& lost = *shard.context().lost_peers;
  if (lost.none(services.clock.now())) return then();
  auto settled = [&lost, &clock = services.clock, leaders_of = std::move(leaders_of)](const Image& image) {
    auto leaders = leaders_of(image);
    return std::none_of(leaders.begin(), leaders.end(), [&](BrokerId id) { return lost.in_doubt(image, id, clock.now()); });
  };
  shard.images().when(std::move(settled), LostPeers::kDoubt, [then = std::move(then)](bool) mutable { then(); });
}

}  // namespace baton
