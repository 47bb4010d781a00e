// A whole cluster for one test, as `baton up` makes it: real brokers, a real ZooKeeper of its own, on free ports of the loopback
// interface, in a temporary directory. Whatever state the test leaves it in, all of it is killed at the end; after a failure the
// last words of every process are shown. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "cli/cluster/cluster.h"
#include "controller/messages/control.pb.h"
#include "drills/scenarios/bed.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace baton::rig {

// For tests in which deaths alone are tried: a store that stands still for seconds, on a disk that is busy with something else,
// deposes nobody. What has to be noticed by silence would take as long.
std::map<std::string, std::string> patient(std::map<std::string, std::string> settings = {});

class LocalCluster {
 public:
  // Returns when it is ready; throws when it does not get so.
  explicit LocalCluster(std::map<std::string, std::string> settings = {}, int brokers = 3)
      : LocalCluster(std::move(settings), brokers, {}) {}
  // With a ZooKeeper that is there already.
  explicit LocalCluster(const std::string& zookeeper) : LocalCluster({}, 3, zookeeper) {}
  // As asked for, but for the ports.
  explicit LocalCluster(cluster::UpOptions options);
  ~LocalCluster();
  LocalCluster(const LocalCluster&) = delete;
  LocalCluster& operator=(const LocalCluster&) = delete;

  cluster::Cluster& cluster() { return *cluster_; }
  drills::Place place() const { return drills::Place::of(*cluster_); }
  std::string bootstrap() const { return cluster_->description().bootstrap(); }
  cluster::ClusterState state() const { return cluster_->state(); }
  const support::TempDir& dir() const { return dir_; }

  // The broker's own process, and its supervisor's where it has one.
  cluster::ProcessId broker(int id) const { return cluster_->description().broker(id)->own(); }
  cluster::ProcessId keeper(int id) const { return cluster_->description().broker(id)->process; }
  cluster::ProcessId zookeeper() const { return cluster_->description().zookeeper.process; }
  client::Address address(int id) const { return {"127.0.0.1", cluster_->description().broker(id)->port}; }
  // What this very node says, if it answers within a second.
  std::optional<control::Status> ask(int id) const;

  // kill -9, and waits until it is gone.
  void kill(const cluster::ProcessId& process);
  // kill -9 of every process, ZooKeeper first among them, all before any of them is waited for.
  void kill_everything();
  // Starts what does not run and waits until all is well again.
  void start_everything();
  void await_health();

  // Another process of a broker's program with that broker's properties, some of them overridden.
  support::ChildProcess start_another(int id, const std::map<std::string, std::string>& overrides, const std::string& output);

 private:
  LocalCluster(std::map<std::string, std::string> settings, int brokers, const std::optional<std::string>& zookeeper);
  void show_last_words() const;

  support::TempDir dir_;
  std::optional<cluster::Cluster> cluster_;
};

// The first of a range of ports such that those of a cluster (see Cluster) are all free now. They lie below those that the system
// gives to clients, so that no outgoing connection takes one meanwhile.
int free_port_base(int brokers);

}  // namespace baton::rig
