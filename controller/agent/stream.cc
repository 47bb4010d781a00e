#include "controller/agent/stream.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::agent {

namespace {

// The first retry is quick, because a controller that has just claimed answers NOT_CONTROLLER while it activates.
constexpr Duration kBackoffFirst = std::chrono::milliseconds(10);
constexpr Duration kBackoffMax = std::chrono::milliseconds(500);

}  // namespace

void Stream::set_location(Instant now, const std::optional<ControllerLocation>& location, node::Effects& out) {
  if (!location || location == location_) {
    if (location) connect_if_due(now, out);
    return;
  }
  location_ = location;
  if (state_ == State::kFollowing && location->epoch <= epoch_) return;  // a read that lags behind
  if (state_ != State::kIdle) close(now, out);
  backoff_ = Duration::zero();
  retry_at_ = now;
  connect_if_due(now, out);
}

void Stream::set_registered(Instant now, bool registered, node::Effects& out) {
  registered_ = registered;
  if (!registered && state_ != State::kIdle) close(now, out);
  if (registered) connect_if_due(now, out);
}

void Stream::raise(Instant now, ControllerEpoch epoch, node::Effects& out) {
  highest_ = std::max(highest_, epoch);
  if (state_ == State::kFollowing && epoch_ < highest_) close(now, out);
}

void Stream::connect_if_due(Instant now, node::Effects& out) {
  if (state_ != State::kIdle || !registered_ || !location_ || now < retry_at_) return;
  last_stream_ += 2;
  stream_ = last_stream_;
  state_ = State::kConnecting;
  silent_at_ = now + config_.control_timeout;
  out.push_back(node::Connect{stream_, location_->host, location_->port});
}

Stream::Heard Stream::connected(Instant now) {
  if (state_ != State::kConnecting) return {};
  state_ = State::kGreeting;
  silent_at_ = now + config_.control_timeout;
  return {Heard::What::kGreet, {}};
}

void Stream::greet(control::StreamHello hello, node::Effects& out) {
  hello.set_highest_controller_epoch(highest_.value());
  control::Frame frame;
  *frame.mutable_stream_hello() = std::move(hello);
  out.push_back(node::Send{stream_, std::move(frame)});
}

Stream::Heard Stream::received(Instant now, const control::Frame& frame, node::Effects& out) {
  silent_at_ = now + config_.control_timeout;
  forgiven_ = false;
  if (state_ == State::kGreeting && frame.has_stream_hello_reply()) return welcomed(now, frame.stream_hello_reply(), out);
  if (state_ == State::kFollowing) {
    if (frame.has_ping()) {
      control::Frame pong;
      pong.mutable_pong()->set_nonce(frame.ping().nonce());
      out.push_back(node::Send{stream_, std::move(pong)});
      return {};
    }
    if (frame.has_response()) return {Heard::What::kResponse, {}};
    if (frame.has_yield()) return {Heard::What::kYield, {}};
    if (frame.has_delta() && ControllerEpoch(frame.delta().controller_epoch()) == epoch_ &&
        (!offset_ || frame.delta().offset() == *offset_ + 1)) {
      offset_ = frame.delta().offset();
      return {Heard::What::kDelta, {}};
    }
  }
  close(now, out);  // a gap, another epoch's delta, or a frame that does not belong here
  return {};
}

Stream::Heard Stream::welcomed(Instant now, const control::StreamHelloReply& reply, node::Effects& out) {
  const auto error = static_cast<ErrorCode>(reply.error());
  if (error != ErrorCode::kNone) {
    close(now, out);
    if (error == ErrorCode::kStaleBrokerEpoch) return {Heard::What::kStaleBrokerEpoch, reply.message()};
    if (error == ErrorCode::kInconsistentClusterId) return {Heard::What::kWrongCluster, reply.message()};
    // Not from a deposed controller that knows less than we do: another will rule.
    if (error == ErrorCode::kUnsupportedVersion && reply.metadata_version() > config_.metadata_version) {
      return {Heard::What::kOutdated, reply.message()};
    }
    return {};
  }
  if (ControllerEpoch(reply.controller_epoch()) < highest_ && !BATON_MUTANT(stale_controller_accepted)) {
    ++refused_stale_;
    close(now, out);
    return {};
  }
  epoch_ = ControllerEpoch(reply.controller_epoch());
  highest_ = epoch_;
  state_ = State::kFollowing;
  offset_.reset();
  backoff_ = Duration::zero();
  return {Heard::What::kFollowing, {}};
}

void Stream::closed(Instant now) {
  idle(now);
}

void Stream::resync(Instant now, node::Effects& out) {
  if (state_ != State::kIdle) close(now, out);
}

void Stream::close(Instant now, node::Effects& out) {
  out.push_back(node::Close{stream_});
  idle(now);
}

void Stream::idle(Instant now) {
  state_ = State::kIdle;
  stream_ = 0;
  retry_at_ = now + backoff_;
  backoff_ = std::clamp(backoff_ * 2, kBackoffFirst, kBackoffMax);
  if (retry_at_ == now) retry_at_ = now + kBackoffFirst;
}

void Stream::woken(Instant now, node::Effects& out) {
  // Woken much later than asked: it is we who were held up, and what the controller has said meanwhile is still to be read.
  const Duration grace = config_.control_timeout / 4;
  if (state_ != State::kIdle && now - silent_at_ >= grace && !forgiven_) {
    forgiven_ = true;
    silent_at_ = now + grace;
  }
  if (state_ != State::kIdle && now >= silent_at_) close(now, out);
  connect_if_due(now, out);
}

Instant Stream::wake_at() const {
  if (state_ != State::kIdle) return silent_at_;
  return registered_ && location_ ? retry_at_ : Instant::never();
}

}  // namespace baton::agent
