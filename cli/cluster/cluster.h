// Operations on a whole cluster of one machine, as the commands and the drills use them. Each holds the directory's lock
// while it changes something and saves what it changed. Not thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/cluster/directory.h"
#include "cli/cluster/status.h"

namespace baton::cluster {

struct UpOptions {
  std::optional<int> brokers;      // 3 for a new cluster
  std::optional<int> controllers;  // beside them; none for a new cluster: the brokers are candidates then
  std::optional<int> port_base;    // 9092 for a new cluster
  std::optional<std::string> zookeeper;
  std::map<std::string, std::string> settings;
};

// Where a cluster's listeners are, from its port base: brokers from the base on, control listeners 100 above, the
// cluster's own ZooKeeper 99 above it, where each broker tells its metrics 200 above, and controllers that are no brokers from 300
// above on.
inline constexpr int kControlPorts = 100;
inline constexpr int kMetricsPorts = 200;
inline constexpr int kControllerPorts = 300;
inline constexpr int kZooKeeperPort = 99;
inline constexpr int kMaxBrokers = 99;
inline constexpr int kMaxControllers = 9;

using Progress = std::function<void(const std::string&)>;

class Cluster {
 public:
  // A cluster that is there. Error: none is.
  static Result<Cluster> open(const Directory& directory);
  // The one that is there, if it was made with the same options, else a new one. `warnings` gets a sentence for each setting that
  // is taken and has no effect.
  static Result<Cluster> open_or_create(const Directory& directory, const UpOptions& options, std::vector<std::string>* warnings = nullptr);

  const Directory& directory() const { return directory_; }
  const Description& description() const { return description_; }
  // Reads cluster.json again.
  Status refresh();

  // Starts what does not run, save brokers that `kill` holds down. Returns what it started.
  Result<std::vector<std::string>> start_missing(const Progress& progress);
  // Until every broker that is not held is live and there is a controller. Fails at once when a process dies.
  Status wait_until_ready(std::chrono::milliseconds at_most);
  // Until it has no ailments (brokers that are held down count as one).
  Status wait_until_healthy(std::chrono::milliseconds at_most);
  // Brokers in good order first (SIGTERM), all at once, then ZooKeeper; SIGKILL for what does not end.
  Status stop(const Progress& progress);

  // Ids of brokers and of controllers alike. The signal goes to that very process. With SIGKILL or SIGTERM it is held down until
  // start_broker.
  Status signal_broker(int id, int signal);
  // Marks a broker as held down without doing anything to it, for whoever then kills it himself. Returns its own process, which
  // its supervisor does not start anew.
  Result<ProcessId> hold_broker(int id);
  Status start_broker(int id);
  // A new broker with the next id, started.
  Result<int> add_broker();

  ClusterState state(std::chrono::milliseconds at_most = std::chrono::milliseconds(1000)) const;
  std::optional<control::Status> ask(std::chrono::milliseconds at_most = std::chrono::milliseconds(1000)) const {
    return ask_anyone(description_, at_most);
  }

 private:
  Cluster(Directory directory, Description description) : directory_(std::move(directory)), description_(std::move(description)) {}

  Status start_zookeeper_if_ours(const Progress& progress, std::vector<std::string>* started);
  Status spawn_broker(BrokerEntry& broker);
  Status check_cluster_id(const control::Status& answer);
  BrokerEntry new_entry(int id) const;

  Directory directory_;
  Description description_;
};

// The lines of a broker's properties file.
std::map<std::string, std::string> broker_properties(const Directory& directory, const Description& description, const BrokerEntry& broker);
// Error: the port is taken, with what to do.
Status check_port_free(int port);
// The program baton-broker, beside this program, or what BATON_BROKER names.
std::filesystem::path broker_program();

}  // namespace baton::cluster
