// The data path of a simulated broker: replicas on a simulated disk, led and followed as the node says, with fetches,
// produces and ISR requests as messages. The replicas, logs and the data directory are the ones that ship.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/memory_file_system.h"
#include "partitions/log/data_directory.h"
#include "partitions/replica/replica.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {

// What lies under a broker and outlives it.
struct Disk {
  std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>();
  int boot = 1;
};

// How brokers are used, as they report it to the controller, and whose disk is slow.
struct Usage {
  Duration report_every{};                               // zero: nothing is reported
  std::map<std::pair<std::string, int>, int64_t> loads;  // bytes a second by topic and partition; idle unless given
  std::set<int> slow;
};

class DataBroker final : public RoleKeeper {
 public:
  // Carries a task to another broker, or drops it, as the network does; it runs there with that broker as its argument.
  using Carry = std::function<void(int to, std::function<void(DataBroker&)>)>;
  struct Wiring {
    Scheduler& scheduler;
    Invariants& invariants;
    const Usage& usage;
    Carry carry;
    std::function<void(Duration, std::function<void()>)> later;  // in this life, never while paused
    std::function<void(const Key&, const Replica&)> appended;    // as leader
    std::function<void(const Key&, Replica&)> changed;           // perhaps: its role, its log or its high watermark
    std::function<void(const Key&, const Replica&, int64_t before)> high_watermark_advanced;  // a leader's
  };
  struct Acknowledgement {
    ErrorCode error = ErrorCode::kNone;
    int64_t base_offset = -1;
    LeaderEpoch leader_epoch;
    bool isr_was_alone = false;
  };
  using Acknowledge = std::function<void(Acknowledgement)>;

  DataBroker(int id, Disk& disk, Wiring wiring, uint64_t seed);

  void event(Instant now, const control::Event& event) override;
  void lease(Instant until) override;
  void killed() override;
  std::vector<control::ReplicaEnd> replicas() override { return held_; }

  void produce(const Key& key, std::string batch, int16_t acks, Acknowledge acknowledge);
  FetchOutcome consume(const Key& key, int64_t offset);
  // R4.2: hands every leadership over by its word, then closes its logs in order and says so.
  void leave(std::function<void()> left);
  // The words that this life has given: where each leadership ended.
  const std::map<std::pair<Key, LeaderEpoch>, int64_t>& words() const { return words_; }
  // R9: what it holds of this partition turns out to be not what it was thought to be.
  void distrust(const Key& key);
  Replica* replica(const Key& key);
  const std::map<Key, std::unique_ptr<Replica>>& all() const { return replicas_; }
  uint64_t refused() const { return refused_; }
  // For whoever has to find out why a run did not become whole.
  std::string describe() const;

 private:
  struct Waiting {
    ProduceWait wait;
    int16_t acks = -1;
    Acknowledgement outcome;
    Acknowledge acknowledge;
  };

  void open_disk();
  void open_found(const DataDirectory::Found& found, const OffsetCheckpoint& high_watermarks);
  void take(Instant now, const control::Role& role);
  Leadership leadership_of(const control::Role& role) const;
  Replica& ensure(const Key& key, const control::Role& role);
  void remove(const Key& key);
  void brokers_changed(Instant now, const control::Delta& delta);
  void response(Instant now, const control::Response& response);
  void ask_to_leave();
  void yield_roles();
  void yield(const control::Yield& wanted);
  void close_in_order();
  void say_word(const Key& key, const StoppedWord& word);
  void after_change(const Key& key, Replica& replica);
  void fetch(const Key& key);
  void fetch_later(const Key& key, uint64_t number, Duration pause);
  void serve_fetch(int from, const Key& key, BrokerEpoch epoch, FetchPosition position);
  void fetched(const Key& key, const FetchPosition& position, const FetchedData& data);
  void tick();
  void report_usage();
  void checkpoint();

  int id_;
  Disk& disk_;
  Wiring wiring_;
  SeededRandom random_;
  std::unique_ptr<DataDirectory> directory_;
  std::vector<control::ReplicaEnd> held_;
  std::map<Key, std::unique_ptr<Replica>> replicas_;
  std::map<Key, std::string> names_;
  std::map<Key, std::vector<Waiting>> waiting_;
  std::map<Key, control::Role> roles_;
  std::map<BrokerId, BrokerEpoch> brokers_;
  std::map<uint64_t, std::pair<Key, uint64_t>> isr_requests_;
  std::map<Key, uint64_t> fetches_;  // questions so far, by partition
  bool ticking_ = false;
  ControllerEpoch controller_epoch_;
  BrokerEpoch own_epoch_;
  uint64_t correlation_ = 0;
  uint64_t refused_ = 0;
  std::map<std::pair<Key, LeaderEpoch>, int64_t> words_;
  std::set<std::pair<Key, LeaderEpoch>> refusals_;
  std::map<Key, int64_t> high_watermarks_;  // as last seen
  std::function<void()> left_;              // leaving, until it is done
  bool closed_ = false;                     // in good order: nothing is taken up any more
  uint64_t leave_request_ = 0;
  Instant yield_at_{};
};

}  // namespace baton::simulation
