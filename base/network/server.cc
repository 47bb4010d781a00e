#include "base/network/server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/logging.h"

namespace baton::network {
namespace {

constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);
constexpr Duration kSweepMax = std::chrono::seconds(5);
// Hosts that are remembered before those without a connection are forgotten.
constexpr size_t kHostsKept = 1024;

}  // namespace

// The connections of one reactor.
struct Server::Lane : ConnectionOwner {
  Lane(Server& owner, Reactor& home) : server(owner), reactor(home), sweep(home) {}

  void adopt(Fd fd, std::shared_ptr<void> seat) {
    auto connection = std::make_shared<Connection>(reactor, std::move(fd), server.options_.limits, server.budget_, *this);
    connections.emplace(connection, std::move(seat));
    connection->start();
  }
  void on_frame(const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame) override {
    server.handler_(connection, ticket, std::move(frame));
  }
  void on_closed(Connection& connection) override { connections.erase(connection.shared_from_this()); }
  void schedule_sweep() {
    const ConnectionLimits& limits = server.options_.limits;
    sweep.start(std::min<Duration>(std::min(limits.idle_max, limits.stalled_max) / 2, kSweepMax), [this] {
      auto now = SystemClock().now();
      auto copy = connections;
      for (auto& [connection, seat] : copy) connection->check_idle(now);
      schedule_sweep();
    });
  }
  void close_all() {
    sweep.cancel();
    auto copy = connections;
    for (auto& [connection, seat] : copy) connection->close("");
  }

  Server& server;
  Reactor& reactor;
  Timer sweep;
  std::map<std::shared_ptr<Connection>, std::shared_ptr<void>> connections;  // each with its seat
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
  auto fd = listen_tcp(at, options_.listen);
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

std::shared_ptr<void> Server::seat_for(const Fd& fd) {
  Address peer = peer_address(fd.get());
  auto refuse = [&](std::string_view key, int limit) {
    log::warn("refusing a connection from {}: {} ({}) is reached", peer.to_string(), key, limit);
    return nullptr;
  };
  if (*connections_ >= options_.connections_max) return refuse("max.connections", options_.connections_max);
  if (hosts_.size() > kHostsKept) std::erase_if(hosts_, [](auto& each) { return *each.second == 0; });
  auto& host = hosts_[peer.host];
  if (!host) host = std::make_shared<std::atomic<int>>(0);
  if (*host >= options_.connections_per_host_max) return refuse("max.connections.per.ip", options_.connections_per_host_max);
  ++*connections_;
  ++*host;
  return std::shared_ptr<void>(host.get(), [all = connections_, host](void*) {
    --*host;
    --*all;
  });
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
    auto seat = seat_for(fd);
    if (!seat) continue;
    auto lane = lanes_[next_lane_++ % lanes_.size()];
    lane->reactor.post([lane, fd = std::move(fd), seat = std::move(seat)]() mutable { lane->adopt(std::move(fd), std::move(seat)); });
  }
}

}  // namespace baton::network
