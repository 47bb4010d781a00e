#include "broker/handlers/settled_leaders.h"

#include <algorithm>

#include "broker/shards/shard_set.h"

namespace baton {
namespace {

// What a client asks while it starts is answered without a thought: ApiVersions, and then what it wants to know.
constexpr uint64_t kFirstRequests = 3;
// Longer than the kernel and a busy machine's scheduler take to tell all peers of a dead process; no client minds it once in
// some minutes.
constexpr Duration kThought = std::chrono::milliseconds(5);

}  // namespace

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

void when_leaders_are_settled_again(Services& services, const Call& call, std::function<std::set<BrokerId>(const Image&)> leaders_of,
                                    Task then) {
  if (call.number() < kFirstRequests) return when_leaders_are_settled(services, std::move(leaders_of), std::move(then));
  auto timer = std::make_shared<network::Timer>(*network::Reactor::current());
  timer->start(kThought, [timer, &services, leaders_of = std::move(leaders_of), then = std::move(then)]() mutable {
    when_leaders_are_settled(services, std::move(leaders_of), std::move(then));
  });
}

}  // namespace baton
