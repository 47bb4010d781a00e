// The leader's side of a replica: producing, reading, the ISR.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutants.h"
#include "partitions/log/record_batch.h"
#include "partitions/replica/replica.h"
#include "partitions/state/lease_gate.h"

namespace baton {
namespace {

// Mutant no_producer_dedup: the broker forgets who sent a batch, so a retry is a new batch.
void strip_producers(std::span<char> batches) {
  BatchIterator batch(std::string_view(batches.data(), batches.size()));
  while (std::optional<BatchView> view = batch.next()) {
    char* bytes = batches.data() + (view->bytes.data() - batches.data());
    if (view->bytes.size() < kBatchHeaderBytes) return;
    store_be<int64_t>(bytes + 43, kNoProducerId);
    store_be<int16_t>(bytes + 51, kNoProducerEpoch);
    store_be<int32_t>(bytes + 53, kNoSequence);
    store_be<uint32_t>(bytes + 17, batch_crc(view->bytes));
  }
}

}  // namespace

ErrorCode Replica::check_leading(LeaderEpoch current_leader_epoch, EpochNeed need) const {
  // The epochs first: an asker that is ahead of us must not take our ignorance for the new leader's word.
  if (ErrorCode fenced = check_leader_epoch(current_leader_epoch, leadership_.state.leader_epoch, need); fenced != ErrorCode::kNone) {
    return fenced;
  }
  return leader_ ? ErrorCode::kNone : ErrorCode::kNotLeaderOrFollower;
}

AppendOutcome Replica::append(std::span<char> batches, int16_t acks, Instant lease_deadline, Instant now, int64_t now_ms,
                              AppendOrigin origin) {
  AppendOutcome outcome;
  auto refuse = [&](ErrorCode code, std::string message) {
    outcome.error = code;
    outcome.message = std::move(message);
    return outcome;
  };
  if (acks < -1 || acks > 1) return refuse(ErrorCode::kInvalidRequiredAcks, "acks must be 0, 1 or all");
  if (role_ != ReplicaRole::kLeader) return refuse(ErrorCode::kNotLeaderOrFollower, "this broker does not lead the partition");
  if (!may_acknowledge(acks, lease_deadline, now)) {
    return refuse(ErrorCode::kNotLeaderOrFollower, "the broker's lease has run out");
  }
  if (acks == -1 && leader_->under_min_isr()) {
    return refuse(ErrorCode::kNotEnoughReplicas, "the in-sync replicas are fewer than min.insync.replicas");
  }
  if (BATON_MUTANT(no_producer_dedup)) strip_producers(batches);

  Result<AppendResult> appended = log_->append_as_leader(batches, leadership_.state.leader_epoch, now_ms, origin);
  if (appended && config_.flush_policy == FlushPolicy::kCommit) {
    if (Status flushed = log_->flush(); !flushed) appended = tl::unexpected<Error>(flushed.error());
  }
  if (!appended) {
    Error error = std::move(appended.error());
    note_storage(error);
    return refuse(error.code, std::move(error.message));
  }
  leader_->on_append(log_->end_offset());
  note_leader_progress();
  outcome.base_offset = appended->base_offset;
  outcome.last_offset = appended->last_offset;
  outcome.append_time_ms = appended->append_time_ms;
  outcome.log_start_offset = log_->start_offset();
  outcome.duplicate = appended->duplicate;
  outcome.wait = {leadership_.state.leader_epoch, appended->last_offset + 1};
  return outcome;
}

WaitOutcome Replica::check(const ProduceWait& wait) const {
  if (!leader_ || wait.leader_epoch != leadership_.state.leader_epoch) {
    return {true, ErrorCode::kNotLeaderOrFollower};
  }
  if (high_watermark_ >= wait.required_high_watermark) return {true, ErrorCode::kNone};
  if (leader_->under_min_isr()) return {true, ErrorCode::kNotEnoughReplicasAfterAppend};
  return {};
}

bool Replica::may_acknowledge(int16_t acks, Instant lease_deadline, Instant now) const {
  // A response of a leadership that is over: its successor may have been told of our stop before the bytes left. While yielding
  // the same holds for all that needs the lease; what another member vouches for by its fetches stays true.
  if (!leader_) return false;
  if (!leader_->acknowledgement_needs_lease(acks)) return true;
  return role_ == ReplicaRole::kLeader && may_act(now, lease_deadline);
}

FetchOutcome Replica::fetch_for_consumer(const FetchParams& params) {
  if (ErrorCode error = check_leading(params.current_leader_epoch, EpochNeed::kOptional); error != ErrorCode::kNone) {
    return {.error = error};
  }
  return read(params, high_watermark_);
}

FetchOutcome Replica::fetch_for_follower(BrokerId follower, BrokerEpoch replica_epoch, const FetchParams& params, Instant now) {
  if (ErrorCode error = check_leading(params.current_leader_epoch, EpochNeed::kRequired); error != ErrorCode::kNone) {
    return {.error = error};
  }
  if (ErrorCode error = leader_->check_follower(follower, replica_epoch); error != ErrorCode::kNone) return {.error = error};
  FetchOutcome outcome = read(params, log_->end_offset());
  // An offset counts only once it is known to lie on our own history.
  if (outcome.error != ErrorCode::kNone || outcome.diverging) return outcome;
  leader_->on_follower_fetch(follower, params.offset, now);
  note_leader_progress();
  outcome.high_watermark = high_watermark_;
  return outcome;
}

FetchOutcome Replica::read(const FetchParams& params, int64_t upper_bound) {
  FetchOutcome outcome{.high_watermark = high_watermark_, .log_start_offset = log_->start_offset()};
  outcome.slice.next_offset = params.offset;
  if (params.offset < log_->start_offset()) {
    outcome.error = ErrorCode::kOffsetOutOfRange;
    return outcome;
  }
  outcome.diverging = divergence(params);
  if (outcome.diverging) return outcome;
  if (params.offset > log_->end_offset()) {
    outcome.error = ErrorCode::kOffsetOutOfRange;
    return outcome;
  }
  if (params.offset >= upper_bound) return outcome;
  Result<LogSlice> slice = log_->read(params.offset, params.max_bytes, upper_bound, params.at_least_one_batch);
  if (!slice) {
    note_storage(slice.error());
    outcome.error = slice.error().code;
    return outcome;
  }
  outcome.slice = std::move(*slice);
  return outcome;
}

// KIP-595: the asker's log parts from ours if the epoch of its last record ends here below its offset. An epoch older than
// all that we know ended, for us, no later than where our log starts.
std::optional<EpochEnd> Replica::divergence(const FetchParams& params) const {
  if (params.last_fetched_epoch == LeaderEpoch()) return std::nullopt;
  EpochEnd ours = log_->end_offset_for_epoch(params.last_fetched_epoch);
  if (ours.epoch == LeaderEpoch()) {
    if (params.offset <= log_->start_offset()) return std::nullopt;
    return EpochEnd{params.last_fetched_epoch, log_->start_offset()};
  }
  bool parts = (ours.epoch < params.last_fetched_epoch && !BATON_MUTANT(kip_279_ignored)) || ours.end_offset < params.offset;
  return parts ? std::optional(ours) : std::nullopt;
}

OffsetOutcome Replica::offset_for_timestamp(int64_t timestamp_ms, LeaderEpoch current_leader_epoch) {
  OffsetOutcome outcome;
  outcome.error = check_leading(current_leader_epoch, EpochNeed::kOptional);
  if (outcome.error != ErrorCode::kNone) return outcome;
  outcome.leader_epoch = leadership_.state.leader_epoch;
  if (timestamp_ms == kEarliestTimestamp) {
    outcome.offset = log_->start_offset();
    if (LeaderEpoch at = log_->epoch_at(outcome.offset); at != LeaderEpoch()) outcome.leader_epoch = at;
    return outcome;
  }
  // A new leader does not know yet how much of the former epochs is committed: an answer could go back in time.
  bool unknown_yet = !leader_->high_watermark_is_current();
  if (timestamp_ms == kLatestTimestamp) {
    outcome.offset = unknown_yet ? -1 : high_watermark_;
    if (unknown_yet) outcome.error = ErrorCode::kOffsetNotAvailable;
    return outcome;
  }
  if (timestamp_ms < 0 && timestamp_ms != kMaxTimestamp) {
    outcome.error = ErrorCode::kUnsupportedVersion;
    outcome.message = "unknown special timestamp";
    return outcome;
  }
  if (timestamp_ms == kMaxTimestamp && unknown_yet) {
    outcome.error = ErrorCode::kOffsetNotAvailable;
    return outcome;
  }
  auto found = timestamp_ms == kMaxTimestamp ? log_->offset_of_max_timestamp(high_watermark_)
                                             : log_->offset_for_timestamp(timestamp_ms, high_watermark_);
  if (!found) {
    note_storage(found.error());
    outcome.error = found.error().code;
    outcome.message = found.error().message;
  } else if (*found) {
    outcome.timestamp = (*found)->timestamp;
    outcome.offset = (*found)->offset;
    outcome.leader_epoch = (*found)->epoch;
  } else if (unknown_yet) {
    outcome.error = ErrorCode::kOffsetNotAvailable;
  } else {
    outcome.leader_epoch = LeaderEpoch();
  }
  return outcome;
}

EpochEndOutcome Replica::end_offset_for_epoch(LeaderEpoch epoch, LeaderEpoch current_leader_epoch) const {
  if (ErrorCode error = check_leading(current_leader_epoch, EpochNeed::kOptional); error != ErrorCode::kNone) {
    return {.error = error};
  }
  return {.end = log_->end_offset_for_epoch(epoch)};
}

Status Replica::delete_records(int64_t offset) {
  if (role_ != ReplicaRole::kLeader) return fail(ErrorCode::kNotLeaderOrFollower);
  if (offset == -1) offset = high_watermark_;
  if (offset < 0 || offset > high_watermark_) {
    return fail(ErrorCode::kOffsetOutOfRange, "records can be deleted up to the high watermark only");
  }
  Status moved = log_->advance_start_offset(offset);
  if (!moved) note_storage(moved.error());
  return moved;
}

void Replica::tick(Instant now) {
  if (!leader_) return;
  leader_->tick(now, config_.lag_time_max);
}

std::optional<IsrRequest> Replica::take_isr_request(Instant now) {
  return leader_ ? leader_->take_isr_request(now) : std::nullopt;
}

void Replica::on_isr_response(const IsrResponse& response, Instant now) {
  saw_controller(response.controller_epoch);
  if (!leader_) return;
  leader_->on_isr_response(response, highest_controller_, now);
  note_leader_progress();
}

}  // namespace baton
