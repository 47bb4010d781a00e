// What a cluster's directory holds: cluster.json (this file's structures), zookeeper/, and broker-N/ or controller-N/ with the
// process's properties, log file and data. The commands share it; whoever changes it holds its lock.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/cluster/process.h"

namespace baton::cluster {

// Controllers that are no brokers are numbered from here on, brokers below.
inline constexpr int kFirstController = 101;
// "broker 2", "controller 101".
std::string name_of_process(int id);

// A broker, or a controller by itself, which has no port for clients.
struct BrokerEntry {
  int id = -1;
  int port = 0;
  int control_port = 0;
  ProcessId process;        // what was started: the broker, or the supervisor that runs it as its child
  bool held = false;        // killed by `baton kill`: stays down until `baton start`
  bool supervised = false;  // a supervisor was started

  // The broker's own process, looked up anew: a supervisor may have started another one. pid -1: there is none at the moment.
  ProcessId own() const;
};

struct ZooKeeperEntry {
  std::string connect;  // host:port[,host:port…][/chroot]
  bool own = true;      // started by us, data in the directory
  int port = 0;         // when it is ours
  ProcessId process;
};

struct Description {
  std::string cluster_id;  // empty until a controller was seen
  int port_base = 0;
  std::map<std::string, std::string> settings;  // of `--set`, for every broker
  ZooKeeperEntry zookeeper;
  std::vector<BrokerEntry> brokers;      // in the order of their ids
  std::vector<BrokerEntry> controllers;  // that are no brokers, likewise
  // Ids of the candidates, where they elect the controller by asking each other; empty where they need not know each other.
  std::vector<int> voters;

  // Of either kind, brokers first.
  std::vector<const BrokerEntry*> processes() const;
  std::vector<BrokerEntry*> processes();
  const BrokerEntry* process(int id) const;
  BrokerEntry* process(int id);
  BrokerEntry* broker(int id);
  const BrokerEntry* broker(int id) const;
  std::string bootstrap() const;
};

class Directory {
 public:
  explicit Directory(const std::filesystem::path& path) : path_(std::filesystem::absolute(path).lexically_normal()) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path zookeeper() const { return path_ / "zookeeper"; }
  std::filesystem::path zookeeper_log() const { return zookeeper() / "zookeeper.log"; }
  // Of a broker or a controller.
  std::filesystem::path broker(int id) const { return path_ / (kind_of(id) + "-" + std::to_string(id)); }
  std::filesystem::path broker_log(int id) const { return broker(id) / (kind_of(id) + ".log"); }
  std::filesystem::path broker_properties(int id) const { return broker(id) / (kind_of(id) + ".properties"); }

  bool holds_cluster() const;
  // Errors say what to do: no cluster here, a file that is not ours.
  Result<Description> load() const;
  // Written aside and renamed, so that a reader never sees half a file.
  Status save(const Description& description) const;
  // Why a cluster may not be made here, in a sentence; no value when it may.
  Status may_hold_new_cluster() const;
  // Removes what a cluster wrote, and the directory itself if nothing else is left in it.
  void purge() const;

 private:
  static std::string kind_of(int id) { return id < kFirstController ? "broker" : "controller"; }
  std::filesystem::path path_;
};

// Held while a command changes the cluster; two commands at once wait for each other.
class DirectoryLock {
 public:
  // Blocks. Creates the directory if need be.
  explicit DirectoryLock(const Directory& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace baton::cluster
