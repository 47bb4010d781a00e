// Control streams and watch connections between processes, over links that can be cut, with latency, kills and pauses.
//
// A cut link delivers nothing and says nothing: what was sent waits, as TCP's retransmissions do, and arrives after healing.
// A killed process's connections end at once for whoever can be reached; that is the EOF that proof of death rests on (R6).
// Listeners answer as the kernel does: a dead process's port refuses, a paused one's accepts and says nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/random.h"
#include "controller/agent/events.h"
#include "tests/simulation/links.h"
#include "tests/simulation/scheduler.h"

namespace baton::simulation {

class Network {
 public:
  struct Process {
    std::function<bool()> alive;
    std::function<Incarnation()> incarnation;
    std::function<void(node::Event)> deliver;  // queues while paused
  };

  Network(Scheduler& scheduler, Links& links, Random& random) : scheduler_(scheduler), links_(links), random_(random) {}

  static std::string host_of(int process) { return "p" + std::to_string(process); }
  void attach(int id, Process process);
  void connect(int from, node::StreamId stream, const std::string& host);
  void send(int from, node::StreamId stream, control::Frame frame);
  void close(int from, node::StreamId stream);
  void watched_by(int watched, const node::WatchedBy& peers);
  // The watch connections of the former incarnation end; new ones will say the new name.
  void became(int watched, Incarnation former);
  void killed(int id);
  // A firewall resets the watch connections between two live processes, and rejects what is tried again (R6: silence).
  void forge_reset(int watched, int watcher);
  // The next delta to this process vanishes, as no stream would lose it: R7's numbering has to notice.
  void lose_next_delta(int to) { lose_delta_.insert(to); }
  int lost_deltas() const { return lost_deltas_; }
  // A frame is sent, whether or not it arrives; at the moment at which its sender has decided to.
  std::function<void(int from, int to, const control::Frame&)> sent;
  // Does a frame that was sent reach anybody? Set by the observer of what is told.
  std::function<void(int from, int to, const control::Frame&)> told;
  // A controller's frame reaches a broker that runs, on a stream which this incarnation opened.
  std::function<void(int to, const std::string& opened_by)> ruled;

 private:
  struct End {
    int process = 0;
    node::StreamId stream = 0;
    bool open = true;
    Instant next{};                 // order of what arrives at this end
    std::deque<node::Event> queue;  // under way to it, in order as a stream has them
  };
  struct Connection {
    End ends[2];
    std::string opened_by;  // the incarnation in the hello of a control stream
  };
  struct Watch {
    Incarnation incarnation;
    bool established = false;
  };
  using ConnectionId = uint64_t;

  Duration latency() { return std::chrono::microseconds(40 + random_.below(200)); }
  void arrive(ConnectionId id, int end, node::Event event);
  void drain(ConnectionId id, int end);
  void tell(Connection& connection, int end, const control::Frame& frame);
  void establish(int watched, int watcher, Incarnation incarnation);
  void ended(int watched, int watcher, Incarnation incarnation, bool by_reset);
  void reconnect(int watched, int watcher, Incarnation incarnation, bool by_reset, int tries);

  Scheduler& scheduler_;
  Links& links_;
  Random& random_;
  std::map<int, Process> processes_;
  std::map<ConnectionId, Connection> connections_;
  std::map<std::pair<int, node::StreamId>, ConnectionId> by_stream_;
  ConnectionId last_ = 0;
  node::StreamId last_accepted_ = 0;
  std::map<std::pair<int, int>, Watch> watches_;  // (watched, watcher)
  std::map<int, std::set<int>> wanted_;           // watched → watchers
  std::set<int> lose_delta_;
  int lost_deltas_ = 0;
};

}  // namespace baton::simulation
