// KIP-951: an error that says "not me" may say who instead, so that the client need not ask for metadata first. Carried as
// tagged fields by Produce and Fetch. A hint may be filled in for any client: versions that lack it drop it.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

struct LeaderIdAndEpoch {
  BrokerId leader_id;
  LeaderEpoch leader_epoch;

  static constexpr auto fields =
      table(field("LeaderId", &LeaderIdAndEpoch::leader_id), field("LeaderEpoch", &LeaderIdAndEpoch::leader_epoch));
};

struct NodeEndpoint {
  BrokerId node_id;
  std::string host;
  int32_t port = 0;
  std::optional<std::string> rack;

  static constexpr auto fields = table(field("NodeId", &NodeEndpoint::node_id), field("Host", &NodeEndpoint::host),
                                       field("Port", &NodeEndpoint::port), field("Rack", &NodeEndpoint::rack, {.nullable = 0}));
};

}  // namespace baton::protocol
