// Simulated time: events in order of (instant, number). The same seed gives the same order, byte for byte.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "base/clock.h"

namespace baton::simulation {

class Scheduler {
 public:
  Instant now() const { return now_; }
  void at(Instant when, std::function<void()> task) { queue_.emplace(std::pair{std::max(when, now_), ++number_}, std::move(task)); }
  void after(Duration delay, std::function<void()> task) { at(now_ + delay, std::move(task)); }

  // Runs until the instant; `each` is called after every event.
  void run_until(Instant until, const std::function<void()>& each) {
    while (!queue_.empty() && queue_.begin()->first.first <= until) {
      auto first = queue_.begin();
      now_ = first->first.first;
      auto task = std::move(first->second);
      queue_.erase(first);
      ++events_;
      task();
      each();
    }
    now_ = std::max(now_, until);
  }
  uint64_t events() const { return events_; }

 private:
  Instant now_{1'000'000'000};
  uint64_t number_ = 0;
  uint64_t events_ = 0;
  std::map<std::pair<Instant, uint64_t>, std::function<void()>> queue_;
};

}  // namespace baton::simulation
