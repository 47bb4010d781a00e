#include "controller/runtime/control_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace baton::node {

using network::FrameReader;
using network::SendQueue;

namespace {

constexpr int kKeepAliveIdle_s = 5;
constexpr int kKeepAliveInterval_s = 1;
constexpr int kKeepAliveProbes = 3;

ControlConnection::End end_of(int error) {
  if (error == ECONNREFUSED) return ControlConnection::End::kRefused;
  if (error == ECONNRESET || error == EPIPE) return ControlConnection::End::kReset;
  return ControlConnection::End::kBroken;
}

}  // namespace

ControlConnection::ControlConnection(network::Reactor& reactor, Callbacks callbacks)
    : reactor_(reactor), callbacks_(std::move(callbacks)), lookup_(reactor), timeout_(reactor), reader_(kFrameBytesMax) {}

ControlConnection::~ControlConnection() {
  close();
}

void ControlConnection::dial(const network::Address& to, Duration connect_timeout) {
  timeout_.start(connect_timeout, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->end(End::kBroken);
  });
  lookup_.start(to.host, [weak = weak_from_this(), to](const Result<network::HostAddresses>& at) {
    if (auto self = weak.lock()) self->connect(to, at);
  });
}

void ControlConnection::connect(const network::Address& to, const Result<network::HostAddresses>& at) {
  auto fd = at ? network::connect_tcp(to, *at) : tl::unexpected(at.error());
  // Not even begun, by a failed look-up for instance, whose errno says nothing about the other end: never kRefused.
  if (!fd) return end_later(End::kBroken);
  fd_ = std::move(*fd);
  watch_.emplace(reactor_, fd_.get());
  watch_->when_writable([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->dialled();
  });
}

void ControlConnection::dialled() {
  auto self = shared_from_this();
  if (closed_) return;
  timeout_.cancel();
  if (const int error = network::connect_error(fd_.get()); error != 0) return end(end_of(error));
  connected_ = true;
  if (callbacks_.on_connected) callbacks_.on_connected();
  if (closed_) return;
  flush();
  read();
}

void ControlConnection::accepted(network::Fd fd) {
  fd_ = std::move(fd);
  reader_ = FrameReader(kAcceptedFrameBytesMax);
  watch_.emplace(reactor_, fd_.get());
  connected_ = true;
  watch_->when_readable([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->read();
  });
}

void ControlConnection::keep_alive() {
  const int on = 1;
  setsockopt(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveIdle_s, sizeof kKeepAliveIdle_s);
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAliveInterval_s, sizeof kKeepAliveInterval_s);
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_KEEPCNT, &kKeepAliveProbes, sizeof kKeepAliveProbes);
}

void ControlConnection::send(std::string frame) {
  if (closed_) return;
  unsent_.push(network::Message(std::move(frame)));
  if (unsent_.owned_bytes() > kUnsentBytesMax) return end_later(End::kBroken);
  if (connected_ && !flushing_) flush();
}

void ControlConnection::flush() {
  if (closed_ || unsent_.empty()) return;
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
      return end_later(end_of(errno));
  }
}

void ControlConnection::read() {
  auto self = shared_from_this();
  while (!closed_) {
    switch (reader_.receive(fd_.get())) {
      case FrameReader::Outcome::kFrame: {
        network::Frame raw = reader_.take();
        control::Frame frame;
        if (!frame.ParseFromArray(raw.data(), static_cast<int>(raw.size))) return end(End::kBroken);
        callbacks_.on_frame(std::move(frame));
        break;
      }
      case FrameReader::Outcome::kBlocked:
      case FrameReader::Outcome::kAgain:
        watch_->when_readable([weak = weak_from_this()] {
          if (auto again = weak.lock()) again->read();
        });
        return;
      case FrameReader::Outcome::kClosed:
        return end(End::kEof);
      case FrameReader::Outcome::kFailed:
        return end(end_of(errno));
      case FrameReader::Outcome::kRefused:
        return end(End::kBroken);
    }
  }
}

void ControlConnection::end(End how) {
  if (closed_) return;
  auto self = shared_from_this();
  close();
  if (callbacks_.on_closed) callbacks_.on_closed(how);
}

void ControlConnection::end_later(End how) {
  reactor_.post([weak = weak_from_this(), how] {
    if (auto self = weak.lock()) self->end(how);
  });
}

void ControlConnection::abort() {
  const linger at_once{1, 0};
  if (fd_.get() >= 0) setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void ControlConnection::close() {
  if (closed_) return;
  closed_ = true;
  connected_ = false;
  timeout_.cancel();
  lookup_.cancel();
  if (watch_) watch_->close();
  fd_.reset();
}

}  // namespace baton::node
