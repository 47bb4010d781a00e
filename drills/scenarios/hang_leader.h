// Drill: a supervised leader is stopped (SIGSTOP) under load and left alone. Its supervisor must find it hung, get leave to kill
// it, and start it anew; measures the way from the stop to the first acknowledgement by another, and to a full ISR again.
#pragma once

#include "drills/scenarios/bed.h"

namespace baton::drills {

struct HangOptions {
  int repeat = 1;
  bool controller = false;  // the leader that hangs is the controller too
};

// Error: the cluster's brokers are not supervised, or the drill could not be held.
Result<Report> hang_leader(cluster::Cluster& cluster, const HangOptions& options, const std::function<void(const Round&)>& said);

}  // namespace baton::drills
