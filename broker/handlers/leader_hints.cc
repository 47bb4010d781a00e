#include "broker/handlers/leader_hints.h"

#include <algorithm>

namespace baton {

void add_hint(const Image& image, const std::string& listener, const TopicPartition& partition, protocol::LeaderIdAndEpoch& hint,
              std::vector<protocol::NodeEndpoint>& endpoints) {
  auto* topic = image.topic(partition.topic);
  auto* state = topic == nullptr ? nullptr : topic->partition(partition.index);
  if (state == nullptr) return;
  auto* endpoint = image.endpoint(state->leader, listener);
  if (endpoint == nullptr) return;
  hint.leader_id = state->leader;
  hint.leader_epoch = state->leader_epoch;
  bool named = std::any_of(endpoints.begin(), endpoints.end(), [&](auto& each) { return each.node_id == state->leader; });
  if (named) return;
  auto* broker = image.broker(state->leader);
  std::optional<std::string> rack;
  if (!broker->rack.empty()) rack = broker->rack;
  endpoints.push_back({state->leader, endpoint->host, endpoint->port, std::move(rack)});
}

}  // namespace baton
