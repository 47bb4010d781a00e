// The clients of a drill, as any user's: an idempotent librdkafka producer that writes a record every interval, a consumer that
// reads along, and the reading back of a whole partition at the end. Each runs on a thread of its own; accessors may be called
// from any thread. Times are nanoseconds on CLOCK_BOOTTIME.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cli/client/kafka.h"

namespace baton::drills {

struct Delivery {
  uint64_t sequence = 0;
  int64_t sent_ns = 0;
  int64_t done_ns = 0;
  bool acknowledged = false;
  int64_t offset = -1;
};

class KafkaLoad {
 public:
  KafkaLoad(std::string bootstrap, std::string topic, std::string name, std::map<std::string, std::string> settings = {},
            std::chrono::microseconds interval = std::chrono::milliseconds(1));
  ~KafkaLoad();

  Status start();
  // Waits until everything that was written is acknowledged or has failed.
  void stop();

  std::vector<Delivery> deliveries() const;
  // From the n-th on, up to the first that is neither acknowledged nor failed yet.
  std::vector<Delivery> settled_since(size_t n) const;
  uint64_t acknowledged() const { return acknowledged_; }
  std::optional<Delivery> first_acknowledged(Instant since) const;
  const std::string& name() const { return name_; }

 private:
  void run();
  void delivered(const rd_kafka_message_t& message);

  std::string bootstrap_, topic_, name_;
  std::map<std::string, std::string> settings_;
  std::chrono::microseconds interval_;
  SystemClock clock_;
  client::KafkaHandle producer_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> acknowledged_{0};
  mutable std::mutex mutex_;
  std::vector<Delivery> deliveries_;  // by sequence, from 1
};

class Follower {
 public:
  Follower(std::string bootstrap, std::string topic) : bootstrap_(std::move(bootstrap)), topic_(std::move(topic)) {}
  ~Follower() { stop(); }

  Status start();
  void stop();
  // By offset. After stop().
  const std::map<int64_t, std::string>& seen() const { return seen_; }
  uint64_t count() const { return count_; }

 private:
  void run();

  std::string bootstrap_, topic_;
  client::KafkaHandle consumer_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> count_{0};
  std::map<int64_t, std::string> seen_;
};

// All of partition 0, by offset. Error: its end is not reached in time.
Result<std::map<int64_t, std::string>> read_all(const std::string& bootstrap, const std::string& topic, std::chrono::milliseconds at_most);

}  // namespace baton::drills
