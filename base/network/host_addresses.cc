#include "base/network/host_addresses.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace baton::network {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// 0, or what gai_strerror() can say.
int ask_system(const std::string& host, int flags, HostAddresses& found) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = getaddrinfo(host.empty() ? nullptr : host.c_str(), "0", &hints, &list);
  if (failed != 0) return failed;
  const std::unique_ptr<addrinfo, FreeAddresses> owned(list);
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    if (each->ai_addrlen > sizeof(sockaddr_storage)) continue;
    HostAddress& added = found.emplace_back();
    std::memcpy(&added.raw, each->ai_addr, each->ai_addrlen);
    added.size = each->ai_addrlen;
  }
  return found.empty() ? EAI_NONAME : 0;
}

void set_port(sockaddr_storage& raw, int port) {
  const in_port_t on_wire = htons(static_cast<uint16_t>(port));
  if (raw.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(raw).sin6_port = on_wire;
  } else {
    reinterpret_cast<sockaddr_in&>(raw).sin_port = on_wire;
  }
}

}  // namespace

HostAddresses numeric_addresses(const std::string& host) {
  HostAddresses found;
  ask_system(host, AI_NUMERICHOST, found);
  return found;
}

Result<HostAddresses> look_up_host(const std::string& host) {
  HostAddresses found;
  if (const int failed = ask_system(host, 0, found); failed != 0) {
    return fail(ErrorCode::kNetworkException, fmt::format("can not look up {}: {}", host, gai_strerror(failed)));
  }
  return found;
}

Result<Fd> connect_tcp(const Address& to, const HostAddresses& at) {
  std::string reason = "no address";
  for (const HostAddress& each : at) {
    Fd fd(::socket(each.raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
      reason = std::strerror(errno);
      continue;
    }
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_storage raw = each.raw;
    set_port(raw, to.port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&raw), each.size) == 0 || errno == EINPROGRESS) return fd;
    reason = std::strerror(errno);
  }
  return fail(ErrorCode::kNetworkException, fmt::format("can not connect to {}: {}", to.to_string(), reason));
}

}  // namespace baton::network
