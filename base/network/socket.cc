#include "base/network/socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/network/host_addresses.h"

namespace baton::network {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> look_up_own(const Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  std::string port = std::to_string(address.port);
  int failed = getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0 || found == nullptr) {
    return fail(ErrorCode::kNetworkException, fmt::format("can not look up {}: {}", address.to_string(), gai_strerror(failed)));
  }
  return Addresses(found);
}

Address described(const sockaddr_storage& raw) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  socklen_t size = raw.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&raw), size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
      0) {
    return {};
  }
  return {host, std::atoi(port)};
}

void set_no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void set_buffer(int fd, int which, int bytes) {
  if (bytes >= 0) setsockopt(fd, SOL_SOCKET, which, &bytes, sizeof bytes);
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Fd> listen_tcp(const Address& at, const ListenOptions& options) {
  auto addresses = look_up_own(at);
  if (!addresses) return tl::unexpected(addresses.error());
  std::string reason = "no address";
  for (addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next) {
    Fd fd(::socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
      reason = std::strerror(errno);
      continue;
    }
    int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Accepted connections inherit these, and only then is TCP's window scaled to them.
    set_buffer(fd.get(), SO_SNDBUF, options.send_buffer_bytes);
    set_buffer(fd.get(), SO_RCVBUF, options.receive_buffer_bytes);
    if (::bind(fd.get(), each->ai_addr, each->ai_addrlen) == 0 && ::listen(fd.get(), options.backlog) == 0) return fd;
    reason = std::strerror(errno);
  }
  return fail(ErrorCode::kNetworkException, fmt::format("can not listen on {}: {}", at.to_string(), reason));
}

Result<Fd> connect_tcp(const Address& to) {
  const auto found = look_up_host(to.host);
  if (!found) return tl::unexpected(found.error());
  return connect_tcp(to, *found);
}

int connect_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Fd accept_tcp(int listener) {
  Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) set_no_delay(fd.get());
  return fd;
}

Address local_address(int fd) {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return {};
  return described(raw);
}

Address peer_address(int fd) {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return {};
  return described(raw);
}

}  // namespace baton::network
