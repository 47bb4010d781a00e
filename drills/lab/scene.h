// A scene being played, for the two ways to show it.
#pragma once

#include "drills/lab/diagram.h"

namespace baton::lab {

// What somebody does beside the scene's own faults.
struct Intervention {
  enum class Kind : uint8_t { kKill, kStop, kCut };
  Kind kind = Kind::kKill;
  int node = 1;
  Duration at{};
};

struct Played {
  std::vector<TraceEvent> events;  // without a leader's own writes
  Instant start{};
};

Played play(const Scene& scene, const Intervention* intervention = nullptr);

}  // namespace baton::lab
