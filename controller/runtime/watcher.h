// R6, the watcher's side: an accepted watch connection. Tries the way on which it would look for the process, answers the
// hello once, then never writes on it again, and brings what the sockets show to the proof.
//
// Threading: on its reactor's thread only.
#pragma once

#include <memory>

#include "controller/runtime/control_connection.h"
#include "controller/runtime/proof.h"

namespace baton::node {

// Who answers on this process's control listener.
struct Self {
  BrokerId id;
  Incarnation incarnation;
};
control::Frame watch_reply(const Self& self);

class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  // `on_over(true)`: proven; `on_over(false)`: this connection proves nothing any more. Called once, last.
  using OnOver = Function<void(BrokerId, const Incarnation&, bool proven)>;
  Watcher(network::Reactor& reactor, OnOver on_over);

  // Takes over an accepted connection whose first frame was this hello. `adopt` routes the connection's further events
  // here: ended() and heard().
  void begin(std::shared_ptr<ControlConnection> connection, const control::WatchHello& hello, const Self& self);
  void ended(ControlConnection::End how);
  void heard();
  void close();

 private:
  void act(Proof::Verdict verdict);
  void watch();
  void reconnect();
  void reconnected(ControlConnection::End how, bool connected);

  network::Reactor& reactor_;
  OnOver on_over_;
  Self self_;
  Proof proof_;
  bool verifying_ = false;  // the hello was right, the way there is not tried yet
  network::Address watched_at_;
  std::shared_ptr<ControlConnection> connection_;
  std::shared_ptr<ControlConnection> probe_;
  network::Timer timer_;
  bool probing_again_ = false;
};

}  // namespace baton::node
