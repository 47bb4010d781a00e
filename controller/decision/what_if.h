// What would become of every partition if these brokers died now, all at once and for certain? The same rule answers that decides when
// it happens (succession.h), on the state as it stands, so a real death that follows at once agrees. Pure.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "controller/decision/fate.h"
#include "controller/decision/page_table.h"
#include "controller/decision/standing.h"

namespace baton::decision {

struct WhatIfInput {
  const PageTable& pages;
  std::function<ReplicaStanding(const PartitionKey&, BrokerId)> standing;
  std::function<bool(TopicId)> visible;
  std::function<int32_t(TopicId)> min_insync_replicas;
  bool commit_flush_policy = false;
};

// Of every partition whose record would change.
std::vector<Fate> what_if_dead(const WhatIfInput& input, const std::set<BrokerId>& dead);

}  // namespace baton::decision
