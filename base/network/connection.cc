#include "base/network/connection.h"

#include <cerrno>
#include <cstring>

#include "base/logging.h"

namespace baton::network {
namespace {

constexpr Duration kRetry = std::chrono::milliseconds(2);

}  // namespace

Connection::Connection(Reactor& reactor, Fd fd, const ConnectionLimits& limits, std::shared_ptr<HeldBytes> budget, ConnectionOwner& owner)
    : reactor_(reactor),
      fd_(std::move(fd)),
      limits_(limits),
      budget_(std::move(budget)),
      owner_(owner),
      peer_(peer_address(fd_.get())),
      local_(local_address(fd_.get())),
      watch_(reactor, fd_.get()),
      retry_(reactor),
      reader_(limits.frame_size_max),
      last_active_(SystemClock().now()) {}

Connection::~Connection() {
  int64_t bytes = charged_;
  for (auto& pending : pending_) bytes += pending.bytes;
  budget_->bytes -= bytes;
}

void Connection::start() {
  wait_readable();
}

bool Connection::may_read() const {
  if (pending_.size() >= limits_.pipelined_max || unsent_.owned_bytes() >= limits_.unsent_bytes_max) return false;
  return reader_.in_frame() || budget_->bytes < limits_.held_bytes_max;
}

void Connection::wait_readable() {
  if (closed_ || reading_) return;
  reading_ = true;
  watch_.when_readable([weak = weak_from_this()] {
    if (auto self = weak.lock()) {
      self->reading_ = false;
      self->read();
    }
  });
}

// The socket is left alone for a moment; TCP's window tells the other end.
void Connection::pause() {
  retry_.start(kRetry, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->read();
  });
}

void Connection::settle_budget() {
  auto held = static_cast<int64_t>(reader_.held() + unsent_.owned_bytes());
  budget_->bytes += held - charged_;
  charged_ = held;
}

void Connection::read() {
  auto self = shared_from_this();
  while (!closed_) {
    if (!may_read()) return pause();
    auto outcome = reader_.receive(fd_.get());
    if (outcome != FrameReader::Outcome::kFrame) settle_budget();
    switch (outcome) {
      case FrameReader::Outcome::kFrame:
        last_active_ = SystemClock().now();
        deliver();
        break;
      case FrameReader::Outcome::kAgain:
        last_active_ = SystemClock().now();
        if (budget_->bytes > 2 * limits_.held_bytes_max) return close("too many bytes of requests and answers are held");
        return wait_readable();
      case FrameReader::Outcome::kBlocked:
        return wait_readable();
      case FrameReader::Outcome::kClosed:
      case FrameReader::Outcome::kFailed:
        return close("");
      case FrameReader::Outcome::kRefused:
        return close(fmt::format("a frame of {} bytes is refused (limit {})", reader_.refused_size(), limits_.frame_size_max));
    }
  }
}

void Connection::deliver() {
  Frame frame = reader_.take();
  settle_budget();
  Pending pending;
  pending.bytes = static_cast<int64_t>(frame.buffer.capacity());
  budget_->bytes += pending.bytes;
  pending_.push_back(std::move(pending));
  owner_.on_frame(shared_from_this(), first_pending_ + pending_.size() - 1, std::move(frame));
}

void Connection::respond(Ticket ticket, Message message) {
  finish(ticket, std::move(message));
}
void Connection::release(Ticket ticket) {
  finish(ticket, std::nullopt);
}

void Connection::finish(Ticket ticket, std::optional<Message> message) {
  BATON_ASSERT(reactor_.on_thread());
  if (closed_) return;
  BATON_ASSERT(ticket >= first_pending_ && ticket - first_pending_ < pending_.size());
  auto& pending = pending_[ticket - first_pending_];
  BATON_ASSERT(!pending.ready);
  pending.ready = true;
  pending.message = std::move(message);
  budget_->bytes -= pending.bytes;
  pending.bytes = 0;
  bool moved = false;
  while (!pending_.empty() && pending_.front().ready) {
    if (pending_.front().message) {
      unsent_.push(std::move(*pending_.front().message));
      moved = true;
    }
    pending_.pop_front();
    ++first_pending_;
  }
  if (moved && !flushing_) return flush();
  if (moved) settle_budget();
}

void Connection::flush() {
  auto outcome = unsent_.send(fd_.get());
  settle_budget();
  switch (outcome) {
    case SendQueue::Outcome::kEmpty:
      last_active_ = SystemClock().now();
      return;
    case SendQueue::Outcome::kBlocked:
      flushing_ = true;
      watch_.when_writable([weak = weak_from_this()] {
        if (auto self = weak.lock()) {
          self->flushing_ = false;
          self->last_active_ = SystemClock().now();
          self->flush();
        }
      });
      return;
    case SendQueue::Outcome::kFailed:
      return close(errno == EIO ? "a file is shorter than its answer promised" : "");
    case SendQueue::Outcome::kForbidden:
      return close("an answer is withheld: the lease it was made under has run out");
  }
}

void Connection::close(const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  if (!reason.empty()) log::warn("closing the connection from {}: {}", peer_.to_string(), reason);
  auto self = shared_from_this();
  watch_.close();
  retry_.cancel();
  fd_.reset();
  // Whoever still holds on to this connection does not hold its memory.
  reader_ = FrameReader(limits_.frame_size_max);
  unsent_ = SendQueue();
  settle_budget();
  owner_.on_closed(*this);
}

void Connection::check_idle(Instant now) {
  Duration idle = now - last_active_;
  if (pending_.empty() && idle > limits_.idle_max) return close("");
  bool waits_for_peer = !unsent_.empty() || (pending_.empty() && reader_.in_frame());
  if (waits_for_peer && idle > limits_.stalled_max && budget_->bytes >= limits_.held_bytes_max) {
    close("memory for requests and answers is short, and it neither sends nor takes the rest of one");
  }
}

}  // namespace baton::network
