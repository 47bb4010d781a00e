// What a shard tells the controller of its load: for each partition that it leads the bytes a second that go in and out, and how long
// appends to its logs take. Told is what has changed by a quarter, since for a decision no more is needed; and all that is used at all
// once a minute, and whenever the controller may have missed something. Pure but for the message that it fills; one thread.
#pragma once

#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"
#include "broker/shards/partition_access.h"

namespace baton {

namespace control {
class LoadReport;
}

class LoadReport {
 public:
  static constexpr int64_t kLeast = 1024;  // bytes a second; below that a partition is idle
  static constexpr Duration kAllEvery = std::chrono::seconds(60);

  // One append of a leader or a follower.
  void appended(Duration took) {
    append_sum_ += took;
    ++appends_;
  }
  // A look: begin(), then each partition that is led with what has gone in and out of it in its life, then end(). False: there is
  // nothing to tell.
  void begin(Instant now);
  void note(const TopicPartition& partition, uint64_t bytes);
  bool end(control::LoadReport& report);
  // The last report may not have been heard, or another controller rules: tell everything next time.
  void forget() { all_at_ = Instant{}; }

 private:
  struct Partition {
    uint64_t bytes = 0;
    double rate = 0;
    int64_t told = 0;
    uint64_t look = 0;  // when it was last led
  };
  void tell(const TopicPartition& partition, Partition& of, control::LoadReport& report) const;

  std::unordered_map<TopicPartition, Partition, TopicPartitionHash> partitions_;
  Duration append_sum_{};
  int64_t appends_ = 0;
  int64_t append_told_us_ = -1;
  Instant looked_at_{};
  Instant now_{};
  Instant all_at_{};
  uint64_t look_ = 0;
};

}  // namespace baton
