#include "controller/runtime/census.h"

#include <algorithm>

#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::node {
namespace {

// Longer than most failovers take: they shall not be disturbed.
constexpr Duration kInterval = std::chrono::milliseconds(500);

}  // namespace

void Census::see(Instant now, bool follows, Effects& out) {
  if (follows) {
    follows_ = true;
    call_ = 0;
    next_ = Instant::never();
    standing_.reset();
    return;
  }
  if (std::exchange(follows_, false)) next_ = now + kInterval;
  if (now < next_) return;
  next_ = now + kInterval;
  call_ = next_call_();
  out.push_back(StoreCall{call_, store::Children{paths::kCandidates, false}});
}

void Census::replied(const StoreReplied& event) {
  if (event.call != call_) return;
  call_ = 0;
  standing_.reset();
  if (event.reply.error == store::StoreError::kNoNode) standing_ = 0;
  if (event.reply.ok()) standing_ = static_cast<int32_t>(election::queue_of(event.reply.children, {}).size());
}

}  // namespace baton::node
