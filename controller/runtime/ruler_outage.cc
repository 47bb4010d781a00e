// What whoever rules says while the store is away. What is decided can not be written then, so nobody who wants something changed is
// left to wait until his own time is over: the cause is known here, and a client that hears it at once may try again or tell somebody.
#include <algorithm>
#include <vector>

#include "controller/runtime/ruler.h"

namespace baton::node {

void Ruler::disconnected(Instant now) {
  if (disconnected_at_ != Instant::never()) return;
  disconnected_at_ = now;
  mutations_refused_ = false;
  wake_at_ = std::min(wake_at_, now + config_.store_patience);
}

Instant Ruler::next_wake() const {
  const Instant next = std::min(core_wake_, next_ping_);
  const bool waiting = disconnected_at_ != Instant::never() && !mutations_refused_;
  return waiting ? std::min(next, disconnected_at_ + config_.store_patience) : next;
}

bool Ruler::is_mutation(const control::Request& message) {
  switch (message.kind_case()) {
    case control::Request::kCreateTopics:
    case control::Request::kDeleteTopics:
    case control::Request::kGrowTopics:
    case control::Request::kChangeConfigs:
    case control::Request::kMoveLeaders:
    case control::Request::kOrderBroker:
    case control::Request::kReassign:
      return true;
    default:
      return false;
  }
}

bool Ruler::refused_for_outage(StreamId id, const control::Request& message) {
  if (!is_mutation(message) || !store_is_away()) return false;
  refuse_request(
      id, message.correlation(), ErrorCode::kRequestTimedOut,
      "ZooKeeper is out of the controller's reach, and nothing can be changed meanwhile. Nothing was done; try again when it is back");
  return true;
}

// Those that came before it was known, or in the last moment before. What was decided of them is written when the store is back, if
// this controller still rules then.
void Ruler::refuse_mutations() {
  if (!store_is_away() || mutations_refused_) return;
  mutations_refused_ = true;
  std::vector<decision::RequestId> waiting;
  for (const auto& [number, asked] : requests_) {
    if (asked.mutation) waiting.push_back(number);
  }
  for (const decision::RequestId number : waiting) {
    const Asked to = requests_.at(number);
    requests_.erase(number);
    refuse_request(to.stream, to.correlation, ErrorCode::kRequestTimedOut,
                   "ZooKeeper went out of the controller's reach while this was under way. It may yet be done when ZooKeeper is back; look "
                   "before you try again");
  }
}

}  // namespace baton::node
