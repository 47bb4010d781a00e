// One request on its way through the broker: who asked, in which version, and how it is answered. Whoever holds the call
// answers it once; a call that is dropped unanswered closes its connection, so that no client waits for nothing.
//
// Threading: the answer functions from any thread; the rest is immutable, save the frame, which belongs to the handler.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/network/connection.h"
#include "broker/metrics/counters.h"
#include "broker/protocol/frame.h"

namespace baton {

using FileRanges = std::vector<network::FileRange>;

class Call {
 public:
  Call(std::shared_ptr<network::Connection> connection, network::Ticket ticket, network::Frame frame, protocol::RequestHeader header,
       std::string listener, int home_shard, metrics::RequestCounters& counters);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  int16_t version() const { return header_.api_version; }
  const protocol::RequestHeader& header() const { return header_; }
  std::string client_id() const { return header_.client_id.value_or(""); }
  std::string client_host() const { return connection_->peer().host; }
  // The listener that the client came in by: it is told the addresses of that one.
  const std::string& listener() const { return listener_; }
  // The shard whose reactor the connection belongs to; handlers start on its thread.
  int home_shard() const { return home_shard_; }
  // The request's bytes, after its length; decoded views point into them as long as the call lives.
  network::Frame& frame() { return frame_; }

  template <class Response>
  void answer(const Response& response, Function<bool()> still_allowed = {}) {
    answer_encoded(protocol::encode_response(header_.api_version, header_.correlation_id, response), {}, std::move(still_allowed));
  }
  // With records that lie in files: the n-th ranges fill the gap of source n.
  template <class Response>
  void answer(const Response& response, std::vector<FileRanges> files) {
    answer_encoded(protocol::encode_response(header_.api_version, header_.correlation_id, response), std::move(files), {});
  }
  // In a version that is not the request's (ApiVersions answers version 0 to what it does not know).
  template <class Response>
  void answer_in_version(int16_t version, const Response& response) {
    answer_encoded(protocol::encode_response(version, header_.correlation_id, response), {}, {});
  }
  // The request has no answer on the wire (acks=0).
  void answer_nothing();
  // Refused so that nothing sensible can be answered.
  void close(std::string reason);

 private:
  void answer_encoded(Result<protocol::Frame> encoded, std::vector<FileRanges> files, Function<bool()> still_allowed);

  std::shared_ptr<network::Connection> connection_;
  network::Ticket ticket_;
  network::Frame frame_;
  protocol::RequestHeader header_;
  std::string listener_;
  int home_shard_;
  metrics::RequestCounters& counters_;  // of the connection's reactor
  Instant began_;
  bool answered_ = false;
};

using CallPtr = std::shared_ptr<Call>;

}  // namespace baton
