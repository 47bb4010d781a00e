// The fixed nodes that everything else hangs under. Whoever connects first creates them; NODEEXISTS is as good.
#pragma once

#include <vector>

#include "controller/coordination/store.h"

namespace baton::store {

// One multi a node, parents first.
std::vector<Request> layout_requests();

}  // namespace baton::store
