#include "controller/runtime/control_listener.h"

#include <cerrno>

#include "base/logging.h"

namespace baton::node {

ControlListener::ControlListener(network::Reactor& reactor, network::Fd listener, bool proof_of_death, Callbacks callbacks)
    : reactor_(reactor),
      listener_(std::move(listener)),
      watch_(std::make_unique<network::Watch>(reactor, listener_.get())),
      retry_(reactor),
      proof_of_death_(proof_of_death),
      callbacks_(std::move(callbacks)) {
  watch_->when_readable([this] { accept(); });
}

ControlListener::~ControlListener() {
  stop_listening();  // first: whoever sees the EOFs below must find nobody here
  for (auto& [id, accepted] : accepted_) {
    accepted.connection->close();
    if (accepted.watcher) accepted.watcher->close();
  }
}

void ControlListener::stop_listening() {
  if (watch_) watch_->close();
  watch_.reset();
  retry_.cancel();
  listener_.reset();
}

void ControlListener::accept() {
  while (strangers_ < kStrangersMax) {
    network::Fd fd = network::accept_tcp(listener_.get());
    if (!fd) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {  // wait for better times
        retry_.start(std::chrono::milliseconds(100), [this] { accept(); });
        return;
      }
      continue;
    }
    last_ += 2;
    const StreamId id = last_;
    ControlConnection::Callbacks callbacks;
    callbacks.on_frame = [this, id](control::Frame frame) { heard(id, std::move(frame)); };
    callbacks.on_closed = [this, id](ControlConnection::End how) { ended(id, how); };
    Accepted& accepted = accepted_[id];
    accepted.connection = std::make_shared<ControlConnection>(reactor_, std::move(callbacks));
    accepted.first_frame = std::make_unique<network::Timer>(reactor_);
    accepted.first_frame->start(kFirstFrameWithin, [this, id] { close(id); });
    ++strangers_;
    accepted.connection->accepted(std::move(fd));
  }
  if (strangers_ < kStrangersMax) {
    watch_->when_readable([this] { accept(); });
  } else {
    retry_.start(std::chrono::milliseconds(50), [this] { accept(); });
  }
}

void ControlListener::heard(StreamId id, control::Frame frame) {
  const auto at = accepted_.find(id);
  if (at == accepted_.end()) return;
  Accepted& accepted = at->second;
  if (accepted.first_frame) {
    accepted.first_frame.reset();
    --strangers_;
    first(id, accepted, std::move(frame));
  } else if (accepted.watcher) {
    accepted.watcher->heard();
  } else if (accepted.stream) {
    callbacks_.on_frame(id, std::move(frame));
  }
}

void ControlListener::first(StreamId id, Accepted& accepted, control::Frame frame) {
  if (frame.has_watch_hello() && frame.watch_hello().id() < 0) {  // a probe: who answers here?
    accepted.connection->send(watch_reply(self_));
  } else if (frame.has_watch_hello()) {
    accepted.watcher = std::make_shared<Watcher>(
        reactor_, [this, id](BrokerId broker, const Incarnation& incarnation, bool proven) { over(id, broker, incarnation, proven); });
    // Held here: the verdict may come at once and end the entry.
    const std::shared_ptr<Watcher> watcher = accepted.watcher;
    watcher->begin(accepted.connection, frame.watch_hello(), self_);
  } else if (frame.has_stream_hello() || frame.has_request()) {
    accepted.stream = true;
    callbacks_.on_frame(id, std::move(frame));
  } else {
    close(id);
  }
}

void ControlListener::ended(StreamId id, ControlConnection::End how) {
  const auto at = accepted_.find(id);
  if (at == accepted_.end()) return;
  if (at->second.watcher) {
    const std::shared_ptr<Watcher> watcher = at->second.watcher;
    watcher->ended(how);
    return;
  }
  if (at->second.first_frame) --strangers_;
  const bool stream = at->second.stream;
  accepted_.erase(at);
  if (stream) callbacks_.on_closed(id);
}

void ControlListener::over(StreamId id, BrokerId broker, const Incarnation& incarnation, bool proven) {
  accepted_.erase(id);
  if (!proven || !proof_of_death_) return;
  log::info("broker {} is proven dead: its watch connection ended, and nobody, or another incarnation, answers", broker.value());
  callbacks_.on_proven(broker, incarnation);
}

void ControlListener::send(StreamId stream, std::string frame) {
  const auto at = accepted_.find(stream);
  if (at != accepted_.end()) at->second.connection->send(std::move(frame));
}

void ControlListener::close(StreamId stream) {
  const auto at = accepted_.find(stream);
  if (at == accepted_.end()) return;
  if (at->second.first_frame) --strangers_;
  at->second.connection->close();
  accepted_.erase(at);
}

}  // namespace baton::node
