// A simulated cluster with data: brokers with replicas on simulated disks, clients, and the checks that need the logs. Runs
// under random faults (run.h) and under scenarios written by hand are made of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/simulation/workload.h"

namespace baton::simulation {

class DataCluster {
  std::map<int, Disk> disks_;  // outlive the processes

 public:
  DataCluster(ClusterOptions options, int partitions);

  // Starts everybody and creates the topic "t"; false (and a violation of Liveness) if it is not led in time.
  bool start();
  // The checks after every event; stops early at a violation.
  void step(Duration time);
  bool step_until(const std::function<bool()>& condition, Duration limit);

  // ---- faults that need the data ----------------------------------------------------------------------------------------
  // R4.2: a planned end, as SIGTERM asks for it: hands its leaderships over, then goes. Killed if it takes too long.
  void leave(int id);
  // Power loss: another boot, and what was not synced may be gone.
  void lose_power(int id);
  // Killed, and its disk replaced by an empty one.
  void lose_disk(int id);
  // Nothing of the data path reaches this broker, or leaves it; the control plane is as it was.
  void cut_fetches_from(int id, bool cut) { cut ? (void)data_cut_.insert(id) : (void)data_cut_.erase(id); }

  // ---- looking ----------------------------------------------------------------------------------------------------------
  // Of all partitions of all topics, as they are stored.
  bool every_partition(const std::function<bool(const std::string& topic_id, const control::Partition&)>& holds);
  bool isrs_full();
  // Everybody is alive, every member of an ISR has its replica, and none is dirty: what the pages say of the ISR is not overtaken
  // by a reboot or the loss of a disk that nobody has noticed yet.
  bool all_clean();
  // Everybody leads what the store says and every ISR is full.
  bool whole() { return cluster.converged() && isrs_full(); }
  DataBroker* broker(int id);
  const control::Partition& partition(int index) { return *cluster.partition("t", index); }
  RoleKeeper::Key key(int index);
  std::string describe();
  void check_liveness(bool holds, const std::string& what);
  const std::optional<std::string>& violation() const { return cluster.invariants.violation(); }

  Usage usage;  // a slow disk makes its broker's data path slow, too
  Cluster cluster;
  LogLedger ledger;
  Workload workload;

 private:
  std::unique_ptr<SimHost> make_host(int id);
  void carry(int from, int to, std::function<void(DataBroker&)> task);
  void later(int id, Duration delay, std::function<void()> task);
  void appended(int id, const RoleKeeper::Key& key, const Replica& replica);
  void check_succession(const std::string& topic_id, const control::Partition& before, const control::Partition& after);
  void check_high_watermark(const Replica& replica);
  void high_watermark_advanced(int id, const RoleKeeper::Key& key, const Replica& replica, int64_t before);
  void check_strong_isr(const RoleKeeper::Key& key, const control::Partition& stored);
  bool registered_live(int id);

  int partitions_;
  uint64_t seed_;
  SeededRandom random_;
  std::map<int, int> boots_;
  std::set<int> data_cut_;
  std::vector<std::pair<int, control::Role>> pending_leaders_;
  std::map<std::tuple<RoleKeeper::Key, LeaderEpoch>, std::pair<int, Incarnation>> appenders_;
  uint64_t lives_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace baton::simulation
