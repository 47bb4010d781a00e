// One accepted connection of a framed, pipelined request/response protocol. Requests are handed over as they come; answers
// may be ready in any order and leave in the order of the requests.
//
// Threading: on its reactor's thread only. Whoever works elsewhere keeps a shared_ptr and dispatches back to reactor().
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/network/frame_reader.h"
#include "base/network/reactor.h"
#include "base/network/send_queue.h"
#include "base/network/socket.h"

namespace baton::network {

struct ConnectionLimits {
  size_t frame_size_max = size_t{100} * 1024 * 1024;
  // A connection without a byte in either direction for so long is closed, unless an answer is being worked on.
  Duration idle_max = std::chrono::minutes(10);
  // Unanswered requests of one connection; beyond it no more is read from it.
  size_t pipelined_max = 128;
  // Requests and unsent answers in memory, of all connections: no new frame is begun while that much is held, and beyond
  // twice as much a connection in the middle of a frame is closed.
  int64_t held_bytes_max = 256LL * 1024 * 1024;
  // A connection that holds some of it and whose other end has neither sent nor taken anything for so long is closed while
  // memory is short. So those who announce much and send little cannot shut others out.
  Duration stalled_max = std::chrono::seconds(10);
  // Owned bytes waiting for a reader that is slow; beyond it no more requests are read from it.
  size_t unsent_bytes_max = size_t{16} * 1024 * 1024;
};

// Bytes of requests and of unsent answers (files not counted) that all connections of a server hold. Thread-safe.
struct HeldBytes {
  std::atomic<int64_t> bytes{0};
};

class Connection;
using Ticket = uint64_t;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // Every ticket is answered once, by respond() or release(), unless the connection is closed first.
  virtual void on_frame(const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame) = 0;
  virtual void on_closed(Connection& connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Reactor& reactor, Fd fd, const ConnectionLimits& limits, std::shared_ptr<HeldBytes> budget, ConnectionOwner& owner);
  ~Connection();

  void start();
  // After every earlier request has been answered, `message` goes out. Unknown tickets of a closed connection are ignored.
  void respond(Ticket ticket, Message message);
  // The request has no answer on the wire (acks=0).
  void release(Ticket ticket);
  // `reason` empty: an ordinary end, not logged.
  void close(const std::string& reason);
  bool closed() const { return closed_; }
  // Closes when idle, or stalled while memory is short, beyond the limit at `now`.
  void check_idle(Instant now);

  Reactor& reactor() { return reactor_; }
  const Address& peer() const { return peer_; }
  const Address& local() const { return local_; }

 private:
  struct Pending {
    int64_t bytes = 0;
    bool ready = false;
    std::optional<Message> message;
  };
  void read();
  void wait_readable();
  void pause();
  bool may_read() const;
  void settle_budget();
  void deliver();
  void finish(Ticket ticket, std::optional<Message> message);
  void flush();

  Reactor& reactor_;
  Fd fd_;
  const ConnectionLimits& limits_;
  std::shared_ptr<HeldBytes> budget_;
  ConnectionOwner& owner_;
  Address peer_;
  Address local_;
  Watch watch_;
  Timer retry_;
  FrameReader reader_;
  SendQueue unsent_;
  std::deque<Pending> pending_;
  Ticket first_pending_ = 0;
  int64_t charged_ = 0;  // of the budget, for the frame coming in and what is unsent
  Instant last_active_;
  bool reading_ = false;   // a wait for readability is set
  bool flushing_ = false;  // a wait for writability is set
  bool closed_ = false;
};

}  // namespace baton::network
