// Tells the controller's flight recorder when this shard has acknowledged the first record under a leadership that it was given:
// where a failover ends for whoever writes. One word for each event of roles that brought leaderships, however many.
//
// On the data path it costs one look at an empty list. Belongs to its shard's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/network/reactor.h"

namespace baton {

class ManagerLink;

class FirstAcknowledgements {
 public:
  FirstAcknowledgements(network::Reactor& reactor, ManagerLink& manager, const Clock& clock)
      : manager_(manager), clock_(clock), retry_(reactor) {}

  // Roles come: under this controller, by this change of the image, which may be a whole one.
  void roles_come(ControllerEpoch epoch, int64_t delta, bool snapshot);
  // One of them is a new leadership. What it returns is to be kept with the partition.
  uint32_t leads();
  // A record of a partition that leads since then was acknowledged.
  void acknowledged(uint32_t since) {
    if (!awaited_.empty()) [[unlikely]]
      look(since);
  }

 private:
  struct Event {
    uint32_t number = 0;
    ControllerEpoch epoch;
    int64_t delta = -1;
    bool snapshot = false;
    Instant at{};  // of the acknowledgement
  };

  void look(uint32_t since);
  void say(Event event);
  void retry();

  ManagerLink& manager_;
  const Clock& clock_;
  network::Timer retry_;
  Event present_;
  std::vector<Event> awaited_;  // oldest first; few
  std::deque<Event> unsaid_;    // no controller was there to hear it
};

}  // namespace baton
