// A scene being played, or what was seen of a real one, for the two ways to show it.
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
  std::vector<std::string> names;  // of the nodes, from the first on
};

Played play(const Scene& scene, const Intervention* intervention = nullptr);

}  // namespace baton::lab
