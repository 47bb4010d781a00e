// An open-loop probe of one partition: a record every interval, whether or not earlier ones were acknowledged, on one
// connection to the leader that is re-routed as soon as any broker names a new one. Nothing is retried, so each record is
// acknowledged, refused, or lost with its connection. It runs on a thread of its own; the accessors may be called from any
// thread. Times are nanoseconds on CLOCK_BOOTTIME, as the brokers' failover stages.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cli/client/connection.h"
#include "drills/probe/stream.h"
#include "drills/probe/wire.h"

namespace baton::drills {

struct ProbeOptions {
  std::vector<client::Address> bootstrap;
  std::string topic;
  int32_t partition = 0;
  int16_t acks = -1;
  int64_t interval_us = 1000;
  size_t record_bytes = 100;
  std::string name = "probe";     // begins each record: "<name> <sequence>"
  std::optional<int32_t> pinned;  // stay with this broker whatever the metadata says
};

inline constexpr int16_t kUnanswered = -100;  // beside Kafka's codes: the connection went first

struct Outcome {
  uint64_t sequence = 0;
  int64_t sent_ns = 0;
  int64_t done_ns = 0;
  int32_t broker = -1;
  int32_t leader_epoch = -1;  // that the probe knew when it sent
  int16_t error = 0;          // 0: acknowledged
  int64_t offset = -1;
};

class RawProbe {
 public:
  explicit RawProbe(ProbeOptions options) : options_(std::move(options)) {}
  ~RawProbe() { stop(); }

  void start();
  // What is in flight gets a moment to be answered.
  void stop();

  // Everything settled so far, in the order of settlement.
  std::vector<Outcome> outcomes() const;
  // Those from the n-th on, in the same order.
  std::vector<Outcome> outcomes_since(size_t n) const;
  uint64_t acknowledged() const { return acknowledged_; }
  // The first acknowledgement of a record that was sent after `since`, by another broker than `victim`: a signal takes a moment to reach
  // every thread, and what the victim still acknowledges in it tells nothing.
  std::optional<Outcome> first_acknowledged(Instant since, int32_t victim = -1) const;
  // The longest time without an acknowledgement that overlaps [from, to].
  struct Gap {
    int64_t ns = 0;
    Instant begins;  // the last acknowledgement before it
  };
  Gap longest_gap(Instant from, Instant to) const;
  int64_t longest_gap_ns(Instant from, Instant to) const { return longest_gap(from, to).ns; }
  int32_t leader() const { return leader_now_; }
  int32_t leader_epoch() const { return epoch_now_; }

 private:
  struct Asked {
    Stream stream;
    int64_t asked_ns = 0;  // 0: nothing outstanding
  };
  struct Flight {
    uint64_t sequence;
    int64_t sent_ns;
  };

  void run();
  void send_due(int64_t now);
  void ask_everyone(int64_t now);
  void poll_once(int64_t now);
  void handle_answers();
  void handle_metadata(std::string_view frame);
  void adopt(int32_t leader, int32_t epoch);
  void drop_leader(int64_t now);
  void settle(const Flight& flight, int16_t error, int64_t offset);
  bool unsure(int64_t now) const;

  ProbeOptions options_;
  SystemClock clock_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<int32_t> leader_now_{-1}, epoch_now_{-1};

  // Of the probe's thread.
  Stream lead_;
  int32_t leader_ = -1, epoch_ = -1;
  bool refused_ = false;  // the leader said that it is none; cleared by an acknowledgement or a new leader
  std::map<int32_t, client::Address> brokers_;
  std::map<client::Address, std::unique_ptr<Asked>> asked_;
  std::map<int32_t, Flight> flights_;  // by correlation id
  int32_t correlation_ = 0;
  uint64_t sequence_ = 0;
  int64_t next_due_ns_ = 0, next_ask_ns_ = 0;

  mutable std::mutex mutex_;
  std::vector<Outcome> outcomes_;
};

}  // namespace baton::drills
