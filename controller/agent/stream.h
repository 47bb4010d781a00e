// R7, the broker's side of the control stream: finds the controller, connects, greets, and lets through only what a
// controller of the highest epoch seen says, in order. Every doubt (a gap, silence, a frame that does not belong) ends in
// closing the stream and coming again, which gets whatever is lacking.
//
// Pure. Says what it learned as values; the agent (agent.h) acts on them.
#pragma once

#include <optional>
#include <string>

#include "base/error_code.h"
#include "controller/agent/config.h"
#include "controller/agent/controller_location.h"
#include "controller/agent/events.h"

namespace baton::agent {

class Stream {
 public:
  explicit Stream(const Config& config) : config_(config) {}

  // What a frame or a connection means to the agent.
  struct Heard {
    enum class What { kNothing, kGreet, kFollowing, kDelta, kResponse, kYield, kStaleBrokerEpoch, kWrongCluster, kOutdated };
    What what = What::kNothing;
    std::string message;
  };

  bool owns(node::StreamId stream) const { return stream != 0 && stream == stream_; }

  // Where the controller is; none: nobody knows, and a stream that stands is kept.
  void set_location(Instant now, const std::optional<ControllerLocation>& location, node::Effects& out);
  // Registered under this incarnation (or not at all: closes); of an observer, that its cluster is known.
  void set_registered(Instant now, bool registered, node::Effects& out);
  // R1's floor and everything else that raises the highest controller epoch seen. A stream of a lower one is closed.
  void raise(Instant now, ControllerEpoch epoch, node::Effects& out);

  // kGreet: send the hello by greet().
  Heard connected(Instant now);
  void greet(control::StreamHello hello, node::Effects& out);
  Heard received(Instant now, const control::Frame& frame, node::Effects& out);
  void closed(Instant now);
  // The image refused a delta, or something else is wrong: come again.
  void resync(Instant now, node::Effects& out);
  void woken(Instant now, node::Effects& out);

  // The stream while a controller follows on it, 0 otherwise.
  node::StreamId following() const { return state_ == State::kFollowing ? stream_ : 0; }
  ControllerEpoch highest_epoch() const { return highest_; }
  // When the connection to the controller last gave a sign of life, or was begun; Instant{}: there is none.
  Instant last_heard() const { return state_ == State::kIdle ? Instant{} : silent_at_ - config_.control_timeout; }
  const std::optional<ControllerLocation>& location() const { return location_; }
  int64_t refused_stale() const { return refused_stale_; }
  Instant wake_at() const;

 private:
  enum class State { kIdle, kConnecting, kGreeting, kFollowing };

  void connect_if_due(Instant now, node::Effects& out);
  void close(Instant now, node::Effects& out);
  void idle(Instant now);
  Heard welcomed(Instant now, const control::StreamHelloReply& reply, node::Effects& out);

  const Config& config_;
  State state_ = State::kIdle;
  bool registered_ = false;
  std::optional<ControllerLocation> location_;
  node::StreamId stream_ = 0;
  node::StreamId last_stream_ = 1;  // ours are odd
  ControllerEpoch epoch_;           // of the controller that follows
  ControllerEpoch highest_;
  std::optional<int64_t> offset_;  // of the last delta on this stream
  Instant silent_at_;              // broken unless something comes before
  bool forgiven_ = false;          // the silence since it was last heard may have been ours
  Instant retry_at_;
  Duration backoff_{};
  int64_t refused_stale_ = 0;
};

}  // namespace baton::agent
