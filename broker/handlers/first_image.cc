#include "broker/handlers/first_image.h"

#include <algorithm>

#include "broker/shards/shard_set.h"

namespace baton {
namespace {

// Twice what a start takes from listening to the first image, and less than the shortest time-out of a client.
constexpr Duration kFirstImageWait = std::chrono::seconds(2);

}  // namespace

void when_cluster_is_known(Services& services, const Call& call, Task then) {
  auto known = [listener = call.listener()](const Image& image) {
    return std::any_of(image.brokers().begin(), image.brokers().end(),
                       [&](auto& broker) { return image.endpoint(broker.first, listener) != nullptr; });
  };
  services.shards.here().images().when(std::move(known), kFirstImageWait, [then = std::move(then)](bool) mutable { then(); });
}

}  // namespace baton
