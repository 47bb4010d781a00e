#include "broker/shards/first_acknowledgements.h"

#include <algorithm>

#include "broker/metadata/manager_link.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

// Leaderships that nobody ever writes to are forgotten: the oldest first.
constexpr size_t kAwaitedMax = 16;
constexpr Duration kRetry = std::chrono::milliseconds(100);
constexpr Duration kToldWithin = std::chrono::seconds(60);

}  // namespace

void FirstAcknowledgements::roles_come(ControllerEpoch epoch, int64_t delta, bool snapshot) {
  present_ = {present_.number + 1, epoch, delta, snapshot, {}};
}

uint32_t FirstAcknowledgements::leads() {
  if (awaited_.empty() || awaited_.back().number != present_.number) {
    if (awaited_.size() == kAwaitedMax) awaited_.erase(awaited_.begin());
    awaited_.push_back(present_);
  }
  return present_.number;
}

void FirstAcknowledgements::look(uint32_t since) {
  const auto found = std::find_if(awaited_.begin(), awaited_.end(), [since](const Event& event) { return event.number == since; });
  if (found == awaited_.end()) return;
  Event event = *found;
  awaited_.erase(found);
  event.at = clock_.now();
  say(event);
}

void FirstAcknowledgements::say(Event event) {
  control::Request request;
  control::FirstAcknowledgement& ack = *request.mutable_first_acknowledgement();
  ack.set_controller_epoch(event.epoch.value());
  ack.set_delta(event.delta);
  ack.set_snapshot(event.snapshot);
  ack.set_ago_us((clock_.now() - event.at).count() / 1000);
  manager_.submit(std::move(request), [this, event](const control::Response& response) {
    const auto error = static_cast<ErrorCode>(response.error());
    if (error != ErrorCode::kNotController && error != ErrorCode::kRequestTimedOut) return;
    unsaid_.push_back(event);
    retry();
  });
}

void FirstAcknowledgements::retry() {
  retry_.start(kRetry, [this] {
    std::deque<Event> unsaid;
    unsaid.swap(unsaid_);
    for (const Event& event : unsaid) {
      if (clock_.now() - event.at < kToldWithin) say(event);
    }
  });
}

}  // namespace baton
