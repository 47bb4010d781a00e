// R5: the lease, renewed by writes that the store's quorum confirms and by nothing else. Each renewal is a multi that
// checks the version of this broker's latest registration; its success is a lease of D from the moment before the call,
// so a controller that waits D after its confirmed tombstone knows that no earlier renewal still runs.
//
// A lost connection renews nothing. A refused check is certain news: the registration is not ours any more. Pure.
#pragma once

#include <map>
#include <optional>

#include "controller/agent/calls.h"
#include "controller/agent/config.h"

namespace baton::agent {

class Lease {
 public:
  Lease(const Config& config, Calls& calls) : config_(config), calls_(calls) {}

  enum class Outcome { kNotOurs, kHandled, kLost };

  // Renews under this version from now on; a different one than before starts without a lease.
  void hold(Instant now, StoreVersion version, bool connected, node::Effects& out);
  // No registration: no lease. Whatever is still under way renews nothing.
  void drop();
  void woken(Instant now, bool connected, node::Effects& out);
  Outcome replied(Instant now, const node::StoreReplied& event, node::Effects& out);

  Instant until() const { return until_; }
  Instant wake_at() const { return version_ ? next_ : Instant::never(); }
  int64_t renewals() const { return renewals_; }

 private:
  // A slow store is not to be flooded: with this many unanswered, the next renewal waits for an answer.
  static constexpr size_t kOutstandingMax = 4;

  void renew(Instant now, node::Effects& out);

  const Config& config_;
  Calls& calls_;
  std::optional<StoreVersion> version_;
  std::map<uint64_t, Instant> asked_at_;  // by call
  Instant next_;
  Instant until_;
  int64_t counter_ = 0;
  int64_t renewals_ = 0;
};

}  // namespace baton::agent
