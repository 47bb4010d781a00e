// A broker that has only just started listens before the controller has told it of the cluster. What it would answer then,
// no brokers and no topics, makes a client give up whose topic is there (kcat -C), so that such an answer waits a little.
#pragma once

#include "broker/handlers/handler.h"

namespace baton {

// `then` runs on this thread as soon as the image names a broker on the call's listener, usually at once, and after two
// seconds at the latest. REQUIRES: a reactor's thread.
void when_cluster_is_known(Services& services, const Call& call, Task then);

}  // namespace baton
