// Where do the replicas of a broker go that is to be decommissioned? Each to the broker that holds fewest replicas, on a rack that the
// partition does not stand on yet if there is one; the leader's place in the assignment is inherited, so the preferred leaders stay
// spread. Pure: the state in, reassignments out, some at a time.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "controller/decision/page_table.h"
#include "controller/decision/placement.h"

namespace baton::decision {

struct EvacuationInput {
  const PageTable& pages;
  std::set<BrokerId> leaving;
  std::vector<PlacementBroker> others;  // who may take replicas
  size_t limit = 50;                    // reassignments that may begin now
};

struct Evacuation {
  PartitionKey key;
  std::vector<BrokerId> target;
};

// Partitions that have all the other brokers already stay as they are: nobody could take over.
std::vector<Evacuation> plan_evacuation(const EvacuationInput& input);

}  // namespace baton::decision
