#include "cli/client/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <charconv>

#include "base/bytes.h"

namespace baton::client {
namespace {

tl::unexpected<Error> network_error(const std::string& what, int number) {
  return fail(ErrorCode::kNetworkException, what + ": " + strerror(number));
}

}  // namespace

Result<Address> parse_address(const std::string& text) {
  size_t colon = text.rfind(':');
  Address address;
  if (colon != std::string::npos && colon > 0) {
    address.host = text.substr(0, colon);
    if (address.host.front() == '[' && address.host.back() == ']') address.host = address.host.substr(1, address.host.size() - 2);
    const char* end = text.data() + text.size();
    auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (error == std::errc() && stopped == end && address.port > 0 && address.port < 65536) return address;
  }
  return fail(ErrorCode::kInvalidRequest, "'" + text + "' is not host:port");
}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Connection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Connection> Connection::open(const Address& address, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found); error != 0) {
    return fail(ErrorCode::kNetworkException, address.to_string() + ": " + gai_strerror(error));
  }
  Status outcome = fail(ErrorCode::kNetworkException, address.to_string() + ": no address");
  Connection connection;
  for (addrinfo* at = found; at != nullptr && !connection.is_open(); at = at->ai_next) {
    Connection attempt;
    attempt.fd_ = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (attempt.fd_ < 0) continue;
    int error = connect(attempt.fd_, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      outcome = attempt.wait(POLLOUT, deadline);
      if (!outcome) continue;
      socklen_t size = sizeof error;
      getsockopt(attempt.fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) {
      outcome = network_error(address.to_string(), error);
      continue;
    }
    connection = std::move(attempt);
  }
  freeaddrinfo(found);
  if (!connection.is_open()) return tl::unexpected(outcome.error());
  int on = 1;
  setsockopt(connection.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

Status Connection::wait(short events, Deadline deadline) const {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd entry{fd_, events, 0};
    int ready = left > 0 ? poll(&entry, 1, static_cast<int>(left)) : 0;
    if (ready > 0) return {};
    if (ready == 0) return fail(ErrorCode::kRequestTimedOut, "no answer in time");
    if (errno != EINTR) return network_error("poll", errno);
  }
}

Status Connection::send_frame(std::string_view body, Deadline deadline) {
  char length[4];
  store_be(length, static_cast<int32_t>(body.size()));
  std::string frame(length, sizeof length);
  frame.append(body);
  for (size_t sent = 0; sent < frame.size();) {
    ssize_t count = ::send(fd_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      if (Status ready = wait(POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return network_error("send", errno);
    }
  }
  return {};
}

Status Connection::receive(char* to, size_t bytes, Deadline deadline) {
  for (size_t got = 0; got < bytes;) {
    ssize_t count = ::recv(fd_, to + got, bytes - got, 0);
    if (count > 0) {
      got += static_cast<size_t>(count);
    } else if (count == 0) {
      return fail(ErrorCode::kNetworkException, "the connection was closed");
    } else if (errno == EAGAIN) {
      if (Status ready = wait(POLLIN, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return network_error("receive", errno);
    }
  }
  return {};
}

Result<std::string> Connection::receive_frame(Deadline deadline, size_t max_bytes) {
  char length[4];
  if (Status got = receive(length, sizeof length, deadline); !got) return tl::unexpected(got.error());
  uint32_t size = load_be<uint32_t>(length);
  if (size > max_bytes)
    return fail(ErrorCode::kNetworkException, "a frame of " + std::to_string(size) + " bytes: this is not the port you think");
  std::string body(size, '\0');
  if (Status got = receive(body.data(), size, deadline); !got) return tl::unexpected(got.error());
  return body;
}

}  // namespace baton::client
