// Counts, for the flight recorder, who takes over from whom in one decision. Pure.
#pragma once

#include <map>

#include "controller/decision/events.h"

namespace baton::decision {

using SuccessionCounts = std::map<BrokerId, Succeeded>;  // by the former leader

inline void count_succession(BrokerId former, BrokerId leader, bool unclean, SuccessionCounts& counts) {
  if (former == leader) return;
  Succeeded& count = counts[former];
  count.from = former;
  ++count.to[leader];
  count.unclean += unclean;
}

}  // namespace baton::decision
