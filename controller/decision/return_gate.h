// When may leaderships go back to a broker that was away? Soon after it has caught up, for every moment until then its peers carry its
// load; but not the moment it enters its first ISR, while it is still fetching the rest, and not at once to a broker that flaps: each
// further death within ten minutes doubles the time that it has to stay up. Pure.
#pragma once

#include <deque>
#include <map>

#include "base/clock.h"
#include "base/ids.h"

namespace baton::decision {

class ReturnGate {
 public:
  static constexpr Duration kRemembered = std::chrono::minutes(10);
  static constexpr Duration kLongest = std::chrono::minutes(5);

  explicit ReturnGate(Duration delay) : delay_(delay) {}

  void died(BrokerId id, Instant now);
  // A replica of it has entered an ISR: it has just caught up there.
  void entered_isr(BrokerId id, Instant now) { entered_[id] = now; }

  Instant opens_at(BrokerId id) const;
  // The next gate that is not open yet; never() if there is none.
  Instant next_opening(Instant now) const;
  bool open(BrokerId id, Instant now) const { return now >= opens_at(id); }

 private:
  Duration delay_;
  std::map<BrokerId, Instant> entered_;
  std::map<BrokerId, std::deque<Instant>> deaths_;
};

}  // namespace baton::decision
