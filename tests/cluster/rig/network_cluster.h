// A cluster whose processes each sit on a host of their own, with a firewall between them (see NetworkLab): ZooKeeper, used under a
// chroot, and brokers that listen everywhere and advertise their host's address. The test's clients reach every host at all times.
// All of it is killed at the end; after a failure the last words of every process are shown. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/cluster/status.h"
#include "controller/messages/control.pb.h"
#include "drills/scenarios/bed.h"
#include "tests/support/child_process.h"
#include "tests/support/network_lab.h"
#include "tests/support/temp_dir.h"
#include "tests/support/zookeeper_server.h"

namespace baton::rig {

class NetworkCluster {
 public:
  // Brokers 1 to `brokers`. Returns when all are live; throws when they do not get so.
  // With three servers of ZooKeeper each broker knows but one of them: broker 1 the first, and so on.
  explicit NetworkCluster(int brokers = 3, std::map<std::string, std::string> settings = {}, const std::string& chroot = "/baton/test",
                          int zookeepers = 1);
  ~NetworkCluster();
  NetworkCluster(const NetworkCluster&) = delete;
  NetworkCluster& operator=(const NetworkCluster&) = delete;

  // Host numbers for the firewall.
  int host(int broker) const { return broker; }
  // The brokers' hosts come first where there are several servers, and the servers after them.
  int zookeeper_host(int server = 0) const { return server == 0 ? 0 : brokers_count_ + server; }
  support::ZooKeeperServer& zookeeper(int server = 0) { return *zookeepers_.at(static_cast<size_t>(server)); }
  int server_of(int broker) const { return (broker - 1) % static_cast<int>(zookeepers_.size()); }
  support::NetworkLab& lab() { return lab_; }

  drills::Place place();
  std::string bootstrap() const;
  // As the node that is furthest sees it.
  cluster::ClusterState state() const;
  // What this very node says.
  std::optional<control::Status> ask(int broker) const;
  // As the brokers know it, the chroot included.
  std::string zookeeper_connect(int server = 0) const { return zookeepers_.at(static_cast<size_t>(server))->connect_string() + chroot_; }
  std::string log_of(int broker) const;
  void await_health();

 private:
  std::map<std::string, std::string> properties_of(int broker) const;
  void start_zookeepers(int count);
  void start(int broker);

  support::TempDir dir_;
  support::NetworkLab lab_;
  std::map<std::string, std::string> settings_;
  std::string chroot_;
  int brokers_count_;
  std::vector<std::unique_ptr<support::ZooKeeperServer>> zookeepers_;
  std::map<int, support::ChildProcess> brokers_;
};

}  // namespace baton::rig
