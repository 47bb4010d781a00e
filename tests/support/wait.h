// Waiting for what must come true, instead of sleeping for as long as it might take.
#pragma once

#include <chrono>
#include <functional>

namespace baton::support {

// True as soon as the condition holds, false when it still does not at the deadline. The condition is asked about every
// 5 ms, on the caller's thread, and once more at the deadline.
bool wait_until(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& condition);
bool wait_for(std::chrono::nanoseconds at_most, const std::function<bool()>& condition);

}  // namespace baton::support
