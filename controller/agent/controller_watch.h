// Keeps reading /controller: once a session, and at each change. Pure.
#pragma once

#include <optional>

#include "controller/agent/calls.h"
#include "controller/agent/controller_location.h"

namespace baton::agent {

class ControllerWatch {
 public:
  explicit ControllerWatch(Calls& calls) : calls_(calls) {}

  void session_changed(const store::SessionChanged& change, node::Effects& out);
  void watch_fired(const store::WatchFired& fired, node::Effects& out);
  // True when the reply was ours; `location` then holds what was read, or none when there is no controller now.
  bool replied(Instant now, const node::StoreReplied& event, std::optional<ControllerLocation>& location);
  void woken(Instant now, node::Effects& out);
  Instant wake_at() const { return retry_at_; }

 private:
  void read(node::Effects& out);

  Calls& calls_;
  uint64_t call_ = 0;  // the latest read; older ones are overtaken
  bool connected_ = false;
  Instant retry_at_ = Instant::never();
};

}  // namespace baton::agent
