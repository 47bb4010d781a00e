// What is counted where the work is done: plain numbers that belong to one shard's thread, so that counting costs an addition. Who
// wants to know posts to the shard and copies them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/latency_summary.h"

namespace baton::metrics {

// Of one partition, since this broker hosts it.
struct Traffic {
  uint64_t messages_in = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;  // to consumers
};

struct ShardCounters {
  uint64_t isr_shrinks = 0;  // that this shard asked for and got
  uint64_t isr_expands = 0;
  uint64_t failed_isr_updates = 0;
  std::map<ErrorCode, uint64_t> fenced;  // produce and fetch requests that came to the wrong place or time
  // Counts where the error is of that kind.
  void refused(ErrorCode error) {
    if (error == ErrorCode::kNone) [[likely]]
      return;
    switch (error) {
      case ErrorCode::kNotLeaderOrFollower:
      case ErrorCode::kFencedLeaderEpoch:
      case ErrorCode::kUnknownLeaderEpoch:
      case ErrorCode::kStaleBrokerEpoch:
      case ErrorCode::kNotEnoughReplicas:
      case ErrorCode::kNotEnoughReplicasAfterAppend:
        ++fenced[error];
        return;
      default:
        return;
    }
  }
};

// Requests that one reactor has taken and answered, by API.
class RequestCounters {
 public:
  struct Api {
    uint64_t answered = 0;
    LatencySummary took;
  };
  void answered(int16_t key, Instant now, Duration took) {
    const auto at = static_cast<size_t>(key);
    if (at >= apis_.size()) apis_.resize(at + 1);
    if (!apis_[at]) apis_[at] = std::make_unique<Api>();
    ++apis_[at]->answered;
    apis_[at]->took.note(now, took);
  }
  // Null where nothing was asked; by API key.
  const std::vector<std::unique_ptr<Api>>& apis() const { return apis_; }

 private:
  std::vector<std::unique_ptr<Api>> apis_;
};

}  // namespace baton::metrics
