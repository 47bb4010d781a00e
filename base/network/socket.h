// TCP sockets as plain descriptors: non-blocking, close-on-exec, owned by an Fd. Errors are values with a sentence that
// names the address.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace baton::network {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct Address {
  std::string host;  // empty: every interface
  int port = 0;
  std::string to_string() const { return host + ":" + std::to_string(port); }
};

struct ListenOptions {
  int backlog = 1024;
  // Of the connections accepted; -1 leaves them to the system, which adapts them.
  int send_buffer_bytes = -1;
  int receive_buffer_bytes = -1;
};
// Binds and listens; port 0 takes a free one (see local_address).
Result<Fd> listen_tcp(const Address& at, const ListenOptions& options = {});
// Starts to connect; completion shows as writability, see connect_error(). Host names are looked up, which may block: not on a reactor.
Result<Fd> connect_tcp(const Address& to);
// 0 when the connection started by connect_tcp is up, else errno.
int connect_error(int fd);
// The next waiting connection, made non-blocking with TCP_NODELAY; an invalid Fd when none waits, errno says why.
Fd accept_tcp(int listener);
// Empty host where it can not be told.
Address local_address(int fd);
Address peer_address(int fd);

}  // namespace baton::network
