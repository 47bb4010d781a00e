// Addresses as users write them in settings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "controller/runtime/peer_links.h"

namespace baton {

struct HostPort {
  std::string host;
  int port = 0;
};
// host:port, the host of an IPv6 address in brackets; the host may be empty.
std::optional<HostPort> host_port(std::string_view text);

// controller.quorum.voters: id@host:port each. INVALID_CONFIG says what is wrong, and with which.
Result<std::vector<node::VoterAddress>> parse_voters(const std::vector<std::string>& texts);

}  // namespace baton
