// A broker without logs: a real node behind its real shell (registration, lease, control stream, watch connections, image, roles),
// and a host that does nothing but count. It answers the questions of a measurement: does it know every new leader after a death, which
// controller does it follow, is every ISR that it leads full again?
//
// Threading: events come on the shell's thread, questions from the program's; one lock, never held across a call.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/scale/timed_store.h"
#include "controller/messages/columns.h"
#include "controller/runtime/shell.h"

namespace baton::scale {

struct StubConfig {
  int id = 0;
  std::string zookeeper;
  bool controller = false;
  std::string directory;  // stands for a data directory: the same one means the same broker come back
  std::map<std::string, std::string> settings;
};

// One line for whoever measures. Thread-safe.
void say(const std::string& line);

class Stub {
 public:
  static Result<std::unique_ptr<Stub>> open(const StubConfig& config);

  int id() const { return id_; }
  // From now on the partitions that a death of `victim` changes are counted, and it is told when they are `count`.
  void expect(int victim, int count);
  // Tells when this stub has an image of a controller later than `epoch`.
  void expect_controller_after(int epoch);
  // Tells when it knows so many partitions in all, by creation or by an image.
  void expect_partitions(int count);
  // Tells when it knows so many partitions of this topic.
  void expect_topic(const std::string& name, int count);
  // Asks for a full ISR wherever it leads and one is lacking, again and again, and tells when none is.
  void restore();
  void submit(control::Request request);
  // Tells how long it has had multis under way at the store, in all.
  void tell_store_time();
  void close() { shell_->close(); }

 private:
  struct Led {
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
    std::array<uint16_t, 3> replicas{};  // the layout's replication factor
    uint8_t count = 0;                   // of replicas; 0: it is none of those
  };

  explicit Stub(int id) : id_(id) {}
  void on_event(const control::Event& event);
  void on_metadata(const control::Delta& delta);
  void on_roles(const control::Roles& roles);
  void on_response(const control::Response& response);
  void ask_more();  // holding the lock
  void forget();
  void take(std::vector<Led>& topic, const control::PlainPartition& state, bool leads);

  const int id_;
  SystemClock clock_;
  std::unique_ptr<node::Shell> shell_;
  std::shared_ptr<BusyTime> store_time_ = std::make_shared<BusyTime>();
  std::mutex mutex_;
  int epoch_ = -1;
  int known_ = 0;  // partitions
  int expected_known_ = -1;
  std::string topic_;  // that is awaited, and its id once that is known
  std::string topic_id_;
  int topic_partitions_ = 0;
  int victim_ = -1;
  int expected_ = 0;
  int changed_ = 0;
  int leaderless_ = 0;
  int after_epoch_ = -1;
  bool awaits_controller_ = false;
  std::map<int32_t, int64_t> brokers_;             // epochs of those that may be in an ISR
  std::map<std::string, std::vector<Led>> short_;  // by topic id and index: what it leads and whose ISR is not full
  size_t lacking_ = 0;                             // so many of them
  bool restoring_ = false;
  uint64_t asked_ = 0;  // correlation of the ISR request under way
  uint64_t correlation_ = 1u << 20;
};

}  // namespace baton::scale
