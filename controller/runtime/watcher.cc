#include "controller/runtime/watcher.h"

#include "base/logging.h"

namespace baton::node {

namespace {

constexpr Duration kReconnectAfter = std::chrono::milliseconds(5);
// A live process answers at once; one that is stopped, or a host that is gone, does not answer at all.
constexpr Duration kAnswerWithin = std::chrono::milliseconds(1000);

SocketEnd end_of(const network::Address& address) {
  return {address.host, address.port};
}

}  // namespace

control::Frame watch_reply(const Self& self) {
  control::Frame frame;
  frame.mutable_watch_hello_reply()->set_id(self.id.value());
  frame.mutable_watch_hello_reply()->set_incarnation(std::string(self.incarnation.raw()));
  return frame;
}

Watcher::Watcher(network::Reactor& reactor, OnOver on_over) : reactor_(reactor), on_over_(std::move(on_over)), timer_(reactor) {}

void Watcher::begin(std::shared_ptr<ControlConnection> connection, const control::WatchHello& hello, const Self& self) {
  connection_ = std::move(connection);
  watched_at_ = {hello.control_host(), hello.control_port()};
  const auto verdict =
      proof_.hello(BrokerId(hello.id()), Incarnation(Uuid::from_bytes(hello.incarnation())), {hello.local_host(), hello.local_port()},
                   {hello.remote_host(), hello.remote_port()}, end_of(connection_->peer()), end_of(connection_->local()));
  if (verdict == Proof::Verdict::kSilence) {
    log::warn("a watch connection of broker {} from {} says that it is {}:{} to {}:{}: it can prove nothing (address translation?)",
              hello.id(), connection_->peer().to_string(), hello.local_host(), hello.local_port(), hello.remote_host(),
              hello.remote_port());
  }
  self_ = self;
  verifying_ = verdict == Proof::Verdict::kReconnect;
  act(verdict);
}

void Watcher::watch() {
  verifying_ = false;
  timer_.cancel();
  // From now on by number: its name may lead elsewhere by the time it dies, where a refusal says nothing of it, or not be found at all.
  // (A probe that has been reset meanwhile can not tell.)
  if (const network::Address found = probe_->peer(); found.port != 0) watched_at_ = found;
  probe_->close();
  probe_.reset();
  connection_->keep_alive();
  connection_->send(watch_reply(self_));
}

void Watcher::ended(ControlConnection::End how) {
  switch (how) {
    case ControlConnection::End::kEof:
      return act(proof_.eof());
    case ControlConnection::End::kReset:
      return act(proof_.reset());
    default:
      return act(proof_.broken());
  }
}

void Watcher::heard() {
  act(proof_.broken());
}

void Watcher::act(Proof::Verdict verdict) {
  switch (verdict) {
    case Proof::Verdict::kWatching:
      return watch();
    case Proof::Verdict::kReconnect:
      return reconnect();
    case Proof::Verdict::kProven:
    case Proof::Verdict::kSilence: {
      if (verifying_)
        log::warn("broker {} does not answer at {}, where it says that its control listener is: its death could not be proven",
                  proof_.id().value(), watched_at_.to_string());
      auto self = shared_from_this();
      close();
      OnOver tell = std::move(on_over_);
      on_over_ = nullptr;
      if (tell) tell(proof_.id(), proof_.incarnation(), verdict == Proof::Verdict::kProven);
      return;
    }
  }
}

void Watcher::reconnect() {
  if (probing_again_) {
    timer_.start(kReconnectAfter, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->probing_again_ = false;
      self->reconnect();
    });
    return;
  }
  timer_.start(kAnswerWithin, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->act(self->proof_.reconnect_timed_out());
  });
  const auto connected = std::make_shared<bool>(false);
  ControlConnection::Callbacks callbacks;
  callbacks.on_connected = [weak = weak_from_this(), connected] {
    *connected = true;
    auto self = weak.lock();
    if (!self) return;
    control::Frame probe;
    probe.mutable_watch_hello()->set_id(-1);
    self->probe_->send(probe);
  };
  callbacks.on_frame = [weak = weak_from_this()](const control::Frame& frame) {
    auto self = weak.lock();
    if (!self) return;
    if (frame.has_watch_hello_reply()) {
      self->act(self->proof_.reconnect_answered(Incarnation(Uuid::from_bytes(frame.watch_hello_reply().incarnation()))));
    } else {
      self->act(self->proof_.broken());
    }
  };
  callbacks.on_closed = [weak = weak_from_this(), connected](ControlConnection::End how) {
    if (auto self = weak.lock()) self->reconnected(how, *connected);
  };
  probe_ = std::make_shared<ControlConnection>(reactor_, std::move(callbacks));
  probe_->dial(watched_at_, kAnswerWithin);
}

void Watcher::reconnected(ControlConnection::End how, bool connected) {
  probe_.reset();
  if (!connected && how == ControlConnection::End::kRefused) return act(proof_.reconnect_refused());
  // Also a reset of the attempt itself: the listener was closed while the connection waited in its queue.
  if (how == ControlConnection::End::kEof || how == ControlConnection::End::kReset) {
    probing_again_ = true;
    return act(proof_.reconnect_ended());
  }
  act(proof_.reconnect_timed_out());
}

void Watcher::close() {
  timer_.cancel();
  if (connection_) connection_->close();
  if (probe_) probe_->close();
}

}  // namespace baton::node
