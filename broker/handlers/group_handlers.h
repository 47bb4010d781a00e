// The handlers of groups, one file an API, and what they share: finding a group's coordinator and gathering from several.
#pragma once

#include <atomic>
#include <memory>

#include "broker/groups/hosting/group_service.h"
#include "broker/handlers/handler.h"

namespace baton {

void add_group_handlers(HandlerTable& table);

namespace groups {

// Runs `work` on the shard of the group's coordinator; null: it is not this broker (NOT_COORDINATOR).
void with_coordinator(Services& services, const std::string& group, Function<void(GroupHost*)> work);

// Answers of several shards, in the order of the questions; the last one hands them on. Thread-safe, each slot set once.
template <class T>
class Gather {
 public:
  Gather(size_t count, std::function<void(std::vector<T>)> done) : slots_(count), left_(count), done_(std::move(done)) {
    if (count == 0) done_({});
  }
  void set(size_t slot, T value) {
    slots_[slot] = std::move(value);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_(std::move(slots_));
  }

 private:
  std::vector<T> slots_;
  std::atomic<size_t> left_;
  std::function<void(std::vector<T>)> done_;
};

}  // namespace groups
}  // namespace baton
