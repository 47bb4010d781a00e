// R6: the processes that should be able to prove this one's death: the controller, and every candidate that may follow it.
#pragma once

#include <optional>

#include "controller/agent/controller_location.h"
#include "controller/agent/events.h"
#include "controller/agent/image.h"

namespace baton::agent {

class WatchSet {
 public:
  // The new set when it differs from the one last told.
  std::optional<node::WatchedBy> derive(const Image& image, const std::optional<ControllerLocation>& controller, const Incarnation& self);

 private:
  std::vector<node::WatchedBy::Peer> told_;
};

}  // namespace baton::agent
