// When a command that runs under a leadership is asked to end (SIGTERM), and when it is made to (SIGKILL).
//
//   ──── runs ────┬─────── grace ───────┬── margin ──┤ the lease is over
//              SIGTERM               SIGKILL
//
// The lease moves on with each renewal; whatever else ends the leadership only brings the two nearer. Once asked, always asked: a late
// renewal may leave more time for ending, and takes nothing back. The margin is for the machine: a busy one runs nobody in time.
//
// Pure; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace baton::lead {

struct Patience {
  Duration grace{};    // between the two, where the lease comes to its end
  Duration margin{};   // before the end of the lease
  Duration orderly{};  // between the two, where the lease goes on meanwhile
  Duration notice() const { return grace + margin; }
};

enum class Deed : uint8_t { kNothing, kTerminate, kKill };

class Sentence {
 public:
  explicit Sentence(Patience patience) : patience_(patience) {}

  // Asked to end now, with so long to do it.
  void end(Instant now, Duration within) {
    asked_ = asked_.value_or(now);
    kill_at_ = std::min(kill_at_, now + within);
  }
  // What is to be done, the lease lasting until then: kTerminate once, kKill whenever it is asked from then on.
  Deed due(Instant now, Instant until) {
    if (now >= until - patience_.notice()) {
      out_of_time_ = true;
      end(now, patience_.grace);
    }
    if (now >= std::min(kill_at_, until - patience_.margin)) return Deed::kKill;
    if (!asked_ || told_) return Deed::kNothing;
    told_ = true;
    return Deed::kTerminate;
  }
  // It ends, or has ended, for the lease's sake.
  bool out_of_time() const { return out_of_time_; }
  Instant wake_at(Instant until) const {
    return std::min({asked_ ? Instant::never() : until - patience_.notice(), until - patience_.margin, kill_at_});
  }

 private:
  const Patience patience_;
  std::optional<Instant> asked_;
  bool told_ = false;
  bool out_of_time_ = false;
  Instant kill_at_ = Instant::never();
};

}  // namespace baton::lead
