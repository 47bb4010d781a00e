// A wall clock that can be set under a running program, without rights and for that program alone: the functions that tell it answer with
// an offset. The file that BATON_TEST_WALL_CLOCK names holds it, in seconds, as one int64 that whoever tests may change at any time. The
// monotonic clock and the one since boot stay as they are, as they do where an administrator or NTP sets a real clock.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace {

// Mapped once; null where there is no file: then the clock is as it is.
const std::atomic<int64_t>* offset() {
  static const std::atomic<int64_t>* const mapped = [] {
    const char* path = getenv("BATON_TEST_WALL_CLOCK");
    const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return static_cast<const std::atomic<int64_t>*>(nullptr);
    void* memory = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<const std::atomic<int64_t>*>(memory);
  }();
  return mapped;
}

time_t shifted(time_t seconds) {
  const auto* by = offset();
  return by == nullptr ? seconds : seconds + static_cast<time_t>(by->load(std::memory_order_relaxed));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec = shifted(now->tv_sec);
  return result;
}

int gettimeofday(struct timeval* __restrict now, void* __restrict) {
  timespec exact{};
  const int result = clock_gettime(CLOCK_REALTIME, &exact);
  *now = {exact.tv_sec, exact.tv_nsec / 1000};
  return result;
}

time_t time(time_t* into) {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (into != nullptr) *into = exact.tv_sec;
  return exact.tv_sec;
}

}  // extern "C"
