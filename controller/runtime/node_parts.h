// What a node is made of, and how its parts speak to each other. Private to the node's own files: node.cc has the events as they come,
// node_candidacy.cc who is to rule. Single-threaded, pure as the node is.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "controller/agent/agent.h"
#include "controller/election/claim.h"
#include "controller/election/election_log.h"
#include "controller/runtime/census.h"
#include "controller/runtime/election_cause.h"
#include "controller/runtime/node.h"
#include "controller/runtime/node_events.h"
#include "controller/runtime/peer_desk.h"
#include "controller/runtime/ruler.h"
#include "controller/runtime/supervisor_desk.h"
#include "controller/runtime/transfer_desk.h"

namespace baton::node {

// Store calls are numbered in ranges, so that a reply finds its asker; the agent has one of its own (agent/calls.h).
constexpr uint64_t range(uint8_t part) {
  return uint64_t{part} << 56;
}
inline constexpr uint64_t kElectorCalls = range(0xE1);
inline constexpr uint64_t kClaimCalls = range(0xC1);
inline constexpr uint64_t kRulerCalls = range(0x91);
inline constexpr uint64_t kLayoutCalls = range(0x1A);
inline constexpr uint64_t kCensusCalls = range(0xCE);

constexpr bool in_range(uint64_t call, uint64_t which) {
  return (call >> 56) == (which >> 56);
}

struct Node::Parts {
  Parts(NodeConfig given, Random& source);

  // Events, as they come.
  void on(const StoreReplied& event);
  void on(const StoreHappened& event);
  void on(const StreamConnected& event);
  void on(const StreamClosed& event);
  void on(const FrameReceived& event);
  void on(const DeathProven& event);
  void on(const HostRequested& event);
  void on(const HostStopped& event);
  void on(const ElectionKept& event);
  void on(const Woken& event);
  void on(const ShutdownRequested&);

  // Who is to rule: what the elector and the claim say to each other, and what becomes of it (node_candidacy.cc).
  election::ClaimOptions claim_options();
  TransferDesk make_transfers();
  void hold_rule(bool on);
  std::string candidate() const;
  std::unique_ptr<election::Elector> make_elector();
  void begin_candidacy(Instant at);
  void begin_election();
  void tell_elector(const election::ElectorEvent& event);
  void tell_claim(const election::ClaimEvent& event);
  void end_rule(std::string_view why);
  void begin_rule();
  void hear_peer(const FrameReceived& event);

  // The agent, and what any node answers.
  void tell_agent(const Event& event);
  void pass_on(Effect effect);
  void lay_out();
  void reply(StreamId stream, control::Response response);
  std::optional<control::Response> own_answer(const control::Request& request);
  control::Response status(const control::Request& request);
  control::Response measurements(uint64_t correlation);

  // After every event; the end.
  void finish();
  void take_reports();
  void see_to_transfers();
  void settle();

  int64_t wall_us(Instant at) const;
  uint64_t next_call(uint64_t which);

  NodeConfig config;
  Random& random;
  agent::Agent agent;
  std::unique_ptr<election::Elector> elector;
  std::optional<PeerDesk> peers;             // where the elector asks its peers
  Instant election_from = Instant::never();  // such an elector begins then, once the cluster is known
  std::optional<store::SessionChanged> session;
  election::Claim claim;
  election::ElectionLog elections;
  std::optional<election::Ruling> won;
  ElectionStart won_how;
  std::unique_ptr<Ruler> ruler;
  SupervisorDesk desk;
  TransferDesk transfers;
  Census census{[this] { return next_call(kCensusCalls); }};
  Timeline timeline;
  std::set<Incarnation> proven_dead;
  ElectionCause cause;
  int64_t expirations = 0;  // of sessions
  uint64_t last_call = 0;
  bool laid_out = false;
  bool ending = false;
  Instant end_at = Instant::never();
  Instant wake_said = Instant::never();
  Instant now{};
  Duration wall_offset{};  // the wall clock less the clock of the events, as at the start
  Effects out;
};

}  // namespace baton::node
