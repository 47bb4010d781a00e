// Listens and spreads accepted connections over reactors. The number of connections is finite.
//
// Threading: listen(), start() and stop() from the owning thread; the handler is called on the reactors' threads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/network/connection.h"

namespace baton::network {

using FrameHandler = Function<void(const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame)>;

struct ServerOptions {
  ConnectionLimits limits;
  ListenOptions listen;
  int connections_max = 10'000;
  int connections_per_host_max = 2'000;
};

class Server {
 public:
  // REQUIRES: the reactors outlive the server, and the server is destroyed after they have stopped.
  Server(std::vector<Reactor*> reactors, ServerOptions options, FrameHandler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds; the address really bound (its port, when 0 was asked for). Nothing is accepted before start().
  Result<Address> listen(const Address& at);
  void start();
  // Closes listeners and connections, on their reactors; returns at once.
  void stop();
  int connections() const { return *connections_; }
  int64_t held_bytes() const { return budget_->bytes; }

 private:
  struct Lane;
  struct Listener;
  void accept(Listener& listener);
  // A place for one more connection of the peer; empty: there is none, and it has been logged.
  std::shared_ptr<void> seat_for(const Fd& fd);

  std::vector<Reactor*> reactors_;
  ServerOptions options_;
  FrameHandler handler_;
  std::shared_ptr<HeldBytes> budget_ = std::make_shared<HeldBytes>();
  // Counters are shared with the seats that connections hold, which may outlive the server in a reactor's queue.
  std::shared_ptr<std::atomic<int>> connections_ = std::make_shared<std::atomic<int>>(0);
  // By peer's host; the accepting thread's own.
  std::map<std::string, std::shared_ptr<std::atomic<int>>> hosts_;
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  size_t next_lane_ = 0;
};

}  // namespace baton::network
