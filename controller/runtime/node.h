// A node: the whole manager of one process as a pure core. It holds the elector and the claim (who may rule), the agent
// (this process's broker: registration, lease, control stream, roles) and, while this process rules, the controller behind
// its fenced door.
//
// The shell (shell.h), or the simulator, turns the world into events and effects into the world; see events.h of the agent.
// Single-threaded; no clock, socket, file or thread inside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "controller/agent/config.h"
#include "controller/agent/events.h"
#include "controller/decision/controller.h"
#include "controller/decision/kill_grants.h"
#include "controller/election/preference.h"
#include "controller/election/standing_elector.h"
#include "controller/runtime/peer_links.h"

namespace baton::agent {
class Image;
}

namespace baton::node {

struct NodeConfig {
  agent::Config agent;
  decision::ControllerConfig controller;
  // A nominee that does not rule within this time abdicates, with back-off (R2).
  Duration claim_timeout = std::chrono::milliseconds(2000);
  // How long hung brokers' supervisors may act on a leave to kill.
  decision::KillGrantsConfig kills;
  // Give up candidacy altogether: a broker that is no controller.
  bool candidate = true;
  // Microseconds since 1970, for what people read; empty: counted on from `agent.started_wall_ms`.
  std::function<int64_t()> wall_us;
  int32_t priority = 0;                // of this candidate (controller.priority)
  std::string election = "zookeeper";  // an elector of election/catalog.h
  election::ElectionTiming timing;     // of any but zookeeper
  std::vector<VoterAddress> voters;    // where candidates ask each other; this one among them
  // What the file of KeepElection held at the start; none: there was no file.
  std::optional<control::ElectionMemory> remembered;
  election::PreferenceOptions preference;
};

class Node {
 public:
  // `random` must outlive the node.
  Node(NodeConfig config, Random& random);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Once, before any event: opens the session and says who we are.
  Effects start(Instant now);
  Effects step(Instant now, const Event& event);

  // The epoch under which this node rules, none if it does not. For assertions, status and the simulator's invariants.
  ControllerEpoch ruling() const;
  // While it rules: its controller, for the simulator's invariants; nullptr otherwise.
  const decision::Controller* controller() const;
  // Of its rule: how many pages it had to read, and how many were as its image had them.
  struct LoadedPages {
    size_t read = 0;
    size_t kept = 0;
  };
  LoadedPages loaded_pages() const;
  // What it knows of the cluster, for the same.
  const agent::Image& image() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace baton::node
