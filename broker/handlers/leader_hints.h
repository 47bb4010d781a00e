// KIP-951: an error that says "not me" also says who leads now and where, as far as this broker's image knows.
#pragma once

#include <vector>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/leader_hint.h"
#include "broker/shards/partition_access.h"

namespace baton {

inline bool deserves_hint(ErrorCode error) {
  return error == ErrorCode::kNotLeaderOrFollower || error == ErrorCode::kFencedLeaderEpoch;
}

// Sets `hint` and adds the leader's endpoint to `endpoints` once. Nothing where the image knows no leader.
void add_hint(const Image& image, const std::string& listener, const TopicPartition& partition, protocol::LeaderIdAndEpoch& hint,
              std::vector<protocol::NodeEndpoint>& endpoints);

}  // namespace baton
