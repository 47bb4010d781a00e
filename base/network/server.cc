#include "base/network/server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/logging.h"

namespace baton::network {
namespace {

constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);
constexpr Duration kSweepMax = std::chrono::seconds(5);

}  // namespace

// The connections of one reactor.
struct Server::Lane : ConnectionOwner {
  Lane(Server& owner, Reactor& home) : server(owner), reactor(home), sweep(home) {}

  void adopt(Fd fd) {
    auto connection = std::make_shared<Connection>(reactor, std::move(fd), server.options_.limits, server.budget_, *this);
    connections.insert(connection);
    connection->start();
  }
  void on_frame(const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame) override {
    server.handler_(connection, ticket, std::move(frame));
  }
  void on_closed(Connection& connection) override {
    --server.connections_;
    connections.erase(connection.shared_from_this());
  }
  void schedule_sweep() {
    sweep.start(std::min<Duration>(server.options_.limits.idle_max / 2, kSweepMax), [this] {
      auto now = SystemClock().now();
      auto copy = connections;
      for (auto& connection : copy) connection->check_idle(now);
      schedule_sweep();
    });
  }
  void close_all() {
    sweep.cancel();
    auto copy = connections;
    for (auto& connection : copy) connection->close("");
  }

  Server& server;
  Reactor& reactor;
  Timer sweep;
  std::set<std::shared_ptr<Connection>> connections;
};

struct Server::Listener {
  Listener(Reactor& home, Fd socket) : reactor(home), fd(std::move(socket)), watch(home, fd.get()), retry(home) {}
  Reactor& reactor;
  Fd fd;
  Watch watch;
  Timer retry;
  bool closed = false;
};

Server::Server(std::vector<Reactor*> reactors, ServerOptions options, FrameHandler handler)
    : reactors_(std::move(reactors)), options_(options), handler_(std::move(handler)) {
  for (auto* reactor : reactors_) lanes_.push_back(std::make_shared<Lane>(*this, *reactor));
}
Server::~Server() = default;

Result<Address> Server::listen(const Address& at) {
  auto fd = listen_tcp(at);
  if (!fd) return tl::unexpected(fd.error());
  Address bound = local_address(fd->get());
  listeners_.push_back(std::make_shared<Listener>(*reactors_.front(), std::move(*fd)));
  return bound;
}

void Server::start() {
  for (auto& lane : lanes_) lane->reactor.post([lane] { lane->schedule_sweep(); });
  for (auto& listener : listeners_) listener->reactor.post([this, listener] { accept(*listener); });
}

void Server::stop() {
  for (auto& listener : listeners_) {
    listener->reactor.post([listener] {
      listener->closed = true;
      listener->watch.close();
      listener->retry.cancel();
      listener->fd.reset();
    });
  }
  for (auto& lane : lanes_) lane->reactor.post([lane] { lane->close_all(); });
}

void Server::accept(Listener& listener) {
  if (listener.closed) return;
  for (;;) {
    Fd fd = accept_tcp(listener.fd.get());
    if (!fd) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return listener.watch.when_readable([this, &listener] { accept(listener); });
      log::warn("can not accept a connection: {}", std::strerror(errno));
      return listener.retry.start(kAcceptRetry, [this, &listener] { accept(listener); });
    }
    if (++connections_ > options_.connections_max) {
      --connections_;
      log::warn("refusing a connection from {}: max.connections ({}) is reached", peer_address(fd.get()).to_string(),
                options_.connections_max);
      continue;
    }
    auto lane = lanes_[next_lane_++ % lanes_.size()];
    lane->reactor.post([lane, fd = std::move(fd)]() mutable { lane->adopt(std::move(fd)); });
  }
}

}  // namespace baton::network
