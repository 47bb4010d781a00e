// The other end of a framed connection: sends requests and gets their answers, in order. One life: after on_closed it is
// done, and a new one is made to try again.
//
// Threading: on its reactor's thread only. Callbacks are never called from within start() or send(); after close() none.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/network/frame_reader.h"
#include "base/network/reactor.h"
#include "base/network/resolver.h"
#include "base/network/send_queue.h"
#include "base/network/socket.h"

namespace baton::network {

struct ClientOptions {
  size_t frame_size_max = size_t{100} * 1024 * 1024;
  Duration connect_timeout = std::chrono::seconds(5);  // with the look-up of the host's name
};

class Client : public std::enable_shared_from_this<Client> {
 public:
  struct Callbacks {
    Task on_connected;
    Function<void(Frame)> on_frame;
    Function<void(std::string reason)> on_closed;
  };
  Client(Reactor& reactor, ClientOptions options, Callbacks callbacks);
  ~Client();

  void start(const Address& to);
  // Queued until the connection is up.
  void send(Message message);
  void close();
  bool connected() const { return connected_; }

 private:
  void connect(const Result<HostAddresses>& at);
  void connect_finished();
  void read();
  void flush();
  void fail(const std::string& reason);

  Reactor& reactor_;
  ClientOptions options_;
  Callbacks callbacks_;
  Address to_;
  Lookup lookup_;
  Fd fd_;
  std::optional<Watch> watch_;
  Timer timeout_;
  FrameReader reader_;
  SendQueue unsent_;
  bool connected_ = false;
  bool flushing_ = false;
  bool closed_ = false;
};

}  // namespace baton::network
