// How busy the whole machine was over a span of time, from /proc; and threads that keep it busy. Not thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace baton::drills {

// The first line of /proc/stat: ticks of all cores together since boot.
struct CpuTicks {
  uint64_t idle = 0;  // waiting for disks included
  uint64_t total = 0;
};
// Pure. None when the text is not such a line.
std::optional<CpuTicks> parse_cpu_ticks(std::string_view stat);
// The part of the time between two readings that the cores were busy, 0 to 1. None when no time has passed.
std::optional<double> busy_between(const CpuTicks& from, const CpuTicks& to);

// Readings of this machine; none where /proc is not there.
std::optional<CpuTicks> read_cpu_ticks();
// Processes that run or wait for a core, averaged by the kernel over the last minute.
std::optional<double> read_load_average();

// Threads that compute until they are destroyed.
class Burners {
 public:
  explicit Burners(int count);
  ~Burners();
  Burners(const Burners&) = delete;
  Burners& operator=(const Burners&) = delete;

 private:
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace baton::drills
