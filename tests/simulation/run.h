// One seeded run: a cluster with data, clients, and faults drawn from the seed; then everything heals, and what was promised
// must be there. The same seed gives the same run, byte for byte; its digest says so.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/data_cluster.h"

namespace baton::simulation {

struct RunOptions {
  uint64_t seed = 1;
  int brokers = 0;  // 0: three or five, by the seed
  int partitions = 2;
  Duration faults_for = std::chrono::seconds(12);
  // Faults of these kinds only; empty: all.
  std::vector<std::string> kinds;
  bool trace = false;  // prints each fault
  // Everybody begins with the first version of the metadata's forms, and is upgraded in between; every third seed has it anyway.
  bool upgrade = false;
  // Leaderships are balanced, by count or by load, away from slow, flapping and drained brokers, and replicas are spread over racks; every
  // fifth seed has it anyway.
  bool policies = false;
};

struct RunResult {
  std::optional<std::string> violation;
  std::map<std::string, uint64_t> checks;
  std::map<std::string, int> faults;
  uint64_t acknowledged = 0;
  uint64_t events = 0;
  std::string digest;  // of all that happened (Cluster::trace()), and of the store at the end
};

RunResult run(const RunOptions& options);

}  // namespace baton::simulation
