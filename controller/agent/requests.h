// The host's requests on their way to the controller and back. Each is answered exactly once, whatever becomes of the
// stream. What a broken stream, or the lack of one, means differs by kind:
//  - ISR changes and replica reports: NOT_CONTROLLER at once. Such an answer settles nothing (R8): the replica keeps its
//    pending change and asks again.
//  - Topic creations and deletions: wait for a stream while they are unsent; once sent on a stream that broke their outcome
//    is unknown, and they are answered NOT_CONTROLLER, on which Kafka's clients ask again.
//  - Producer ids and controlled shutdown: asked again on the next stream, for nothing is harmed by asking twice.
// Pure.
#pragma once

#include <map>

#include "base/error_code.h"
#include "controller/agent/config.h"
#include "controller/agent/events.h"

namespace baton::agent {

class Requests {
 public:
  explicit Requests(const Config& config) : config_(config) {}

  // `stream` is 0 while no controller follows.
  void submit(Instant now, const control::Request& request, node::StreamId stream, node::Effects& out);
  // A stream is up: whatever waits goes out on it.
  void flush(node::StreamId stream, node::Effects& out);
  void answered(const control::Response& response, ControllerEpoch highest, node::Effects& out);
  void broken(node::Effects& out);
  void woken(Instant now, node::Effects& out);
  Instant wake_at() const;
  // Who asks, from now on: stamped on what goes out.
  void set_broker_epoch(BrokerEpoch epoch) { broker_epoch_ = epoch; }
  void set_highest_controller_epoch(ControllerEpoch epoch) { highest_ = epoch; }

 private:
  struct Pending {
    control::Request request;
    Instant deadline;
    bool sent = false;
  };
  void send(Pending& pending, node::StreamId stream, node::Effects& out);

  const Config& config_;
  BrokerEpoch broker_epoch_;
  ControllerEpoch highest_;
  std::map<uint64_t, Pending> pending_;  // by correlation
};

// The answer to the host that the agent gives itself.
node::HostEvent answer(uint64_t correlation, ErrorCode error, std::string message);

}  // namespace baton::agent
