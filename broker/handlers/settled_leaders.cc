#include "broker/handlers/settled_leaders.h"

#include <algorithm>

#include "broker/shards/shard_set.h"

namespace baton {
namespace {

bool all_are(const std::set<BrokerId>& leaders, BrokerId id) {
  return std::all_of(leaders.begin(), leaders.end(), [id](BrokerId each) { return each == id; });
}

}  // namespace

void when_leaders_are_settled(Services& services, LeadersOf leaders_of, Task then) {
  auto& shard = services.shards.here();
  auto& lost = *shard.context().lost_peers;
  if (lost.none(services.clock.now())) return then();
  auto settled = [&lost, &clock = services.clock, leaders_of = std::move(leaders_of)](const Image& image) {
    auto leaders = leaders_of(image);
    return std::none_of(leaders.begin(), leaders.end(), [&](BrokerId id) { return lost.in_doubt(image, id, clock.now()); });
  };
  shard.images().when(std::move(settled), lost.doubt(), [then = std::move(then)](bool) mutable { then(); });
}

void when_leaders_are_settled_on_thought(Services& services, LeadersOf leaders_of, Task then) {
  auto at_first = leaders_of(*services.image());
  if (all_are(at_first, services.config.id)) return then();
  auto moved_on = [leaders_of, at_first = std::move(at_first)](const Image& image) { return leaders_of(image) != at_first; };
  auto settle = [&services, leaders_of = std::move(leaders_of), then = std::move(then)](bool) mutable {
    when_leaders_are_settled(services, std::move(leaders_of), std::move(then));
  };
  services.shards.here().images().when(std::move(moved_on), services.thought, std::move(settle));
}

}  // namespace baton
