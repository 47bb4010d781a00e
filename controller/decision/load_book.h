// What leaderships cost: bytes a second of each led partition, in and out, as their leaders report it every so often. A figure goes
// with the partition when another leads it, until that one reports; what nobody has confirmed for a while counts no more. Pure.
#pragma once

#include <map>
#include <vector>

#include "base/clock.h"
#include "controller/decision/cluster.h"

namespace baton::decision {

struct PartitionLoad {
  PartitionKey key;
  int64_t bytes_per_s = 0;
};

class LoadBook {
 public:
  // Leaders repeat every minute what has not changed.
  static constexpr Duration kValid = std::chrono::seconds(150);

  void note(const std::vector<PartitionLoad>& loads, Instant now);
  // 0: nothing is known of it, or it is idle.
  int64_t load(const PartitionKey& key, Instant now) const;
  void forget_old(Instant now);
  size_t size() const { return loads_.size(); }

 private:
  struct Load {
    int64_t bytes_per_s = 0;
    Instant at;
  };
  std::map<PartitionKey, Load> loads_;  // of those that are used at all
};

}  // namespace baton::decision
