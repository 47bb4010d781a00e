#include "controller/plugin/addresses.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace baton {
namespace {

std::optional<int32_t> number(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

tl::unexpected<Error> invalid(std::string_view entry, std::string_view why) {
  return fail(ErrorCode::kInvalidConfig,
              fmt::format("controller.quorum.voters: {}: {} (wanted id@host:port for every candidate, separated by commas)", entry, why));
}

}  // namespace

std::optional<HostPort> host_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return HostPort{std::string(host), *port};
}

Result<std::vector<node::VoterAddress>> parse_voters(const std::vector<std::string>& texts) {
  std::vector<node::VoterAddress> voters;
  for (const std::string& text : texts) {
    const size_t at = text.find('@');
    const auto id = at == std::string::npos ? std::nullopt : number(std::string_view(text).substr(0, at));
    if (!id || *id < 0) return invalid(text, "an id and an @ are lacking before the address");
    const auto address = host_port(std::string_view(text).substr(at + 1));
    if (!address || address->host.empty() || address->port == 0) return invalid(text, "that is no host:port that others can reach");
    for (const node::VoterAddress& other : voters) {
      if (other.id == BrokerId(*id)) return invalid(text, fmt::format("{} is named twice", *id));
      if (other.host == address->host && other.port == address->port)
        return invalid(text, fmt::format("{} is there already", other.id.value()));
    }
    voters.push_back({BrokerId(*id), address->host, address->port});
  }
  // In one order everywhere, whatever that of the list: the ring is walked by it.
  std::sort(voters.begin(), voters.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return voters;
}

}  // namespace baton
