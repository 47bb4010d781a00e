// One scrape: asks every shard and the manager for their numbers, each on its own thread, and writes them down. Nobody waits for
// the scrape; the scrape waits for them, for a bounded time.
//
// Threading: take() on the reactor that is to be answered, which is none of the shards'.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/manager_link.h"
#include "broker/metrics/counters.h"
#include "broker/shards/shard_set.h"

namespace baton::metrics {

class Scrape {
 public:
  // None: a shard did not come round to it in time.
  using Done = Function<void(std::optional<std::string>)>;

  // All outlive it. `requests`: by shard, each its thread's own. `names`: of the APIs, by key.
  Scrape(ShardSet& shards, ManagerLink& manager, const std::vector<RequestCounters>& requests, std::map<int16_t, std::string> names)
      : shards_(shards), manager_(manager), requests_(requests), names_(std::move(names)) {}

  void take(network::Reactor& home, Done done);

 private:
  ShardSet& shards_;
  ManagerLink& manager_;
  const std::vector<RequestCounters>& requests_;
  std::map<int16_t, std::string> names_;
};

}  // namespace baton::metrics
