#include "drills/scenarios/machine.h"

#include <fstream>
#include <sstream>
#include <string>

namespace baton::drills {

std::optional<CpuTicks> parse_cpu_ticks(std::string_view stat) {
  std::istringstream line{std::string(stat)};
  std::string name;
  line >> name;
  if (name != "cpu") return std::nullopt;
  CpuTicks ticks;
  // user nice system idle iowait irq softirq steal; what follows is counted in user already.
  uint64_t value = 0;
  int field = 0;
  for (; field < 8 && line >> value; ++field) {
    ticks.total += value;
    if (field == 3 || field == 4) ticks.idle += value;
  }
  if (field < 5) return std::nullopt;
  return ticks;
}

std::optional<double> busy_between(const CpuTicks& from, const CpuTicks& to) {
  if (to.total <= from.total || to.idle < from.idle) return std::nullopt;
  return 1.0 - static_cast<double>(to.idle - from.idle) / static_cast<double>(to.total - from.total);
}

std::optional<CpuTicks> read_cpu_ticks() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  return parse_cpu_ticks(line);
}

std::optional<double> read_load_average() {
  std::ifstream file("/proc/loadavg");
  double average = 0;
  if (!(file >> average)) return std::nullopt;
  return average;
}

Burners::Burners(int count) {
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back([this] {
      volatile uint64_t number = 1;
      while (!stopping_.load(std::memory_order_relaxed)) {
        for (int step = 0; step < 10'000; ++step) number = number * 6364136223846793005u + 1442695040888963407u;
      }
    });
  }
}

Burners::~Burners() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace baton::drills
