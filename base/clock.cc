#include "base/clock.h"

#include <time.h>

namespace baton {

Instant SystemClock::now() const {
  timespec at{};
  clock_gettime(CLOCK_BOOTTIME, &at);
  return {at.tv_sec * 1'000'000'000 + at.tv_nsec};
}

int64_t SystemClock::wall_ms() const {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec * 1'000 + at.tv_nsec / 1'000'000;
}

}  // namespace baton
