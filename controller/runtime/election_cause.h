// Why this node came to rule: what it knew of its predecessor and when it came to know it. Kept by every candidate from what
// it sees anyway; told to the flight recorder once a claim is confirmed. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/agent/controller_location.h"

namespace baton::node {

// What set an election off, as the winner saw it.
struct ElectionStart {
  std::string cause;  // first, proof, vacancy: see FailoverRecord
  BrokerId former;    // none: nobody ruled that we know of
  Instant detected{};
  Instant nominated{};
  Instant claimed{};
};

class ElectionCause {
 public:
  // Who rules as far as this node can see; none says nothing about the former one.
  void controller_seen(const std::optional<agent::ControllerLocation>& location) {
    if (location && (!former_ || former_->epoch < location->epoch)) former_ = location;
  }
  void death_proven(Instant now, const Incarnation& incarnation) { proven_.emplace(incarnation, now); }
  void nominated(Instant now) {
    if (!nominated_) nominated_ = now;
  }
  void withdrawn() { nominated_.reset(); }

  // Our claim stands since `now`.
  ElectionStart start(Instant now) {
    const Instant nominated = nominated_.value_or(now);
    nominated_.reset();
    if (!former_) return {"first", BrokerId(), nominated, nominated, now};
    const auto proof = proven_.find(former_->incarnation);
    if (proof == proven_.end()) return {"vacancy", former_->id, nominated, nominated, now};
    return {"proof", former_->id, std::min(proof->second, nominated), nominated, now};
  }
  // When each death became certain to this node, whoever ruled then.
  const std::map<Incarnation, Instant>& proven() const { return proven_; }

 private:
  std::optional<agent::ControllerLocation> former_;
  std::map<Incarnation, Instant> proven_;
  std::optional<Instant> nominated_;
};

}  // namespace baton::node
