// How the rest of the broker reaches partitions: by message to the shard that owns each. A partition belongs to one shard,
// for good, by a hash of its topic's id and its index.
//
// Threading: calls from any reactor's thread. The callback runs later or at once on the reactor that called, never on
// another; it is called exactly once unless the broker stops.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/function.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"

namespace baton {

struct TopicPartition {
  TopicId topic;
  PartitionIndex index;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct TopicPartitionHash {
  size_t operator()(const TopicPartition& partition) const noexcept {
    return UuidHash()(partition.topic) ^ (static_cast<size_t>(partition.index.value()) * 0x9E3779B97F4A7C15ULL);
  }
};

struct Appended {
  int64_t base_offset = -1;
  int64_t last_offset = -1;
  LeaderEpoch leader_epoch;
};

struct CommittedRecords {
  std::string batches;  // whole record batches, copied; empty at the high watermark
  int64_t next_offset = 0;
  int64_t start_offset = 0;
  int64_t high_watermark = 0;
  LeaderEpoch leader_epoch;
};

class PartitionAccess {
 public:
  virtual ~PartitionAccess() = default;

  // The number of the shard that owns the partition, and a task run on its thread (at once, if this is it).
  virtual int shard_of(const TopicPartition& partition) const = 0;
  virtual void run_on(int shard, Task task) = 0;

  // Appends whole record batches as their leader, with acks=all: answered when the high watermark has passed them.
  // Errors: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, REQUEST_TIMED_OUT (outcome unknown), those of Log::append_as_leader.
  virtual void append(const TopicPartition& partition, std::string batches, Duration timeout, Function<void(Result<Appended>)> done) = 0;
  // Committed records from `offset` on, which only the leader answers. Errors: NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE.
  virtual void read(const TopicPartition& partition, int64_t offset, size_t bytes_max, Function<void(Result<CommittedRecords>)> done) = 0;
};

// Who wants to know about this broker's own leaderships, for coordinators that live where their partition is led. Called on
// the thread of the partition's shard, in order; a leader is told of again at each new leader epoch.
class LeadershipListener {
 public:
  virtual ~LeadershipListener() = default;
  virtual void on_leading(const std::string& topic, const TopicPartition& partition, LeaderEpoch epoch) = 0;
  virtual void on_stopped_leading(const std::string& topic, const TopicPartition& partition) = 0;
};

}  // namespace baton
