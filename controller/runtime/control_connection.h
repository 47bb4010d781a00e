// One TCP connection of the control channel, dialled or accepted: frames of control.proto in both directions.
//
// Threading: on its reactor's thread only. Callbacks are never called from within start(), send() or close(), and none
// after close(). One life: after on_closed it is done.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/network/frame_reader.h"
#include "base/network/reactor.h"
#include "base/network/resolver.h"
#include "base/network/send_queue.h"
#include "base/network/socket.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

class ControlConnection : public std::enable_shared_from_this<ControlConnection> {
 public:
  // How it ended, as far as the kernel tells. R6 lives on the difference between the first two.
  enum class End {
    kEof,      // the other end closed: its last byte has been read
    kReset,    // RST: anyone on the way may have forged it
    kRefused,  // ECONNREFUSED to our connect
    kBroken,   // anything else: time-outs, names that can not be looked up, unreachable hosts, frames that make no sense
  };
  struct Callbacks {
    Task on_connected;  // dialled ones only
    Function<void(control::Frame)> on_frame;
    Function<void(End)> on_closed;
  };
  // A frame from the other side may be a snapshot of a large cluster's image; memory is taken as bytes come, not before.
  static constexpr size_t kFrameBytesMax = size_t{256} * 1024 * 1024;
  // Snapshots come to those who dialled. What is sent to us without our asking is a hello, which names a broker's replicas,
  // or a request; a stranger gets no further than this.
  static constexpr size_t kAcceptedFrameBytesMax = size_t{8} * 1024 * 1024;
  // A reader that is slower than this much is cut off, and gets a fresh snapshot when it comes again.
  static constexpr size_t kUnsentBytesMax = size_t{512} * 1024 * 1024;

  ControlConnection(network::Reactor& reactor, Callbacks callbacks);
  ~ControlConnection();

  // The time is for all of it, the look-up of the name too.
  void dial(const network::Address& to, Duration connect_timeout);
  void accepted(network::Fd fd);
  // Queued until the connection is up. Ignored after the end.
  void send(const control::Frame& frame) { send(frame.SerializeAsString()); }
  void send(std::string frame);  // as bytes
  void close();
  // Ends it by a reset: the other end cannot take it for the end of this process.
  void abort();

  // Both ends as the kernel knows them, numeric; once connected.
  network::Address local() const { return network::local_address(fd_.get()); }
  network::Address peer() const { return network::peer_address(fd_.get()); }
  // The kernel looks after a connection on which nothing is ever written: a dead peer shows as kBroken within seconds.
  void keep_alive();

 private:
  void connect(const network::Address& to, const Result<network::HostAddresses>& at);
  void dialled();
  void read();
  void flush();
  void end(End how);
  void end_later(End how);

  network::Reactor& reactor_;
  Callbacks callbacks_;
  network::Lookup lookup_;
  network::Fd fd_;
  std::optional<network::Watch> watch_;
  network::Timer timeout_;
  network::FrameReader reader_;
  network::SendQueue unsent_;
  bool connected_ = false;
  bool flushing_ = false;
  bool closed_ = false;
};

}  // namespace baton::node
