#include "controller/agent/watch_set.h"

#include <map>

namespace baton::agent {

std::optional<node::WatchedBy> WatchSet::derive(const Image& image, const std::optional<ControllerLocation>& controller,
                                                const Incarnation& self) {
  std::map<Incarnation, node::WatchedBy::Peer> peers;
  for (const control::Candidate& candidate : image.candidates()) {
    const Incarnation incarnation{Uuid::from_bytes(candidate.incarnation())};
    peers[incarnation] = {BrokerId(candidate.id()), incarnation, candidate.control_host(), candidate.control_port()};
  }
  if (controller) peers[controller->incarnation] = {controller->id, controller->incarnation, controller->host, controller->port};
  peers.erase(self);
  std::vector<node::WatchedBy::Peer> present;
  present.reserve(peers.size());
  for (const auto& [incarnation, peer] : peers) present.push_back(peer);
  if (present == told_) return std::nullopt;
  told_ = present;
  return node::WatchedBy{std::move(present)};
}

}  // namespace baton::agent
