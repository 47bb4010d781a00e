// The coordination store over a simulated network: one history (MemoryTree), and for each process a client with latency,
// sessions that expire when the server has not heard of it for the time-out, lost replies and cut connections.
//
// A call in flight when the connection breaks is answered kConnectionLoss, and whether it took effect is chance: that is
// the trap which the protocol has to survive. Calls and replies of one session keep their order.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "base/random.h"
#include "controller/coordination/memory_tree.h"
#include "tests/simulation/links.h"
#include "tests/simulation/scheduler.h"

namespace baton::simulation {

class SimStore {
 public:
  struct Sink {
    std::function<void(store::StoreEvent)> happened;
    std::function<void(uint64_t call, store::Reply)> replied;
    std::function<bool()> running;  // neither dead nor paused
  };
  // Every multi that took effect, before its reply leaves.
  using Observer = std::function<void(int process, const store::Multi&, const store::Reply&)>;

  SimStore(Scheduler& scheduler, Links& links, Random& random, Duration session_timeout);

  void open(int process, Sink sink);
  void close(int process);   // in good order: ephemerals vanish at once
  void forget(int process);  // the process died: the server finds out by the time-out
  void submit(int process, uint64_t call, store::Request request);

  // ---- faults -----------------------------------------------------------------------------------------------------------
  void set_down(bool down) { down_ = down; }
  void break_connection(int process);  // what is in flight becomes unclear; the client reconnects by itself
  void lose_next_reply(int process) { clients_[process].lose_next_reply = true; }
  // The next reply to a multi that touches this path is lost although it took effect.
  void lose_reply_touching(int process, std::string path) { clients_[process].lose_touching = std::move(path); }
  void expire(int process);

  void observe(Observer observer) { observer_ = std::move(observer); }
  // A process asks, at the moment at which it has decided to.
  std::function<void(int process, const store::Request&)> submitted;
  const store::MemoryTree& tree() const { return tree_; }
  store::MemoryTree& tree() { return tree_; }
  int owner(store::SessionId session) const;

 private:
  struct Call {
    uint64_t number = 0;
    bool answered = false;
  };
  struct Client {
    Sink sink;
    store::SessionId session = 0;
    int generation = 0;  // of the connection: what belongs to a former one is not delivered
    bool open = false;
    bool connected = false;
    Instant last_touch{};
    Instant next_request{};  // order within the session
    Instant next_reply{};
    std::deque<std::shared_ptr<Call>> in_flight;
    std::deque<store::WatchFired> missed;
    bool broken = false;  // something was dropped on the way: the connection does not survive it
    bool lose_next_reply = false;
    std::string lose_touching;
  };

  void beat();
  void connect(int process, int generation);
  void disconnect(int process);
  void apply(int process, int generation, std::shared_ptr<Call> call, const store::Request& request);
  void deliver(int process, int generation, std::shared_ptr<Call> call, store::Reply reply);
  void watch(int process, store::SessionId session, const store::WatchFired& fired);
  bool reachable(int process) const { return !down_ && links_.both(process, kStore); }
  Duration latency();

  Scheduler& scheduler_;
  Links& links_;
  Random& random_;
  Duration session_timeout_;
  store::MemoryTree tree_;
  std::map<int, Client> clients_;
  std::map<store::SessionId, int> owners_;
  std::map<store::SessionId, Instant> orphaned_;  // of dead processes
  Observer observer_;
  bool down_ = false;
};

}  // namespace baton::simulation
