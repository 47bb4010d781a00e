// Releases the leadership of a process that is dead, for who knows that nothing acts under it any more: its guardian. The successor then
// waits neither for the dead one's session nor for its lease.
#pragma once

#include <string>

#include "base/ids.h"

namespace baton::lead {

// Does nothing if another has claimed by now, or if the store does not answer: then the lease runs out by itself. Blocks for seconds at
// most.
void release_for_the_dead(const std::string& connect, const std::string& name, ControllerEpoch epoch, const std::string& guid);

}  // namespace baton::lead
