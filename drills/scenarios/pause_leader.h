// Drill: the leader's process is stopped (SIGSTOP) for twice the bound of silence, and until a successor has acknowledged, and then
// continued, while a client that never looks for another leader keeps writing to it with acks=1. The resumed leader must refuse: whatever
// it acknowledged would be lost.
#pragma once

#include "drills/scenarios/bed.h"

namespace baton::drills {

struct PauseOptions {
  int repeat = 1;
  bool each = false;                      // so often for every live broker, instead of in all
  std::chrono::milliseconds pause{4000};  // at least; twice the bound of silence, 2 s
};

Result<Report> pause_leader(cluster::Cluster& cluster, const PauseOptions& options, const std::function<void(const Round&)>& said);

}  // namespace baton::drills
