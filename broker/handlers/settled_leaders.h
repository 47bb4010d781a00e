// Before leaders are named to a client: a short wait where one of them may have just been lost (broker/shards/lost_peers.h).
// A client that is told the old leader once more believes it for long: librdkafka 2.0 for half a second.
//
// Threading: a reactor's thread; what is to run runs there too.
#pragma once

#include <functional>
#include <set>

#include "broker/handlers/handler.h"

namespace baton {

// The brokers that an answer made from this image would name as leaders.
using LeadersOf = std::function<std::set<BrokerId>(const Image&)>;

// `then` runs as soon as none of the leaders is in doubt, usually at once, and after LostPeers::doubt() at the latest.
void when_leaders_are_settled(Services& services, LeadersOf leaders_of, Task then);

// The same after a moment's thought (Services::thought), for a client that asks about the few partitions it works with, mostly because its
// connection to their leader has just broken: it may have been told of that end before our own fetchers were. The thought ends
// as soon as the image names others. Where this broker leads them all there is nothing to think about.
void when_leaders_are_settled_on_thought(Services& services, LeadersOf leaders_of, Task then);

}  // namespace baton
