// What one shard knows of its partitions and has counted, taken on its own thread, and the sum over shards as samples.
#pragma once

#include <map>
#include <string>

#include "broker/metrics/counters.h"
#include "broker/metrics/exposition.h"
#include "broker/shards/shard.h"

namespace baton::metrics {

struct ShardNumbers {
  // Gauges
  int64_t partitions = 0;
  int64_t led = 0;
  int64_t under_replicated = 0;
  int64_t under_minimum = 0;
  int64_t at_minimum = 0;
  int64_t failed = 0;
  int64_t lag_max = 0;
  // Counters
  std::map<std::string, Traffic> by_topic;
  ShardCounters counters;

  void add(const ShardNumbers& other);
  void expose(Exposition& out) const;
};

// REQUIRES: the shard's thread. As many steps as it has partitions.
ShardNumbers numbers_of(const Shard& shard);

}  // namespace baton::metrics
