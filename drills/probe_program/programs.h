// The subcommands of baton-probe. Each runs to its end, or until a signal asks it to stop.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "drills/probe/raw_probe.h"

namespace baton::drills {

struct ProgramOptions {
  std::string bootstrap;
  ProbeOptions probe;
  std::vector<std::string> properties;
  int duration_ms = 0;  // 0: until a signal
  int timeout_ms = 10'000;
};

Status run_leader(const ProgramOptions& options);
Status run_raw(const ProgramOptions& options);
Status run_kafka(const ProgramOptions& options);
Status run_perf(const ProgramOptions& options);

}  // namespace baton::drills
