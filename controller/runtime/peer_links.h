// Connections to the other voters, one that this process dials to each, at fixed addresses. What is sent may get lost: nothing waits for
// a connection, and a peer that answers nothing is owed no memory. Electors live with that (election/elector.h).
//
// Each request is answered at once, which is how a connection that leads nowhere is told from one on which nothing comes: after a cut the
// kernel would go on trying for minutes. An answer that is late ends it, and it is dialled anew.
//
// Pure; single-threaded.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "controller/agent/events.h"

namespace baton::node {

// One entry of controller.quorum.voters.
struct VoterAddress {
  BrokerId id;
  std::string host;  // of its control listener
  int port = 0;
  friend bool operator==(const VoterAddress&, const VoterAddress&) = default;
};

class PeerLinks {
 public:
  // An answer that is owed for `patience` does not come any more.
  PeerLinks(const std::vector<VoterAddress>& peers, Duration patience);

  void start(Instant now, Effects& out);
  // Dropped where there is no connection, or too much is unanswered on it.
  void send(Instant now, BrokerId to, control::Request request, Effects& out);
  // It lives: no need to wait before the next attempt to reach it.
  void heard_from(Instant now, BrokerId id, Effects& out);

  bool owns(StreamId stream) const { return by_stream_.contains(stream); }
  // REQUIRES: owns(stream), of these four.
  void connected(Instant now, StreamId stream);
  void answered(StreamId stream, uint64_t correlation);
  void closed(Instant now, StreamId stream);
  BrokerId peer_of(StreamId stream) const { return by_stream_.at(stream); }

  void woken(Instant now, Effects& out);
  Instant wake_at() const;

  bool reaches(BrokerId id) const;

 private:
  struct Unanswered {
    uint64_t correlation = 0;
    Instant sent;
  };
  struct Link {
    VoterAddress peer;
    StreamId stream = 0;  // 0: none
    bool connected = false;
    Instant give_up_at = Instant::never();  // on the attempt to connect
    Instant dial_at = Instant::never();
    Duration backoff{};
    std::deque<Unanswered> unanswered;
  };

  void dial(Instant now, Link& link, Effects& out);
  void hang_up(Instant now, Link& link);
  Instant due(const Link& link) const;

  std::map<BrokerId, Link> links_;
  std::map<StreamId, BrokerId> by_stream_;
  const Duration patience_;
  StreamId last_stream_;
  uint64_t last_correlation_ = 0;
};

}  // namespace baton::node
