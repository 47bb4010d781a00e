#include "base/network/client.h"

#include <cerrno>
#include <cstring>

namespace baton::network {

Client::Client(Reactor& reactor, ClientOptions options, Callbacks callbacks)
    : reactor_(reactor),
      options_(options),
      callbacks_(std::move(callbacks)),
      lookup_(reactor),
      timeout_(reactor),
      reader_(options.frame_size_max) {}
Client::~Client() {
  close();
}

void Client::start(const Address& to) {
  to_ = to;
  timeout_.start(options_.connect_timeout, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->fail(self->fd_ ? "no answer in time" : "its name could not be looked up in time");
  });
  lookup_.start(to.host, [weak = weak_from_this()](const Result<HostAddresses>& at) {
    if (auto self = weak.lock()) self->connect(at);
  });
}

void Client::connect(const Result<HostAddresses>& at) {
  auto fd = at ? connect_tcp(to_, *at) : tl::unexpected(at.error());
  if (!fd) {
    // Told from a task of its own: a number is looked up within start().
    reactor_.post([weak = weak_from_this(), reason = fd.error().message] {
      if (auto self = weak.lock()) self->fail(reason);
    });
    return;
  }
  fd_ = std::move(*fd);
  watch_.emplace(reactor_, fd_.get());
  watch_->when_writable([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->connect_finished();
  });
}

void Client::connect_finished() {
  auto self = shared_from_this();
  timeout_.cancel();
  if (int error = connect_error(fd_.get())) return fail(std::strerror(error));
  connected_ = true;
  callbacks_.on_connected();
  if (closed_) return;
  if (!unsent_.empty()) flush();
  if (!closed_) read();
}

void Client::send(Message message) {
  if (closed_) return;
  unsent_.push(std::move(message));
  if (connected_ && !flushing_) flush();
}

void Client::flush() {
  switch (unsent_.send(fd_.get())) {
    case SendQueue::Outcome::kEmpty:
      return;
    case SendQueue::Outcome::kBlocked:
      flushing_ = true;
      watch_->when_writable([weak = weak_from_this()] {
        if (auto self = weak.lock()) {
          self->flushing_ = false;
          self->flush();
        }
      });
      return;
    case SendQueue::Outcome::kFailed:
    case SendQueue::Outcome::kForbidden:
      // Told from a task of its own: callers of send() do not expect callbacks.
      reactor_.post([weak = weak_from_this(), reason = std::string(std::strerror(errno))] {
        if (auto self = weak.lock()) self->fail(reason);
      });
      return;
  }
}

void Client::read() {
  auto self = shared_from_this();
  while (!closed_) {
    switch (reader_.receive(fd_.get())) {
      case FrameReader::Outcome::kFrame:
        callbacks_.on_frame(reader_.take());
        break;
      case FrameReader::Outcome::kBlocked:
      case FrameReader::Outcome::kAgain:
        watch_->when_readable([weak = weak_from_this()] {
          if (auto again = weak.lock()) again->read();
        });
        return;
      case FrameReader::Outcome::kClosed:
        return fail("closed by the other end");
      case FrameReader::Outcome::kFailed:
        return fail(std::strerror(errno));
      case FrameReader::Outcome::kRefused:
        return fail("an answer of an impossible size");
    }
  }
}

void Client::fail(const std::string& reason) {
  if (closed_) return;
  auto self = shared_from_this();
  close();
  callbacks_.on_closed(to_.to_string() + ": " + reason);
}

void Client::close() {
  if (closed_) return;
  closed_ = true;
  connected_ = false;
  timeout_.cancel();
  lookup_.cancel();
  if (watch_) watch_->close();
  fd_.reset();
}

}  // namespace baton::network
