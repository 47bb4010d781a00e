// Clients of a simulated cluster, and what they remember: idempotent producers that repeat a batch until it is acknowledged,
// acks=1 producers that do not, consumers that read what is visible. From their memory come the checks that no acknowledged
// record is lost, changed, doubled or shown and taken back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/data_broker.h"
#include "tests/simulation/log_ledger.h"

namespace baton::simulation {

class Workload {
 public:
  using Key = RoleKeeper::Key;
  Workload(Cluster& cluster, LogLedger& ledger, uint64_t seed, int partitions)
      : cluster_(cluster), ledger_(ledger), random_(seed), partitions_(partitions) {}

  void start();
  void stop() { stopped_ = true; }
  // While everything is healed: whole logs against what was acknowledged and seen.
  void check_final();
  // Every batch sent so far has been acknowledged.
  bool drained() const;
  uint64_t acknowledged() const { return acknowledged_; }

  // Whole logs against the ledger, which is kept as they change.
  void check_replicas();
  void leader_elected(int id, const control::Role& role);

 private:
  struct Producer {
    int partition = 0;
    int16_t acks = -1;
    int64_t id = 0;
    int32_t sequence = 0;
    uint64_t value = 0;  // of the batch under way, or of the last one
    bool under_way = false;
    uint64_t attempt = 0;
  };
  struct Consumer {
    int partition = 0;
    int64_t offset = 0;
  };

  std::optional<Key> key_of(int partition);
  int guess_leader(int partition);
  void produce(size_t producer);
  void attempt(size_t producer);
  void acknowledged(size_t producer, uint64_t attempt, int from, DataBroker::Acknowledgement answer);
  void check_acknowledgement(const Producer& producer, int from, const DataBroker::Acknowledgement& answer);
  void consume(size_t consumer);
  void check_visible(const Consumer& consumer, int from, const Replica& replica, bool visible);
  DataBroker* broker(int id);

  Cluster& cluster_;
  LogLedger& ledger_;
  SeededRandom random_;
  int partitions_;
  bool stopped_ = false;
  std::vector<Producer> producers_;
  std::vector<Consumer> consumers_;
  uint64_t next_value_ = 0;
  uint64_t acknowledged_ = 0;
  std::map<int, std::map<int64_t, std::string>> promised_;  // partition → offset → value, acks=all
  std::map<int, std::map<int64_t, std::string>> seen_;      // by consumers
};

}  // namespace baton::simulation
