// A few candidates in a simulated world: the very electors that ship, the very claim, a store in memory, a network that delays, loses and
// cuts, processes that crash, restart and are stopped. Deterministic: a seed is a run.
//
// With the claim, a node believes that it leads while its claim rules, and what it writes goes through the store under the check of its
// epoch. Without, it believes while it is nominated, and writes to a resource that believes it: that is how each algorithm fares alone.
//
// A leader writes in two steps, as programs do: it looks whether it leads, and a little later the write leaves. A process may be stopped
// between the two. What a judge of such runs must hold against them is counted in Tally, and told as it happens to whoever watches.
//
// Nodes are numbered from 1. Single-threaded.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "controller/coordination/memory_tree.h"
#include "controller/election/claim.h"
#include "drills/lab/electors.h"

namespace baton::lab {

struct Conditions {
  std::string elector = "zookeeper";
  int nodes = 5;
  uint64_t seed = 1;
  bool claim = true;
  // One way, on the mean; each message takes between half and one and a half of it, or exactly it if `even`.
  Duration delay = std::chrono::milliseconds(1);
  bool even = false;
  election::ElectionTiming timing{std::chrono::milliseconds(20), std::chrono::milliseconds(100), std::chrono::milliseconds(10)};
  Duration session_timeout = std::chrono::milliseconds(100);
  Duration flush = std::chrono::microseconds(200);       // what fsync takes
  Duration write_every = std::chrono::milliseconds(10);  // of a leader
  Duration write_thinks = std::chrono::milliseconds(2);  // from its look at its right until the write leaves
  std::vector<int> order;                                // of the ring; empty: 1, 2, 3, …
  std::map<int, int> priorities;                         // of nodes; 0 unless given
  bool trace = false;                                    // keep what happened, for a diagram
};

constexpr size_t kMessageKinds = 5;

struct Tally {
  std::array<int64_t, kMessageKinds> messages{};  // sent, by election::MessageKind
  std::array<int64_t, kMessageKinds> bytes{};
  int64_t store_reads = 0;
  int64_t store_writes = 0;
  int64_t notifications = 0;     // watches that fired
  std::vector<int64_t> handled;  // messages received, by node; [0] is the store's calls
  int64_t nominations = 0;
  int64_t changes = 0;             // of who believes that it leads
  int64_t double_nominations = 0;  // how often a second was nominated beside one that acts and has looked at its clock
  int64_t doubles = 0;             // how often a second began to believe while one did
  Duration double_time{};
  Duration leaderless_time{};
  int64_t writes = 0;                   // that took effect
  int64_t deposed_writes = 0;           // of a leader after a later one had written
  std::vector<std::string> violations;  // two rulers of an epoch, an epoch that fell
  std::vector<Duration> led;            // by node
  int64_t sent(election::MessageKind kind) const { return messages[static_cast<size_t>(kind)]; }
};

// One line of a diagram.
struct TraceEvent {
  enum class Kind : uint8_t { kMessage, kStore, kBelief, kFault };
  Kind kind = Kind::kMessage;
  Instant at{};
  Instant arrives = Instant::never();  // of a message; never: it was lost
  int from = 0;                        // 0: the store
  int to = 0;
  std::string name;
  std::string words;
  election::MessageKind of = election::MessageKind::kElection;
};

class Simulation {
 public:
  explicit Simulation(Conditions setup);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  void start_all();
  void start(int node);
  void crash(int node);  // kill -9; what was durable stays
  void pause(int node);
  void resume(int node);
  // Messages from one to the other are lost, until mended.
  void cut(int from, int to) { cuts_.insert({from, to}); }
  void mend(int from, int to) { cuts_.erase({from, to}); }
  void cut_from_store(int node);
  void mend_to_store(int node);
  void set_loss(double probability) { loss_ = probability; }
  // No two groups hear of each other; the store belongs to the group that holds 0, and to all if none does.
  void partition(const std::vector<std::vector<int>>& groups);
  // Everything: cuts, pauses, losses, crashed nodes.
  void heal();
  void give(int node, const election::ElectorEvent& event);
  void note(const std::string& what, int node);  // a line of the trace

  void run_for(Duration time);
  // False: the limit came first.
  bool run_until(const std::function<bool()>& done, Duration limit);

  Instant now() const { return now_; }
  bool alive(int node) const;
  bool paused(int node) const;
  bool nominated(int node) const;
  bool believes(int node) const;  // and can act
  std::vector<int> believers() const;
  std::vector<int> nominees() const;
  int nodes() const { return setup_.nodes; }
  const Conditions& setup() const { return setup_; }
  const Tally& tally();  // up to now
  const std::vector<TraceEvent>& trace() const { return trace_; }
  const store::MemoryTree& tree() const { return tree_; }
  // What the elector of this node said of transfers, since the last call.
  std::vector<std::string> take_transfers(int node);
  std::string guid(int node) const;

 private:
  struct Node;
  struct Deliver {
    int from;
    std::string message;
  };
  struct StoreArrives {
    election::StoreCall call;
    store::SessionId session;  // it was made on
  };
  struct Tell {
    std::variant<election::StoreReplied, store::StoreEvent> what;
  };
  struct OpenSession {};
  struct SessionDue {
    store::SessionId session;
    uint64_t silence;
  };
  struct Wake {};
  struct LookToWrite {
    int64_t belief;
  };
  struct Write {
    int64_t right;  // the number of the belief, or the epoch
    StoreVersion version;
  };
  struct Persisted {
    uint64_t number;
    std::string state;
  };
  using What = std::variant<Deliver, StoreArrives, Tell, OpenSession, SessionDue, Wake, LookToWrite, Write, Persisted>;
  struct Event {
    Instant at;
    uint64_t order;
    int node;
    uint64_t life;  // of the node
    What what;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const { return std::tie(a.at.ns, a.order) > std::tie(b.at.ns, b.order); }
  };

  void schedule(Instant at, int node, What what);
  void happen(Event& event);
  void on(Node& node, Deliver& message);
  void on(Node& node, StoreArrives& arriving);
  void on(Node& node, Tell& told);
  void on(Node& node, OpenSession&);
  void on(Node& node, SessionDue& due);
  void on(Node& node, Wake&);
  void on(Node& node, LookToWrite&);
  void on(Node& node, Write& write);
  void on(Node& node, Persisted& persisted);

  void step(Node& node, const election::ElectorEvent& event);
  void step_claim(Node& node, const election::ClaimEvent& event);
  void carry_out(Node& node, const election::ElectorDecisions& decisions);
  void carry_out(Node& node, const election::ClaimDecisions& decisions);
  void send(Node& node, const election::Send& message);
  void call_store(Node& node, election::StoreCall call);
  void tell(Node& node, std::variant<election::StoreReplied, store::StoreEvent> what);
  void out_of_contact(Node& node);
  void plan_wake(Node& node);
  void believe(Node& node, bool leads);
  void account();
  void judge_write(Node& node, int64_t right);
  Duration some_delay();
  Node& at(int node) { return *nodes_[static_cast<size_t>(node)]; }
  const Node& at(int node) const { return *nodes_[static_cast<size_t>(node)]; }

  Conditions setup_;
  const election::ElectorKind* kind_;
  SeededRandom random_;
  store::MemoryTree tree_;
  std::vector<std::unique_ptr<Node>> nodes_;  // [0] is unused
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  uint64_t order_ = 0;
  Instant now_{1'000'000'000};
  Instant accounted_{1'000'000'000};
  std::set<std::pair<int, int>> cuts_;
  double loss_ = 0;
  Tally tally_;
  std::vector<TraceEvent> trace_;
  int64_t beliefs_ = 0;        // numbered as they begin
  int64_t written_right_ = 0;  // the highest that has written
  int32_t last_epoch_ = 0;
  std::map<int32_t, int> ruler_of_;
};

}  // namespace baton::lab
