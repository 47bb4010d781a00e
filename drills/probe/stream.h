// A non-blocking connection that carries frames, for the probe's one thread: what is sent is queued, what has come is taken
// frame by frame. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/client/connection.h"

namespace baton::drills {

class Stream {
 public:
  Stream() = default;
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Begins to connect. REQUIRES: the host is a numeric address or resolves at once.
  bool open(const client::Address& address);
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  short events() const;
  // Queues a frame (its length included) and sends what the kernel takes.
  void send(std::string_view frame);
  // Moves bytes after poll said that the socket is ready; false when the connection has broken or was closed by the peer.
  bool pump();
  // The next whole frame without its length, valid until the next call of anything.
  std::optional<std::string_view> next();
  void close();

 private:
  bool flush();

  int fd_ = -1;
  bool broken_ = false;
  std::string out_, in_;
  size_t taken_ = 0;  // of in_
};

}  // namespace baton::drills
