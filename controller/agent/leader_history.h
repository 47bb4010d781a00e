// Which leaderships have changed, and why: what every node has heard of it from its controllers, for `baton leader history`. Bounded;
// the oldest go first. A new controller's first word brings what it remembers, so a broker that was away learns what it missed. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "controller/messages/control.pb.h"

namespace baton::agent {

class LeaderHistory {
 public:
  static constexpr size_t kKept = 10'000;

  // What is known already is not taken twice.
  void add(const control::Delta& delta);
  // Of one partition, oldest first.
  control::History of(const std::string& topic_id, int32_t partition) const;
  // The last ones, into a controller's first word.
  void tell(control::Delta& delta, size_t most) const;
  // Puts what is not known yet before all that is. Whether something was known that is not among the older ones.
  bool join_older(const control::History& older);
  // The last ones, oldest first, no more than so many nor so large.
  control::History last(size_t changes, size_t bytes) const;

 private:
  std::deque<control::LeaderChange> changes_;
};

}  // namespace baton::agent
