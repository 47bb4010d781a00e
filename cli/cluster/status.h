// The state of a cluster as its commands show it: what the nodes say of the image, joined with what the directory knows
// of processes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/cluster/directory.h"
#include "controller/messages/control.pb.h"

namespace baton::cluster {

struct BrokerState {
  int id = -1;
  int64_t epoch = -1;
  std::string maintenance;   // draining, decommissioned, or empty
  std::string state;         // live, joining (registered, takes no roles yet), killed (held down), down
  std::string address;       // host:port of its client listener
  pid_t pid = -1;            // -1: no such process
  int metadata_version = 0;  // the highest that it knows; 0: nobody said
};

// A controller that is no broker.
struct ControllerState {
  int id = -1;
  std::string state;    // rules, stands by, joining, killed (held down), down
  std::string address;  // host:port of its control listener
  pid_t pid = -1;
  int metadata_version = 0;  // as of a broker

  bool standing() const { return state == "rules" || state == "stands by"; }
};

struct PartitionState {
  std::string topic;
  int partition = -1;
  int leader = -1;
  int leader_epoch = -1;
  int partition_epoch = -1;
  std::vector<int> replicas;
  std::vector<int> isr;
  std::vector<int> eligible;  // to lead, beside the ISR
  int min_insync_replicas = 1;
  bool reassigning = false;  // replicas is the union of what it had and what it gets
};

struct ClusterState {
  std::string cluster_id;
  std::string bootstrap;
  int controller_id = -1;
  int controller_epoch = -1;
  int metadata_version = 0;  // the level of the metadata's forms; 0: nobody said
  int standing = -1;         // for election, where no controller is known; -1: nobody could say
  std::vector<BrokerState> brokers;
  std::vector<ControllerState> controllers;
  std::vector<PartitionState> partitions;  // by topic, then index

  // Why the cluster is not healthy, a sentence each; empty when it is.
  std::vector<std::string> ailments() const;
  // Where somebody knows more than the level: who keeps it there; empty otherwise.
  std::string why_no_higher_version() const;
  // Why there is no controller; empty where there is one.
  std::string why_uncontrolled() const;
  const PartitionState* partition(const std::string& topic, int index) const;
  // Why nobody leads it: whom it waits for. REQUIRES: it has no leader.
  std::string why_leaderless(const PartitionState& partition) const;
};

// Asks every broker whose process is alive, all at once, and believes the one that is furthest: highest controller epoch,
// the controller itself before others. None when nobody answered in time. Who hangs is not waited for once the answers suffice:
// the controller's own and those of more than half at its epoch; nor, where the controller hangs, for longer than a moment.
std::optional<control::Status> ask_anyone(const Description& description, std::chrono::milliseconds at_most);
// The directory's knowledge alone when `answer` is none.
ClusterState state_of(const Description& description, const std::optional<control::Status>& answer);

// Exactly the fields of the documented `status --json`.
std::string to_json(const ClusterState& state, int indent = 2);

}  // namespace baton::cluster
