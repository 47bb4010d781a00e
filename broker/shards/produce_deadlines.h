// When those who wait for their records' commit stop waiting. Whoever is answered leaves at once: nearly all are, long before
// their time is up, and would else be held in memory for the whole time-out.
//
// Threading: the shard's thread.
#pragma once

#include <map>
#include <memory>

#include "broker/shards/hosted_partition.h"

namespace baton {

class ProduceDeadlines {
 public:
  void add(Instant at, const std::shared_ptr<ProduceWaiter>& waiter) { waiter->deadline = deadlines_.emplace(at, waiter); }

  // No harm if it has none.
  void remove(ProduceWaiter& waiter) {
    if (!waiter.deadline) return;
    deadlines_.erase(*waiter.deadline);
    waiter.deadline.reset();
  }

  // The next one whose time is up, removed; null: none.
  std::shared_ptr<ProduceWaiter> take_due(Instant now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      auto waiter = deadlines_.begin()->second.lock();
      deadlines_.erase(deadlines_.begin());
      if (!waiter) continue;  // its partition is gone, and it with it
      waiter->deadline.reset();
      return waiter;
    }
    return nullptr;
  }

  bool empty() const { return deadlines_.empty(); }
  size_t size() const { return deadlines_.size(); }

 private:
  ProduceWaiter::Deadlines deadlines_;
};

}  // namespace baton
