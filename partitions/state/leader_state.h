// A leader's books for one leader epoch: the ISR, each follower's progress, the high watermark, and when to ask the
// controller for another ISR. Knows nothing of records: the replica tells it where the log ends.
//
// Pure. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error_code.h"
#include "base/ids.h"
#include "partitions/state/epoch_fence.h"
#include "partitions/state/follower_progress.h"
#include "partitions/state/isr_state.h"
#include "partitions/state/partition_state.h"

namespace baton {

class LeaderState {
 public:
  // Begins at `end_offset`, which is the epoch's start, with what this replica knew of the high watermark as a follower.
  LeaderState(BrokerId self, Leadership leadership, int64_t end_offset, int64_t high_watermark, Instant now);

  int64_t epoch_start() const { return epoch_start_; }
  int64_t high_watermark() const { return high_watermark_; }
  // False until everything of former epochs is known to be committed: the end that clients may see is not known before.
  bool high_watermark_is_current() const { return high_watermark_ >= epoch_start_; }
  const IsrState& isr() const { return isr_; }
  const Leadership& leadership() const { return leadership_; }
  const FollowerTable& followers() const { return followers_; }
  // The committed ISR has fewer than min(min.insync.replicas, replicas) members, or had when the page was written.
  bool under_min_isr() const;
  bool acknowledgement_needs_lease(int16_t acks) const;

  // The live followers that hold everything below `offset`, as their fetches said.
  std::vector<IsrMember> holders(int64_t offset) const;

  void on_append(int64_t end_offset);
  // NONE; STALE_BROKER_EPOCH: not the incarnation of the image; UNKNOWN_LEADER_EPOCH: no replica in the image, which may
  // be older than the asker's.
  ErrorCode check_follower(BrokerId follower, BrokerEpoch replica_epoch) const;
  // A fetch at `offset` that found no divergence. REQUIRES: check_follower() was NONE, offset ≤ the end offset.
  void on_follower_fetch(BrokerId follower, int64_t offset, Instant now);
  // A newer word on this leader epoch, or other live incarnations. An older partition epoch changes only the latter.
  void update(const Leadership& leadership, Instant now);
  // Asks to remove members that have not been caught up for `lag_max`.
  void tick(Instant now, Duration lag_max);

  std::optional<IsrRequest> take_isr_request(Instant now);
  void on_isr_response(const IsrResponse& response, ControllerEpoch highest_seen, Instant now);

 private:
  bool may_join(BrokerId id, const FollowerProgress& progress) const;
  void refresh_followers(Instant now);
  void propose_expansion(Instant now);
  IsrMember member(BrokerId id) const;
  void settle(Instant now);
  void advance();

  BrokerId self_;
  Leadership leadership_;  // leadership_.state is always isr_.committed()
  IsrState isr_;
  FollowerTable followers_;  // every replica but this one
  int64_t epoch_start_;
  int64_t end_offset_;
  int64_t high_watermark_;
  Instant no_expansion_before_{};  // after a refusal
};

}  // namespace baton
