// Who wants to know when a partition has something new. A waiter registers one token with every partition that it looked
// at; the first news wakes it, once, and it looks again.
//
// Threading: a WakeList belongs to its partition's shard. A token is shared by shards: wake() and retire() from any.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "base/function.h"

namespace baton {

class WakeToken {
 public:
  explicit WakeToken(Task wake) : wake_(std::move(wake)) {}
  void wake() {
    if (!spent_.exchange(true)) wake_();
  }
  void retire() { spent_ = true; }
  bool spent() const { return spent_; }

 private:
  std::atomic<bool> spent_{false};
  Task wake_;
};

class WakeList {
 public:
  void add(std::shared_ptr<WakeToken> token) {
    // Waiters that were served elsewhere or gave up are swept now and then, so that an idle partition holds few.
    if (tokens_.size() >= sweep_at_) {
      std::erase_if(tokens_, [](auto& each) { return each->spent(); });
      sweep_at_ = std::max<size_t>(kSweepMin, tokens_.size() * 2);
    }
    tokens_.push_back(std::move(token));
  }
  void wake_all() {
    if (tokens_.empty()) return;
    auto woken = std::move(tokens_);
    tokens_.clear();
    for (auto& token : woken) token->wake();
  }

 private:
  static constexpr size_t kSweepMin = 16;
  std::vector<std::shared_ptr<WakeToken>> tokens_;
  size_t sweep_at_ = kSweepMin;
};

}  // namespace baton
