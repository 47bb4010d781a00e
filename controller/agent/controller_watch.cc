#include "controller/agent/controller_watch.h"

#include "controller/coordination/paths.h"

namespace baton::agent {

namespace {

constexpr Duration kRetry = std::chrono::milliseconds(100);

}  // namespace

void ControllerWatch::session_changed(const store::SessionChanged& change, node::Effects& out) {
  connected_ = change.state == store::SessionState::kConnected;
  if (connected_) read(out);
}

void ControllerWatch::watch_fired(const store::WatchFired& fired, node::Effects& out) {
  if (fired.path == paths::kController && connected_) read(out);
}

void ControllerWatch::read(node::Effects& out) {
  retry_at_ = Instant::never();
  // An Exists sets its watch also while there is no controller; a Get would not.
  calls_.submit(store::Exists{paths::kController, true}, out);
  call_ = calls_.submit(store::Get{paths::kController, false}, out);
}

bool ControllerWatch::replied(Instant now, const node::StoreReplied& event, std::optional<ControllerLocation>& location) {
  if (event.call != call_) return false;
  call_ = 0;
  location.reset();
  if (event.reply.ok()) {
    location = parse_controller(event.reply.data);
  } else if (event.reply.error != store::StoreError::kNoNode) {
    retry_at_ = now + kRetry;
  }
  return true;
}

void ControllerWatch::woken(Instant now, node::Effects& out) {
  if (now < retry_at_) return;
  retry_at_ = Instant::never();
  if (connected_) read(out);
}

}  // namespace baton::agent
