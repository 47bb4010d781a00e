// What a host's name stands for: the addresses at which it may be reached, in the system's order of preference.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/network/socket.h"

namespace baton::network {

struct HostAddress {
  sockaddr_storage raw{};  // the port is left open
  socklen_t size = 0;
};
using HostAddresses = std::vector<HostAddress>;

// Of a host that is written as a number, or empty: nobody has to be asked. None: it is a name.
HostAddresses numeric_addresses(const std::string& host);
// Asks the system, which waits for its name servers: tens of seconds where they do not answer. Never on a reactor (see resolver.h).
Result<HostAddresses> look_up_host(const std::string& host);
// As connect_tcp(to), without looking anything up: to the first of these addresses that can be tried.
Result<Fd> connect_tcp(const Address& to, const HostAddresses& at);

}  // namespace baton::network
