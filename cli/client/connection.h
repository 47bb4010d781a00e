// A blocking TCP connection that carries frames: a big-endian 32-bit length and that many bytes, as Kafka's protocol and
// the control streams do. Every operation has a deadline. Not thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton::client {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline after(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

struct Address {
  std::string host;
  int port = 0;

  std::string to_string() const { return host + ":" + std::to_string(port); }
  friend auto operator<=>(const Address&, const Address&) = default;
};

// Error: INVALID_REQUEST with a sentence.
Result<Address> parse_address(const std::string& text);

class Connection {
 public:
  Connection() = default;
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Connection& operator=(Connection&& other) noexcept;

  // Errors of all operations: NETWORK_EXCEPTION (refused, reset, closed), REQUEST_TIMED_OUT.
  static Result<Connection> open(const Address& address, Deadline deadline);
  Status send_frame(std::string_view body, Deadline deadline);
  // A length that is negative or above `max_bytes` is an error before anything is allocated.
  Result<std::string> receive_frame(Deadline deadline, size_t max_bytes = 128u << 20);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void close();

 private:
  Status wait(short events, Deadline deadline) const;
  Status receive(char* to, size_t bytes, Deadline deadline);

  int fd_ = -1;
};

}  // namespace baton::client
