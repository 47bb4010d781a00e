#include "partitions/state/epoch_fence.h"

#include "base/mutants.h"

namespace baton {

ErrorCode check_leader_epoch(LeaderEpoch of_request, LeaderEpoch own, EpochNeed need) {
  if (BATON_MUTANT(no_epoch_in_fetch)) return ErrorCode::kNone;
  if (of_request == LeaderEpoch() && need == EpochNeed::kOptional) return ErrorCode::kNone;
  if (of_request < own) return ErrorCode::kFencedLeaderEpoch;
  if (of_request > own) return ErrorCode::kUnknownLeaderEpoch;
  return ErrorCode::kNone;
}

}  // namespace baton
