// The broker's side of being watched. Every reactor, and the manager's thread, gives a sign of life a few times within the stall
// time-out, on the board. A thread of its own looks at them from within, since the supervisor can only kill: where a shard hangs
// or waits for the disk while the manager's thread still runs, the broker gives its leaderships up. It also watches the tie to
// the supervisor.
//
// Threading: watch(), begin() and end() by the owner; the host's functions are called on the thread of the pulse.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "base/network/reactor.h"
#include "broker/supervision/board.h"

namespace baton::supervision {

class Pulse {
 public:
  struct Host {
    // The manager's thread is to call `alive` soon.
    std::function<void(Task alive)> ask_manager;
    // A shard makes no progress, or makes it again.
    std::function<void(bool stalled)> stalled;
  };
  // `board` outlives the pulse. `severed_fd`: see lifeline.h; -1: there is no supervisor.
  Pulse(Board& board, StallConfig config, int severed_fd, Host host);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  // Watches the reactor's thread until end().
  void watch(network::Reactor& reactor, const std::string& name);
  // Once the manager is open.
  void begin();
  // The threads may rest: nothing is judged any more. Before the manager closes and the reactors stop; idempotent.
  void end();

 private:
  struct Timed;
  void run();
  void look(Instant now, Instant due);
  void tell(bool stalled);
  void ask_manager();

  Board& board_;
  const StallConfig config_;
  const int severed_fd_;
  Host host_;
  SystemClock clock_;
  StallJudge judge_;
  std::vector<std::shared_ptr<Timed>> timed_;
  std::shared_ptr<std::atomic<bool>> asked_ = std::make_shared<std::atomic<bool>>(false);  // the manager has not answered yet
  bool told_stalled_ = false;
  std::atomic<bool> ending_{false};
  int wake_fd_ = -1;
  std::thread thread_;
};

}  // namespace baton::supervision
