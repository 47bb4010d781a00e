// The follower's side of a replica: what to ask, and what to make of the answer.
#include <algorithm>

#include "base/mutants.h"
#include "partitions/replica/replica.h"

namespace baton {

std::optional<FetchPosition> Replica::next_fetch() const {
  if (role_ != ReplicaRole::kFollower || leadership_.state.leader == BrokerId()) return std::nullopt;
  FetchPosition position{.leader = leadership_.state.leader,
                         .offset = log_->end_offset(),
                         .current_leader_epoch = leadership_.state.leader_epoch,
                         .last_fetched_epoch = last_record_epoch(),
                         .log_start_offset = log_->start_offset(),
                         .role_epoch = leadership_.state.leader_epoch};
  if (BATON_MUTANT(no_epoch_in_fetch)) position.current_leader_epoch = LeaderEpoch();
  if (BATON_MUTANT(truncate_to_high_watermark)) position.last_fetched_epoch = LeaderEpoch();
  return position;
}

FollowOutcome Replica::on_fetched(const FetchPosition& sent, const FetchedData& data, int64_t now_ms) {
  // End and last epoch together name what we hold. The end alone does not: a repeated answer that says "truncate" could meet
  // a log that was truncated and has grown again, and take from it what the leader counts on.
  std::optional<FetchPosition> due = next_fetch();
  bool same_role = sent.role_epoch == leadership_.state.leader_epoch || BATON_MUTANT(no_epoch_in_fetch);
  if (!due || !same_role || sent.offset != due->offset || sent.last_fetched_epoch != due->last_fetched_epoch) return {};
  if (data.error == ErrorCode::kOffsetOutOfRange) return out_of_range(data);
  if (data.error != ErrorCode::kNone) return {.kind = FollowOutcome::Kind::kBackOff, .error = data.error};
  if (data.diverging) return truncate_for(*data.diverging);
  return append_fetched(data, now_ms);
}

// KIP-279: the leader names an epoch that it knows and where it ended there. If we know that very epoch, we have in common
// what is below both its ends. If we do not, we have in common at most what is below the end of our next lower one, and
// ask again. Every step gets shorter, so this ends.
FollowOutcome Replica::truncate_for(const EpochEnd& leaders) {
  int64_t end = log_->end_offset();
  EpochEnd ours = log_->end_offset_for_epoch(leaders.epoch);
  int64_t keep = 0;
  if (ours.epoch == LeaderEpoch()) {
    keep = log_->start_offset();  // all that we hold is of later epochs than what the leader has there
  } else {
    // Where ours is the lower epoch, it ends where our next one begins, which the leader does not know.
    keep = std::min(ours.end_offset, leaders.end_offset);
  }
  if (BATON_MUTANT(kip_279_ignored)) keep = leaders.end_offset;
  keep = std::clamp(keep, log_->start_offset(), end);
  if (keep == end) {
    return {FollowOutcome::Kind::kBackOff, ErrorCode::kUnknownServerError, "the leader sees a divergence where none is"};
  }
  if (Status cut = log_->truncate_to(keep); !cut) return follower_failed(cut.error());
  high_watermark_ = std::min(high_watermark_, log_->end_offset());
  return {.kind = FollowOutcome::Kind::kTruncated};
}

// Below the leader's start: what we hold is not continued any more. Beyond its end with nothing that could be compared: our
// log is empty. Both begin anew where the leader's log begins.
FollowOutcome Replica::out_of_range(const FetchedData& data) {
  bool below = data.log_start_offset > log_->end_offset();
  bool empty = log_->end_offset() == log_->start_offset();
  if (data.log_start_offset < 0 || (!below && !empty && !BATON_MUTANT(truncate_to_high_watermark))) {
    return {FollowOutcome::Kind::kBackOff, data.error, "the leader's answer names no offset to go on from"};
  }
  if (Status cut = log_->truncate_fully_and_start_at(data.log_start_offset); !cut) return follower_failed(cut.error());
  high_watermark_ = data.log_start_offset;
  return {.kind = FollowOutcome::Kind::kRestarted};
}

FollowOutcome Replica::append_fetched(const FetchedData& data, int64_t now_ms) {
  FollowOutcome outcome{.kind = FollowOutcome::Kind::kAppended};
  if (!data.records.empty()) {
    Result<AppendResult> appended = log_->append_as_follower(data.records, now_ms);
    if (!appended) return follower_failed(appended.error());
    outcome.batches = appended->batches;
    if (config_.flush_policy == FlushPolicy::kCommit && outcome.batches > 0) {
      if (Status flushed = log_->flush(); !flushed) return follower_failed(flushed.error());
    }
  }
  high_watermark_ = std::max(high_watermark_, std::min(data.high_watermark, log_->end_offset()));
  int64_t start = std::min(data.log_start_offset, high_watermark_);
  if (start > log_->start_offset()) {
    if (Status moved = log_->advance_start_offset(start); !moved) return follower_failed(moved.error());
  }
  return outcome;
}

FollowOutcome Replica::follower_failed(const Error& error) {
  note_storage(error);
  return {FollowOutcome::Kind::kBackOff, error.code, error.message};
}

}  // namespace baton
