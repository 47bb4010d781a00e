// Where the replicas of a new topic go. Pure: counts in, assignments out.
//
// Leaders are spread over the whole cluster so that max − min ≤ 1 as far as the present counts allow; the followers of a
// partition stand on as many racks as there are; and the second places of one broker's partitions are spread over the
// others, so that its death does not land on one heir.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace baton::decision {

struct PlacementBroker {
  BrokerId id;
  std::string rack;  // empty: none
};

// What the cluster holds before the topic.
struct PlacementLoad {
  std::map<BrokerId, int32_t> leaders;  // preferred ones: first in their assignment
  std::map<BrokerId, int32_t> replicas;
};

// One list of replicas a partition, the preferred leader first. INVALID_REPLICATION_FACTOR where there are too few
// brokers, INVALID_PARTITIONS where the count is not positive.
Result<std::vector<std::vector<BrokerId>>> place(const std::vector<PlacementBroker>& brokers, int32_t partitions,
                                                 int32_t replication_factor, PlacementLoad load);

}  // namespace baton::decision
