// Many producers on a topic of their own: the weight on the scales of a drill, not what is weighed. They keep to a rate, so that
// a long drill does not fill the disk, and what was acknowledged to them is checked against the ends of the partitions.
// One thread a producer; the public functions are called from one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "cli/client/kafka.h"

namespace baton::drills {

struct FloodOptions {
  std::string bootstrap, topic;  // the topic is made by start() and removed by the destructor
  int producers = 4;
  int partitions = 6;
  size_t record_bytes = 1000;
  int64_t bytes_per_second = 16'000'000;  // of all producers together
};

class Flood {
 public:
  explicit Flood(FloodOptions options);
  ~Flood();
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  Status start();
  // Waits until what was written is acknowledged or has failed.
  void stop();

  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t failed() const { return failed_; }
  // After stop(): acknowledged records that lie beyond their partition's end. Error: the cluster does not tell the ends.
  Result<uint64_t> lost() const;

 private:
  void run(rd_kafka_t* producer);
  void delivered(const rd_kafka_message_t& message);

  FloodOptions options_;
  bool created_ = false;
  std::vector<client::KafkaHandle> producers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> acknowledged_{0}, failed_{0};
  mutable std::mutex mutex_;
  std::vector<int64_t> highest_;  // acknowledged offset, by partition
};

}  // namespace baton::drills
