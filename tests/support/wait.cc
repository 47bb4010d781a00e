#include "tests/support/wait.h"

#include <algorithm>
#include <thread>

namespace baton::support {

bool wait_until(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& condition) {
  constexpr std::chrono::milliseconds kPoll(5);
  while (!condition()) {
    auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(kPoll, deadline - now));
  }
  return true;
}

bool wait_for(std::chrono::nanoseconds at_most, const std::function<bool()>& condition) {
  return wait_until(std::chrono::steady_clock::now() + at_most, condition);
}

}  // namespace baton::support
