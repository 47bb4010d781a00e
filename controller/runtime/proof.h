// R6: when is a process proven dead? One watch connection's life, from the watcher's side, as a pure state machine: what
// the sockets showed goes in, and the only way to a proof is: a hello that matches exactly what we see of the connection,
// a first connection to where the hello says that the process listens, answered by this very incarnation, then EOF, then a
// reconnection there that is refused or answered by another incarnation. Without the first one a refusal would tell of a
// wrong address or a closed port rather than of a death.
//
// A reset, a refusal without an EOF, a time-out prove nothing: firewalls, NAT and moved addresses forge them. Nor does
// the EOF alone: a middlebox that ends idle connections sends one, and then the same incarnation answers.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/uuid.h"

namespace baton::node {

// One end of a TCP connection, numeric.
struct SocketEnd {
  std::string host;
  int port = 0;
  friend bool operator==(const SocketEnd&, const SocketEnd&) = default;
};

class Proof {
 public:
  enum class Verdict {
    kWatching,   // go on
    kReconnect,  // connect to where the watched process listens, now
    kProven,     // it is dead
    kSilence,    // this connection can prove nothing any more
  };

  // The watched says who it is and which ends it sees; `seen_…` is what the watcher's own socket says.
  Verdict hello(BrokerId id, const Incarnation& incarnation, const SocketEnd& their_local, const SocketEnd& their_remote,
                const SocketEnd& seen_peer, const SocketEnd& seen_local);
  Verdict eof();
  Verdict reset();
  // Anything else that happens to the connection: bytes after the hello, a time-out of the kernel's keep-alive.
  Verdict broken();

  // What came of the connection that was asked for.
  Verdict reconnect_refused();
  Verdict reconnect_answered(const Incarnation& by);
  // It was accepted and ended without an answer: a process in the middle of dying does that, its listener may be closed a
  // moment after the connection. Asks again, a bounded number of times.
  Verdict reconnect_ended();
  Verdict reconnect_timed_out();

  BrokerId id() const { return id_; }
  const Incarnation& incarnation() const { return incarnation_; }

  // 5 ms apart by the shell: a process that dies closes its listener well within that.
  static constexpr int kReconnectsMax = 40;

 private:
  enum class State { kStranger, kVerifying, kWatching, kReconnecting, kOver };
  Verdict over(Verdict verdict) {
    state_ = State::kOver;
    return verdict;
  }

  State state_ = State::kStranger;
  BrokerId id_;
  Incarnation incarnation_;
  int reconnects_ = 0;
};

}  // namespace baton::node
