// Watches over a cluster in which nothing dies, for signs that somebody was taken for dead all the same: a detected death, a
// tombstone, another incarnation, another controller, a leadership or an ISR that moved. Epochs only grow, so whatever happens
// between two looks shows in the second.
//
// Signs is pure; Vigil asks the nodes, and is used by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/cluster/cluster.h"

namespace baton::drills {

class Signs {
 public:
  // Failovers that began before `since` are none of ours.
  explicit Signs(Instant since) : since_(since) {}

  // What one node says. Of every broker and partition the first sight is what the later ones are compared with.
  void look(const control::Status& status);

  // A sentence for each sign, each told once.
  const std::set<std::string>& found() const { return found_; }
  uint64_t looks() const { return looks_; }
  size_t partitions() const { return partitions_.size(); }
  // The shortest rest of a lease that any node told; -1 before the first look.
  int64_t shortest_lease_ms() const { return shortest_lease_ms_; }

 private:
  struct Seen {
    int leader = -1, leader_epoch = -1, partition_epoch = -1;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  void look_at_brokers(const control::Status& status);
  void look_at_partitions(const control::Status& status);
  void look_at_failovers(const control::Status& status);

  Instant since_;
  std::map<int, int64_t> broker_epochs_;
  std::map<std::string, Seen> partitions_;  // by topic id and index
  int controller_ = -1, controller_epoch_ = -1;
  std::set<std::string> found_;
  uint64_t looks_ = 0;
  int64_t shortest_lease_ms_ = -1;
};

class Vigil {
 public:
  // The cluster must outlive the vigil.
  Vigil(const cluster::Cluster& cluster, Instant since) : cluster_(cluster), signs_(since) {}

  // Asks every node, all at once. Returns how many did not answer within the time.
  size_t look(std::chrono::milliseconds at_most);
  const Signs& signs() const { return signs_; }

 private:
  const cluster::Cluster& cluster_;
  Signs signs_;
};

}  // namespace baton::drills
