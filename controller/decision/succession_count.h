// Counts, for the flight recorder, who takes over from whom in one decision. Pure.
#pragma once

#include <map>

#include "controller/decision/events.h"

namespace baton::decision {

using SuccessionCounts = std::map<BrokerId, Succeeded>;  // by the former leader

inline void count_succession(const PartitionRecord& before, const PartitionRecord& after, SuccessionCounts& counts) {
  if (before.leader == after.leader) return;
  Succeeded& count = counts[before.leader];
  count.from = before.leader;
  ++count.to[after.leader];
  count.unclean += after.unclean;
}

}  // namespace baton::decision
