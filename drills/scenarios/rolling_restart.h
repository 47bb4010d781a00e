// Restarts every broker, one at a time and the controller last, each only when the controller says that every partition goes on
// without it; under a writer's eyes, who tells the longest time without an acknowledgement. An operation that measures itself, with a
// drill's report.
#pragma once

#include "drills/scenarios/bed.h"

namespace baton::drills {

struct RollingOptions {
  std::chrono::seconds patience{300};  // for a broker to become safe to stop, and for its replicas to be back in sync
};

// `progress` gets a sentence for each step, `said` each broker's round as it ends. Error: a broker could not be stopped safely or did
// not come back; the brokers after it were left alone.
Result<Report> rolling_restart(cluster::Cluster& cluster, const RollingOptions& options, const cluster::Progress& progress,
                               const std::function<void(const Round&)>& said);

}  // namespace baton::drills
