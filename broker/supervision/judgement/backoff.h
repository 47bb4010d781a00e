// How long a supervisor waits before it starts a broker anew: longer with every life that ended soon, the least again after one
// that was healthy for a while. So a broker that was killed is back at once, and one that can not live does not burn the machine.
//
// Pure; not thread-safe.
#pragma once

#include <optional>

#include "base/clock.h"

namespace baton::supervision {

struct BackoffConfig {
  Duration first = std::chrono::milliseconds(100);
  Duration most = std::chrono::seconds(30);
  Duration healthy_while = std::chrono::seconds(10);
};

class Backoff {
 public:
  explicit Backoff(BackoffConfig config = {}) : config_(config) {}

  // A life has ended; `healthy_since`: when it began to serve, none if it never did. Returns how long to wait.
  Duration ended(Instant now, std::optional<Instant> healthy_since);

 private:
  BackoffConfig config_;
  Duration next_{};
};

}  // namespace baton::supervision
