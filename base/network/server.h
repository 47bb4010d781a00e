// Listens and spreads accepted connections over reactors. The number of connections is finite.
//
// Threading: listen(), start() and stop() from the owning thread; the handler is called on the reactors' threads.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "base/network/connection.h"

namespace baton::network {

using FrameHandler = Function<void(const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame)>;

struct ServerOptions {
  ConnectionLimits limits;
  int connections_max = 10'000;
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
  int connections() const { return connections_; }

 private:
  struct Lane;
  struct Listener;
  void accept(Listener& listener);

  std::vector<Reactor*> reactors_;
  ServerOptions options_;
  FrameHandler handler_;
  std::shared_ptr<RequestBytes> budget_ = std::make_shared<RequestBytes>();
  std::atomic<int> connections_{0};
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  size_t next_lane_ = 0;
};

}  // namespace baton::network
