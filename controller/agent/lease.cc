#include "controller/agent/lease.h"

#include <algorithm>

#include "base/mutants.h"
#include "controller/coordination/paths.h"

namespace baton::agent {

using store::StoreError;

void Lease::hold(Instant now, StoreVersion version, bool connected, node::Effects& out) {
  if (version_ == version) return;
  drop();
  version_ = version;
  next_ = now;
  woken(now, connected, out);
}

void Lease::drop() {
  version_.reset();
  asked_at_.clear();
  until_ = Instant{0};
}

void Lease::woken(Instant now, bool connected, node::Effects& out) {
  if (!version_ || now < next_) return;
  next_ = now + config_.lease_renew;
  if (connected && asked_at_.size() < kOutstandingMax) renew(now, out);
}

void Lease::renew(Instant now, node::Effects& out) {
  if (BATON_MUTANT(lease_renewed_by_read)) {
    asked_at_.emplace(calls_.submit(store::Get{paths::broker_lease(config_.id), false}, out), now);
    return;
  }
  store::Multi multi;
  const StoreVersion expected = BATON_MUTANT(renewal_unchecked) ? StoreVersion() : *version_;
  multi.ops.push_back(store::Check{paths::broker_epoch(config_.id), expected});
  multi.ops.push_back(store::SetData{paths::broker_lease(config_.id), std::to_string(++counter_), StoreVersion()});
  asked_at_.emplace(calls_.submit(std::move(multi), out), now);
}

Lease::Outcome Lease::replied(Instant now, const node::StoreReplied& event, node::Effects& out) {
  const auto asked = asked_at_.find(event.call);
  if (asked == asked_at_.end()) return Outcome::kNotOurs;
  const Instant asked_at = asked->second;
  asked_at_.erase(asked);
  if (event.reply.ok()) {
    ++renewals_;
    if (asked_at + config_.lease > until_) {
      until_ = asked_at + config_.lease;
      out.push_back(node::LeaseDeadline{until_});
    }
    return Outcome::kHandled;
  }
  const bool refused = event.reply.error == StoreError::kBadVersion || event.reply.error == StoreError::kNoNode;
  if (refused && event.reply.failed_op() == 0) return Outcome::kLost;
  if (refused && event.reply.failed_op() == 1) {  // somebody deleted the node that is written to: make it again
    calls_.submit(store::Multi{{store::Create{paths::broker_lease(config_.id), "0", store::NodeKind::kPersistent}}}, out);
    next_ = std::min(next_, now + config_.lease_renew);
  }
  return Outcome::kHandled;
}

}  // namespace baton::agent
