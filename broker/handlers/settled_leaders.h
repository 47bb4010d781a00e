// Before leaders are named to a client: a short wait where one of them has just been lost (broker/shards/lost_peers.h).
#pragma once

#include <functional>
#include <set>

#include "broker/handlers/handler.h"

namespace baton {

// `then` runs on this thread as soon as none of the leaders that `leaders_of` finds in the image is in doubt, usually at
// once, and after LostPeers::kDoubt at the latest. REQUIRES: a reactor's thread.
void when_leaders_are_settled(Services& services, std::function<std::set<BrokerId>(const Image&)> leaders_of, Task then);

// The same after a moment's thought: for a client that has been at work on its connection and asks again, mostly because
// another connection of its own has just broken. It may have been told of that end before our fetchers were.
void when_leaders_are_settled_again(Services& services, const Call& call, std::function<std::set<BrokerId>(const Image&)> leaders_of,
                                    Task then);

}  // namespace baton
