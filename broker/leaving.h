// How long a broker that is to stop in good order tries to hand its leaderships over (R4.2). Pure: time comes with each call.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace baton {

class Leaving {
 public:
  static constexpr Duration kAtMost = std::chrono::seconds(10);
  // Longer than a controller's silent death takes to be noticed: whoever has heard from none for so long will hear from none.
  static constexpr Duration kControllerWait = std::chrono::seconds(3);
  // A leadership that came back, because nobody could catch up in time, is used for a while before it is given away again.
  static constexpr Duration kYieldAgain = std::chrono::seconds(1);

  explicit Leaving(Instant now) : until_(now + kAtMost), heard_(now), yield_at_(now) {}

  // Until when it is worth asking the controller once more.
  Instant until() const { return std::min(until_, heard_ + kControllerWait); }

  enum class Next { kGo, kYield, kAskAgain };
  // The controller answered: so many leaderships are still to be handed over. kYield: give the word for them now.
  Next answered(Instant now, int still_led) {
    heard_ = now;
    if (still_led == 0) return Next::kGo;
    if (now < yield_at_) return Next::kAskAgain;
    yield_at_ = now + kYieldAgain;
    return Next::kYield;
  }

 private:
  Instant until_;
  Instant heard_;  // when a controller last answered
  Instant yield_at_;
};

}  // namespace baton
