// Drill: nothing dies, but every core is kept busy by producers and by threads that only compute, for as long as one likes. In all
// that time nobody may be taken for dead: no tombstone, no other incarnation, no other controller, no leadership or ISR that moves.
#pragma once

#include "drills/scenarios/bed.h"

namespace baton::drills {

struct SaturateOptions {
  std::chrono::seconds time{600};
  int burners = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  int producers = 4;
};

Result<Report> saturate(cluster::Cluster& cluster, const SaturateOptions& options, const Say& say,
                        const std::function<void(const Round&)>& said);

}  // namespace baton::drills
