// One simulated process: a node (the whole manager), its host, and what the machine gives them. It can be killed, started
// again, paused and resumed. While paused it gets nothing; what arrives waits, as in a kernel's buffers.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "controller/runtime/node.h"
#include "tests/simulation/network.h"
#include "tests/simulation/sim_store.h"

namespace baton::simulation {

// What survives a kill: the machine and its disk.
struct Machine {
  int boot = 1;
  Uuid data_directory;
  uint64_t lock_inode = 0;
  std::string promises;  // of its candidate to others, as bytes of the file; empty: none
};

// The broker behind the plugin's waist. Told its roles; asks through `submit`.
class SimHost {
 public:
  virtual ~SimHost() = default;
  virtual void event(Instant now, const control::Event& event) = 0;
  virtual void lease(Instant until) = 0;
  // The process is gone; nothing is said to the host any more.
  virtual void killed() {}
  // What it held on its disk at the start (R9).
  virtual std::vector<control::ReplicaEnd> replicas() { return {}; }
  std::function<void(control::Request)> submit;
  std::function<void()> stopped;
};

class SimProcess {
 public:
  struct World {
    Scheduler& scheduler;
    SimStore& store;
    Network& network;
  };

  SimProcess(int id, World world, uint64_t seed) : id_(id), world_(world), random_(seed) {}

  // Starts a new life. `machine` says where and outlives the process; the host is made anew each time.
  void start(Machine& machine, node::NodeConfig config, std::unique_ptr<SimHost> host);
  void kill();
  // In good order: resigns, closes its session, and is gone.
  void shut_down();
  void pause() { paused_ = true; }
  void resume();

  int id() const { return id_; }
  bool alive() const { return node_ != nullptr; }
  bool running() const { return alive() && !paused_; }
  bool paused() const { return paused_; }
  int life() const { return life_; }
  node::Node* node() { return node_.get(); }
  SimHost* host() { return host_.get(); }
  Incarnation incarnation() const { return incarnation_; }
  Instant lease_until() const { return lease_until_; }
  const std::optional<std::string>& fatal() const { return fatal_; }
  void deliver(node::Event event);
  // Runs in this process: at once, or when it is resumed; never if it dies before.
  void run(std::function<void()> task);

 private:
  void handle(const node::Event& event);
  void carry_out(node::Effects effects);
  void carry_out_one(node::Effect& effect);
  // Later, in this life only, and never while paused.
  void soon(Duration delay, std::function<void()> task);

  int id_;
  World world_;
  SeededRandom random_;
  Machine* machine_ = nullptr;
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<SimHost> host_;
  std::deque<std::function<void()>> inbox_;
  bool paused_ = false;
  int life_ = 0;
  uint64_t wake_number_ = 0;
  Incarnation incarnation_;
  Instant lease_until_{};
  std::optional<std::string> fatal_;
};

}  // namespace baton::simulation
