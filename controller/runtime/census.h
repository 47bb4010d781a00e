// How many stand for election, for a node that follows no controller: what tells a cluster that is between two controllers from
// one that will never have one. Looked up in the store from time to time, as long as that lasts. Pure.
#pragma once

#include <functional>
#include <optional>

#include "controller/agent/events.h"

namespace baton::node {

class Census {
 public:
  // `next_call` numbers the calls; the node routes their replies here.
  explicit Census(std::function<uint64_t()> next_call) : next_call_(std::move(next_call)) {}

  // After every event: is there a control stream?
  void see(Instant now, bool follows, Effects& out);
  void replied(const StoreReplied& event);

  // None: a controller is followed, or the store has not answered.
  const std::optional<int32_t>& standing() const { return standing_; }
  Instant wake_at() const { return next_; }

 private:
  std::function<uint64_t()> next_call_;
  bool follows_ = true;
  uint64_t call_ = 0;
  Instant next_ = Instant::never();
  std::optional<int32_t> standing_;
};

}  // namespace baton::node
