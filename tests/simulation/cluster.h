// A simulated cluster: a store, N processes, links, a workload and faults, all from one seed. After every event the
// invariants are checked.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/invariants.h"
#include "tests/simulation/process.h"

namespace baton::simulation {

struct ClusterOptions {
  int brokers = 3;
  int controllers = 0;  // that are no brokers, with the ids after the brokers', which then are no candidates
  uint64_t seed = 1;
  Duration session_timeout = std::chrono::milliseconds(1000);
  Duration lease = std::chrono::milliseconds(600);
  Duration lease_renew = std::chrono::milliseconds(150);
  Duration control_timeout = std::chrono::milliseconds(1000);
  int min_insync_replicas = 2;
  size_t bulk_from = 256;  // so many partitions that one event changes alike are written as rows
  size_t partitions_per_write = 49'152;
  decision::BalanceConfig balance;  // whether, when and by what leaderships are moved to where they ought to stand
  std::map<int, std::string> racks;
  std::map<int, int> priorities;  // controller.priority, 0 unless given
  std::string election = "zookeeper";
  std::map<int, int> versions;       // of the metadata's forms, the highest that a process knows; the newest unless given
  bool commit_flush_policy = false;  // what the controllers believe; the simulated brokers' policy is os
  // Makes the host of a process; null: one that only keeps its roles.
  std::function<std::unique_ptr<SimHost>(int id)> host;
};

// A host without logs: it knows which partitions it leads, and until when it may act.
class RoleKeeper : public SimHost {
 public:
  struct Leading {
    control::Partition state;
  };
  void event(Instant now, const control::Event& event) override;
  void lease(Instant until) override { lease_until_ = until; }
  void killed() override { leading_.clear(); }

  using Key = std::pair<TopicId, int32_t>;
  const std::map<Key, Leading>& leading() const { return leading_; }
  Instant lease_until() const { return lease_until_; }
  std::map<uint64_t, control::Response> responses;
  std::function<void(const control::Role&)> on_role;
  std::function<void(const control::Event&)> on_event;

 protected:
  std::map<Key, Leading> leading_;
  Instant lease_until_{};
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options);

  // ---- driving ------------------------------------------------------------------------------------------------------------
  void run_for(Duration time);
  // Until the condition holds or the time is over; returns whether it held.
  bool run_until(const std::function<bool()>& condition, Duration limit);

  void start(int id);
  void start_all();
  void kill(int id) { process(id).kill(); }
  void reboot(int id);  // power loss: another boot id
  void replace_disk(int id);
  // Placed by the controller, or each partition on `replicas`, the first of which leads.
  void create_topic(const std::string& name, int partitions, const std::vector<int>& replicas = {});
  void delete_topic(const std::string& name);
  void set_config(const std::string& topic, const std::string& key, const std::string& value);
  // Asks the controller, over some process's stream, to hand its rule to this one; 0: to the best. The correlation of the answer.
  uint64_t transfer(int to);

  // ---- looking ------------------------------------------------------------------------------------------------------------
  SimProcess& process(int id) { return *processes_.at(id); }
  Machine& machine(int id) { return machines_.at(id); }
  RoleKeeper& host(int id) { return *static_cast<RoleKeeper*>(process(id).host()); }
  // The process that rules under the store's present epoch; 0: none.
  int ruler();
  // The level of the metadata's forms, as it is stored.
  int level() const;
  // What this process would know if it were started now.
  int version(int id) const;
  int running_version(int id) const { return running_versions_.at(id); }
  // From the store: the state of a topic's partition; nullptr: none such.
  const control::Partition* partition(const std::string& topic, int index);
  // The same by the topic's id.
  const control::Partition* state(const std::string& topic_id, int index) const;
  // Everybody alive leads what the store says it leads, and nothing else; every partition is led by a live process.
  bool converged();
  const std::vector<std::string> topics();
  // A hash of everything that has happened so far, in order: events, frames, writes of the store, roles, leases. Two runs of the
  // same seed are the same byte for byte if it is the same at the end of both.
  uint64_t trace() const { return trace_; }

  Scheduler scheduler;
  Links links;
  Invariants invariants;
  std::unique_ptr<SimStore> store;
  std::unique_ptr<Network> network;
  ClusterOptions options;
  std::string known_cluster;             // what data directories say of the cluster that they belong to; empty: they were in none yet
  std::map<int, std::string> elections;  // of those that elect by another way than the options say
  std::function<void(int id, const control::Role&)> on_leader;
  // A multi has taken effect.
  std::function<void(int id, const store::Multi&)> on_write;
  // A partition's state has been written over a former one.
  std::function<void(const std::string& topic_id, const control::Partition& before, const control::Partition& after)> on_page;

 private:
  bool everybody_knows(const control::Partition& state, const std::string& topic_id);
  void check_write(int process, const store::Multi& multi, const store::Reply& reply);
  void check_page(const std::string& path, const std::string& data);
  void check_partition(const control::PageTopic& topic, const control::Partition& state);
  void check_removals(const std::string& topic_id, const control::Partition& former, const control::Partition& state);
  void check_mark(const std::string& path, const std::string& data);
  void check_memory();
  bool lives(int id) const;
  void check_role(int id, const control::Role& role);
  void check_told(int from, int to, const control::Frame& frame);
  void check_forms(int to, const control::Frame& frame);
  void check_level(const std::string& data);
  void check_asked(int from, int to, const control::AlterIsr& asked);
  void check_event(int id, const control::Event& event);
  void check_candidates();
  void after_event();
  void record(std::string_view bytes);
  node::NodeConfig config(int id) const;

  SeededRandom latencies_;
  SeededRandom identities_;
  std::map<int, std::unique_ptr<SimProcess>> processes_;
  std::map<int, Machine> machines_;
  uint64_t correlation_ = 1'000'000;
  uint64_t trace_ = 0xcbf29ce484222325;

  // What the checks remember.
  std::map<int32_t, std::pair<int, int>> rulers_;  // epoch → (process, life)
  int32_t epoch_ = -1;
  std::map<int, ControllerEpoch> heard_;                                     // whose roles a life has taken
  std::map<std::tuple<std::string, int32_t, int32_t>, int32_t> elected_by_;  // topic id, index, leader epoch → controller epoch
  std::set<std::string> candidates_;                                         // as last checked
  std::map<std::pair<std::string, int32_t>, control::Partition> states_;     // (topic id, index) → as last written
  std::map<std::string, std::set<std::pair<std::string, int32_t>>> pages_;   // by path
  std::set<std::tuple<std::string, int32_t, int32_t>> words_;                // + leader epoch: its leader has given it up or refused it
  std::set<std::tuple<std::string, int32_t, int32_t>> asked_;                // + partition epoch: its leader has asked for another ISR
  std::set<int> stopped_;                                                    // told to stop, and not registered anew
  bool memory_due_ = false;                                                  // the controller's state is to be compared with the store's
  std::map<std::tuple<std::string, int32_t, int32_t>, std::pair<int, Incarnation>> leaders_;  // + leader epoch → who acts
  int level_ = 0;                                                                             // as last written
  std::map<int, int> running_versions_;                                                       // of each process in its present life
  std::map<int, Instant> registered_at_;                                                      // the last registration of each
};

}  // namespace baton::simulation
