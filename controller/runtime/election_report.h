// A candidate's record of its elections as a message, for whoever wants to draw them (`baton lab show --live`).
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace baton::control {
class Elections;
}
namespace baton::election {
class ElectionLog;
}

namespace baton::node {

// `wall_us`: microseconds since 1970 of an instant of this process.
void report(const election::ElectionLog& log, const std::function<int64_t(Instant)>& wall_us, control::Elections& into);

}  // namespace baton::node
