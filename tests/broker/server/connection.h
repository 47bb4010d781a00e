// A client's connection, in plain blocking calls: what a test sends and gets, byte for byte.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/network/socket.h"

namespace baton {

class Connection {
 public:
  explicit Connection(const network::Address& to) {
    fd_ = std::move(*network::connect_tcp(to));
    pollfd ready{fd_.get(), POLLOUT, 0};
    poll(&ready, 1, 5000);
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return;
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // The next frame without its length; empty when the connection ended, or nothing came in 10 s.
  std::string receive() {
    std::string length = take(4);
    return length.size() < 4 ? "" : take(static_cast<size_t>(load_be<int32_t>(length.data())));
  }
  // Everything until the connection ends.
  std::string rest() {
    std::string all;
    for (std::string part = take(1); !part.empty(); part = take(1)) all += part;
    return all;
  }
  bool ended() { return take(1).empty(); }
  // Nothing comes for this long.
  bool silent_for(int ms) {
    pollfd ready{fd_.get(), POLLIN, 0};
    return poll(&ready, 1, ms) == 0;
  }

 private:
  std::string take(size_t size) {
    std::string got;
    while (got.size() < size) {
      pollfd ready{fd_.get(), POLLIN, 0};
      if (poll(&ready, 1, 10'000) != 1) break;
      std::string part(size - got.size(), '\0');
      ssize_t n = ::recv(fd_.get(), part.data(), part.size(), 0);
      if (n <= 0) break;
      got.append(part, 0, static_cast<size_t>(n));
    }
    return got;
  }
  network::Fd fd_;
};

}  // namespace baton
