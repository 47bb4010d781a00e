// Roles: taking the image's word, giving the own one, clean and dirty. Producing and reading are in replica_leader.cc,
// following in replica_follower.cc.
#include "partitions/replica/replica.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutants.h"

namespace baton {

Replica::Replica(ReplicaConfig config) : config_(config) {}

void Replica::attach(std::unique_ptr<Log> log, int64_t checkpointed_high_watermark, bool dirty) {
  BATON_ASSERT(log != nullptr && log_ == nullptr && role_ == ReplicaRole::kStopped);
  log_ = std::move(log);
  dirty_ = dirty || log_->end_offset() < checkpointed_high_watermark;
  cleared_dirty_ = false;
  seen_outside_isr_ = false;
  failed_ = false;
  high_watermark_ = std::clamp(checkpointed_high_watermark, log_->start_offset(), log_->end_offset());
}

std::unique_ptr<Log> Replica::detach() {
  stop();
  high_watermark_ = 0;
  return std::move(log_);
}

// Epochs only grow, and what stop() gave up stays given up. NONE says that `leadership` is at least as new as what we had.
Status Replica::take(const Leadership& leadership, bool leads) {
  const PartitionState& now_held = leadership_.state;
  const PartitionState& offered = leadership.state;
  if (offered.leader_epoch < now_held.leader_epoch) {
    return fail(ErrorCode::kFencedLeaderEpoch, "a higher leader epoch has been seen");
  }
  if (leads && word_ && offered.leader_epoch == word_->leader_epoch) {
    return fail(ErrorCode::kFencedLeaderEpoch, "this replica has said that it stopped leading this epoch");
  }
  if (offered.leader_epoch > now_held.leader_epoch) word_.reset();
  if (offered.leader_epoch == now_held.leader_epoch && offered.partition_epoch < now_held.partition_epoch) {
    leadership_.broker_epochs = leadership.broker_epochs;
  } else {
    leadership_ = leadership;
  }
  return {};
}

Status Replica::become_leader(const Leadership& leadership, Instant now) {
  BATON_ASSERT(leadership.state.leader == config_.self);
  if (leader_ && leadership.state.leader_epoch == leadership_.state.leader_epoch) {
    update_leadership(leadership, now);
    return {};
  }
  if (Status taken = take(leadership, true); !taken) return taken;
  role_ = ReplicaRole::kStopped;
  leader_.reset();
  if (!log_ || failed_) return fail(ErrorCode::kKafkaStorageError, "the replica has no usable log");
  // Under `commit` the greatest log is a complete one: the controller waited for all of them (R8) and has nothing to flag.
  bool elected_as_dirty = leadership_.state.unclean || config_.flush_policy == FlushPolicy::kCommit;
  if (dirty_ && !elected_as_dirty && !BATON_MUTANT(dirty_may_lead)) {
    return fail(ErrorCode::kIneligibleReplica, "the replica is dirty: acknowledged records may be missing");
  }
  if (Status assigned = log_->assign_epoch(leadership_.state.leader_epoch); !assigned) {
    note_storage(assigned.error());
    return assigned;
  }
  if (std::exchange(dirty_, false)) cleared_dirty_ = true;
  role_ = ReplicaRole::kLeader;
  leader_.emplace(config_.self, leadership_, log_->end_offset(), high_watermark_, now);
  note_leader_progress();
  return {};
}

StoppedWord Replica::refusal() const {
  StoppedWord word = present_word();
  word.dirty = true;
  return word;
}

Status Replica::become_follower(const Leadership& leadership, Instant) {
  BATON_ASSERT(leadership.state.leader != config_.self);
  bool same_epoch = leadership.state.leader_epoch == leadership_.state.leader_epoch;
  bool was_following = role_ == ReplicaRole::kFollower;
  if (Status taken = take(leadership, false); !taken) return taken;
  leader_.reset();
  role_ = ReplicaRole::kStopped;
  if (!log_ || failed_) return fail(ErrorCode::kKafkaStorageError, "the replica has no usable log");
  role_ = ReplicaRole::kFollower;
  note_isr_membership(leadership_.state);
  if (was_following && same_epoch) return {};
  // An epoch that was begun here without a record would contradict the new leader's history. And KIP-101's mistake: what
  // stands above the high watermark may be committed all the same, only the leader's epochs tell.
  int64_t keep = BATON_MUTANT(truncate_to_high_watermark) ? high_watermark_ : log_->end_offset();
  if (Status cut = log_->truncate_to(keep); !cut) {
    note_storage(cut.error());
    return cut;
  }
  high_watermark_ = std::min(high_watermark_, log_->end_offset());
  return {};
}

void Replica::update_leadership(const Leadership& leadership, Instant now) {
  if (leadership.state.leader_epoch != leadership_.state.leader_epoch || role_ == ReplicaRole::kStopped) return;
  if (!take(leadership, false)) return;
  if (leader_) {
    leader_->update(leadership, now);
    note_leader_progress();
  } else {
    note_isr_membership(leadership_.state);
  }
}

StoppedWord Replica::present_word() const {
  StoppedWord word{.was_leader = role_ == ReplicaRole::kLeader,
                   .leader_epoch = leadership_.state.leader_epoch,
                   .last_epoch = last_record_epoch(),
                   .end_offset = log_ ? log_->end_offset() : 0,
                   .caught_up = {},
                   .dirty = false};
  if (leader_) word.caught_up = leader_->holders(word.end_offset);
  return word;
}

StoppedWord Replica::yield() {
  if (role_ != ReplicaRole::kLeader) return word_ ? *word_ : StoppedWord{};
  word_ = present_word();
  word_unsaid_ = true;
  if (!BATON_MUTANT(word_not_final)) role_ = ReplicaRole::kYielding;
  return *word_;
}

std::optional<StoppedWord> Replica::take_word() {
  if (!leader_ || !word_) return std::nullopt;
  std::vector<IsrMember> holders = leader_->holders(word_->end_offset);
  if (!std::exchange(word_unsaid_, false) && holders == word_->caught_up) return std::nullopt;
  word_->caught_up = std::move(holders);
  return word_;
}

StoppedWord Replica::stop() {
  StoppedWord word = word_ ? *word_ : present_word();
  role_ = ReplicaRole::kStopped;
  leader_.reset();
  if (word.was_leader) word_ = word;
  return word;
}

void Replica::saw_controller(ControllerEpoch epoch) {
  highest_controller_ = std::max(highest_controller_, epoch);
}

// Only an entry proves that this replica caught up. An ISR that names it from the first may date from before the machine
// went down: its last member is never taken out.
void Replica::note_isr_membership(const PartitionState& state) {
  if (!contains(state.isr, config_.self)) {
    seen_outside_isr_ = true;
  } else if (seen_outside_isr_ && std::exchange(dirty_, false)) {
    cleared_dirty_ = true;
  }
}

bool Replica::take_cleared_dirty() {
  return std::exchange(cleared_dirty_, false);
}

LeaderEpoch Replica::last_record_epoch() const {
  if (!log_ || log_->end_offset() <= log_->start_offset()) return LeaderEpoch();
  return log_->epoch_at(log_->end_offset() - 1);
}

void Replica::note_leader_progress() {
  leadership_.state = leader_->isr().committed();
  high_watermark_ = leader_->high_watermark();
}

void Replica::note_storage(const Error& error) {
  if (error.code != ErrorCode::kKafkaStorageError) return;
  bool first = !std::exchange(failed_, true);
  stop();
  // What was acknowledged by this replica alone went with its disk; a successor must not wait for it.
  if (first && word_) word_->end_offset = high_watermark_;
}

Result<int> Replica::apply_retention(int64_t now_ms) {
  if (!log_ || failed_) return 0;
  Result<int> deleted = log_->delete_old_segments(now_ms, high_watermark_);
  if (!deleted) note_storage(deleted.error());
  high_watermark_ = std::max(high_watermark_, log_->start_offset());
  return deleted;
}

}  // namespace baton
