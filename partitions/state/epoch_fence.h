// The fence that leader epochs make (KIP-320): a request that carries the epoch its sender knows is answered only by the
// leader of that very epoch, so a deposed leader and a follower of the former epoch notice each other at once.
#pragma once

#include "base/error_code.h"
#include "base/ids.h"

namespace baton {

enum class EpochNeed {
  kOptional,  // consumers: none (-1) is allowed and skips the check
  kRequired,  // followers: none is as good as an old epoch
};

// NONE, FENCED_LEADER_EPOCH (the sender is behind) or UNKNOWN_LEADER_EPOCH (we are).
ErrorCode check_leader_epoch(LeaderEpoch of_request, LeaderEpoch own, EpochNeed need);

}  // namespace baton
