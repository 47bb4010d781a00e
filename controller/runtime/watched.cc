#include "controller/runtime/watched.h"

#include <algorithm>

namespace baton::node {

namespace {

constexpr Duration kReopenFirst = std::chrono::milliseconds(20);
constexpr Duration kReopenMax = std::chrono::milliseconds(1000);
constexpr Duration kConnectWithin = std::chrono::milliseconds(2000);

}  // namespace

struct Watched::Link : std::enable_shared_from_this<Link> {
  Link(network::Reactor& on, network::Address control_at, WatchedBy::Peer to)
      : reactor(on), control(std::move(control_at)), peer(std::move(to)), timer(on) {}

  void open() {
    ControlConnection::Callbacks callbacks;
    callbacks.on_connected = [weak = weak_from_this()] {
      if (auto link = weak.lock()) link->greet();
    };
    callbacks.on_frame = [weak = weak_from_this()](const control::Frame& frame) {
      auto link = weak.lock();
      if (!link || !frame.has_watch_hello_reply()) return;
      link->watching = true;
      link->backoff = kReopenFirst;
    };
    callbacks.on_closed = [weak = weak_from_this()](ControlConnection::End) {
      if (auto link = weak.lock()) link->reopen();
    };
    connection = std::make_shared<ControlConnection>(reactor, std::move(callbacks));
    connection->dial({peer.host, peer.port}, kConnectWithin);
  }

  void greet() {
    connection->keep_alive();
    const network::Address local = connection->local();
    const network::Address remote = connection->peer();
    control::Frame frame;
    control::WatchHello& hello = *frame.mutable_watch_hello();
    hello.set_id(self.id.value());
    hello.set_incarnation(std::string(self.incarnation.raw()));
    hello.set_local_host(local.host);
    hello.set_local_port(local.port);
    hello.set_remote_host(remote.host);
    hello.set_remote_port(remote.port);
    hello.set_control_host(control.host);
    hello.set_control_port(control.port);
    connection->send(frame);
  }

  void reopen() {
    watching = false;
    timer.start(backoff, [weak = weak_from_this()] {
      if (auto link = weak.lock()) link->open();
    });
    backoff = std::min(backoff * 2, kReopenMax);
  }

  void restart() {
    if (connection) connection->close();
    watching = false;
    backoff = kReopenFirst;
    timer.cancel();
    open();
  }

  network::Reactor& reactor;
  network::Address control;
  WatchedBy::Peer peer;
  Self self;
  network::Timer timer;
  std::shared_ptr<ControlConnection> connection;
  Duration backoff = kReopenFirst;
  bool watching = false;
};

Watched::Watched(network::Reactor& reactor, network::Address control) : reactor_(reactor), control_(std::move(control)) {}
Watched::~Watched() {
  for (auto& [incarnation, link] : links_) {
    if (link->connection) link->connection->close();
  }
}

void Watched::become(const Self& self) {
  const bool changed = self.incarnation != self_.incarnation;
  self_ = self;
  if (!changed) return;
  for (auto& [incarnation, link] : links_) {
    link->self = self_;
    link->restart();
  }
}

void Watched::watched_by(const std::vector<WatchedBy::Peer>& peers) {
  std::map<Incarnation, std::shared_ptr<Link>> former = std::move(links_);
  links_.clear();
  for (const WatchedBy::Peer& peer : peers) {
    const auto held = former.find(peer.incarnation);
    if (held != former.end() && held->second->peer == peer) {
      links_[peer.incarnation] = held->second;
      former.erase(held);
      continue;
    }
    auto link = std::make_shared<Link>(reactor_, control_, peer);
    link->self = self_;
    link->open();
    links_[peer.incarnation] = std::move(link);
  }
  for (auto& [incarnation, link] : former) {
    if (link->connection) link->connection->abort();
  }
}

size_t Watched::watching() const {
  return static_cast<size_t>(std::count_if(links_.begin(), links_.end(), [](const auto& link) { return link.second->watching; }));
}

}  // namespace baton::node
