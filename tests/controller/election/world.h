// A few processes, each an elector, a claim and a hand-over wired together as a node wires them, against one tree in memory. The test
// decides when each request reaches the tree and when each answer comes back; run() does all that is waiting, in turn.
//
// After every step the world looks for two rulers of one epoch and for an epoch that does not grow. What the processes
// say is kept as lines ("a rules 1") for tests that read as transcripts.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "controller/coordination/memory_tree.h"
#include "controller/election/catalog.h"
#include "controller/election/claim.h"
#include "controller/election/handover.h"

namespace baton::election {

class World {
 public:
  enum class Fate { kAnswered, kLostBefore, kLostAfter };

  struct Process {
    std::string name;  // and GUID
    std::unique_ptr<Elector> elector;
    std::unique_ptr<Claim> claim;
    Handover handover;
    bool writing = false;  // its last write is in flight: not drained before finish_write()
    store::SessionId session = 0;
    bool connected = false;
    bool running = false;
    std::deque<StoreCall> requests;                                        // on their way to the store
    std::deque<std::variant<StoreReplied, store::StoreEvent>> deliveries;  // on their way back
    std::vector<Candidate> queue;                                          // as last told
  };

  // Each process's elector, by its name of the catalog.
  explicit World(std::string elector = "zookeeper");

  // A process that starts with a fresh session.
  void start(const std::string& name);
  // Its end, as kill -9 is: the session lives on until expire().
  void crash(const std::string& name);
  void prove_death(const std::string& name);

  void give(const std::string& name, const ElectorEvent& event);
  void give_claim(const std::string& name, const ClaimEvent& event);
  // As an operator asks its ruler.
  void hand_over(const std::string& name, const std::string& heir);
  void finish_write(const std::string& name);

  // One request takes effect (or gets lost), or one delivery arrives. False if there is none.
  bool serve(const std::string& name, Fate fate = Fate::kAnswered);
  bool deliver(const std::string& name);
  // Serves all that wait until the world stands still, without letting time pass.
  void run();
  // Also lets time pass, from one wake-up to the next, for so long.
  void run_for(Duration time);
  void wake(const std::string& name);

  // The connection breaks: what is under way is answered with kConnectionLoss, applied or not.
  void disconnect(const std::string& name);
  // And is there again, on the old session if that lives, else after kExpired on a new one.
  void reconnect(const std::string& name);
  void expire(const std::string& name) { tree.expire(process(name).session); }

  Process& process(const std::string& name) { return processes_.at(name); }
  std::vector<std::string> names() const;
  // Who rules by its own belief.
  std::vector<std::string> rulers() const;
  std::vector<std::string> queue() const;  // GUIDs, first to last
  int64_t owner_of_controller() const;
  std::string take_log();

  store::MemoryTree tree;
  Instant now{1'000'000'000};
  // Broken promises, in words.
  std::vector<std::string> violations;

 private:
  void say(const std::string& line) { log_ += line + "\n"; }
  void carry_out(Process& process, const ElectorDecisions& decisions);
  void carry_out(Process& process, const ClaimDecisions& decisions);
  void tell_handover(Process& process, const HandoverEvent& event);
  void drain(Process& process);
  void open_session(Process& process);
  void check_epoch();

  const std::string elector_;
  SeededRandom random_{1};  // of the electors
  std::map<std::string, Process> processes_;
  std::map<int32_t, std::string> ruler_of_;
  int32_t last_epoch_ = -1;
  std::string log_;
};

}  // namespace baton::election
