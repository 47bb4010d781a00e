// One replica of one partition: its log, its role, and the rules of replication between them. Whoever owns it (a shard of
// the broker, the simulator) only moves messages: it hands in roles, requests, fetched bytes and the time, and carries out
// what comes back.
//
// Synchronous and deterministic: no socket, thread or clock. Threading: owned by one thread.
//
// After *any* call the owner looks at what may have changed: high_watermark() (waiting produce and fetch requests),
// take_isr_request() and take_word() (to be sent to the controller), take_cleared_dirty() (to be recorded).
//
// Errors are Kafka's codes inside the plain result structs. KAFKA_STORAGE_ERROR from the log takes the replica out of
// service: it is kStopped and failed() from then on.
//
// Sources: KIP-101, 279, 320, 595 (truncation by epoch, divergence in Fetch), 497 (pending ISR), 841, 903 (replica
// epochs), 966 (strict minimum ISR).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error_code.h"
#include "base/ids.h"
#include "base/result.h"
#include "partitions/log/log.h"
#include "partitions/state/isr_state.h"
#include "partitions/state/leader_state.h"
#include "partitions/state/partition_state.h"

namespace baton {

// Yielding (R4.2): it has given its word for this leader epoch. It takes nothing new, for good, but followers may still fetch
// what it holds, so that a successor can catch up, and what waits for acks=all may still be committed.
enum class ReplicaRole { kStopped, kFollower, kLeader, kYielding };

// log.flush.policy. kOs: the page cache is trusted until the machine dies. kCommit: nothing is counted as held before
// it is synced, so a machine's crash loses nothing either.
enum class FlushPolicy { kOs, kCommit };

struct ReplicaConfig {
  BrokerId self;
  Duration lag_time_max = std::chrono::seconds(30);  // replica.lag.time.max.ms
  FlushPolicy flush_policy = FlushPolicy::kOs;
};

// R4, the own word: final for this leader epoch. `was_leader` false: there was nothing to give up.
struct StoppedWord {
  bool was_leader = false;
  LeaderEpoch leader_epoch;
  LeaderEpoch last_epoch;  // of the last record; none in an empty log
  int64_t end_offset = 0;
  std::vector<IsrMember> caught_up;  // followers that hold everything below end_offset
  bool dirty = false;                // a refusal: see Replica::refusal()
};

// What a produce request at acks=all waits for. Ask Replica::check() whenever something changed.
struct ProduceWait {
  LeaderEpoch leader_epoch;
  int64_t required_high_watermark = 0;
};

struct AppendOutcome {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  int64_t base_offset = -1;
  int64_t last_offset = -1;
  int64_t append_time_ms = -1;  // -1 under CreateTime
  int64_t log_start_offset = -1;
  bool duplicate = false;  // a retry: nothing written, the offsets are the first time's
  ProduceWait wait;        // for acks=all, also of a duplicate
};

struct WaitOutcome {
  bool done = false;
  ErrorCode error = ErrorCode::kNone;
};

struct FetchParams {
  int64_t offset = 0;
  size_t max_bytes = 0;
  LeaderEpoch current_leader_epoch;  // none: a consumer that does not know
  LeaderEpoch last_fetched_epoch;    // none: no divergence check
  bool at_least_one_batch = true;
};

struct FetchOutcome {
  ErrorCode error = ErrorCode::kNone;
  // The asker's log parts from ours: it truncates to this epoch's end and asks again. No records then.
  std::optional<EpochEnd> diverging;
  LogSlice slice;
  int64_t high_watermark = -1;  // also the last stable offset
  int64_t log_start_offset = -1;
};

// What a follower asks its leader next. Hand the very same value back with the answer.
struct FetchPosition {
  BrokerId leader;
  int64_t offset = 0;
  LeaderEpoch current_leader_epoch;
  LeaderEpoch last_fetched_epoch;
  int64_t log_start_offset = 0;
  LeaderEpoch role_epoch;  // under which the position was taken; not for the wire
};

// One partition of a Fetch response, as a follower takes it.
struct FetchedData {
  ErrorCode error = ErrorCode::kNone;
  std::optional<EpochEnd> diverging;
  int64_t high_watermark = -1;
  int64_t log_start_offset = -1;
  std::string_view records;
};

struct FollowOutcome {
  enum class Kind {
    kIgnored,    // an answer to a question that is no longer ours (another epoch, another end)
    kAppended,   // perhaps nothing: the leader had no more
    kTruncated,  // ask again at once
    kRestarted,  // the leader's log begins beyond our end: emptied, ask again at once
    kBackOff,    // an error that time or a newer image heals; `error` says which
  };
  Kind kind = Kind::kIgnored;
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  int32_t batches = 0;
};

// ListOffsets' special timestamps.
inline constexpr int64_t kLatestTimestamp = -1;
inline constexpr int64_t kEarliestTimestamp = -2;
inline constexpr int64_t kMaxTimestamp = -3;

struct OffsetOutcome {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  int64_t timestamp = -1;
  int64_t offset = -1;  // -1 without an error: no such record
  LeaderEpoch leader_epoch;
};

struct EpochEndOutcome {
  ErrorCode error = ErrorCode::kNone;
  EpochEnd end;
};

class Replica {
 public:
  explicit Replica(ReplicaConfig config);

  // -- The log. Without one, roles are refused with KAFKA_STORAGE_ERROR and requests with NOT_LEADER_OR_FOLLOWER.

  // `checkpointed_high_watermark` as recorded at the last checkpoint, 0 if unknown: a log that ends below it is dirty
  // whatever `dirty` says (R9). REQUIRES: no role yet, no log yet.
  void attach(std::unique_ptr<Log> log, int64_t checkpointed_high_watermark, bool dirty);
  bool has_log() const { return log_ != nullptr; }
  // For reading of what the owner shows or checkpoints. REQUIRES: has_log().
  Log& log() { return *log_; }
  const Log& log() const { return *log_; }
  // Gives the log back, to be closed or deleted; the replica is kStopped and has none.
  std::unique_ptr<Log> detach();

  // -- Roles, from the image. A lower leader epoch than the highest seen is refused with FENCED_LEADER_EPOCH, an older word
  // on the same epoch is ignored; each may be repeated without harm.

  // Leads `leadership.state.leader_epoch`. The same epoch again is update_leadership(). Errors: FENCED_LEADER_EPOCH
  // (lower, or given up by stop()); INELIGIBLE_REPLICA: this replica is dirty and was not elected as such (R9): report it;
  // KAFKA_STORAGE_ERROR. REQUIRES: leadership.state.leader is this broker.
  Status become_leader(const Leadership& leadership, Instant now);
  // R9: what to say where become_leader() answered INELIGIBLE_REPLICA. No word of a leader: that epoch was never led, and the
  // log, which ends there, is not to be trusted.
  StoppedWord refusal() const;
  // Follows `leadership.state.leader`, or waits where it is none.
  Status become_follower(const Leadership& leadership, Instant now);
  // A newer word on the current epoch: ISR confirmed, replicas or live broker epochs changed. Anything else is left to
  // become_leader() and become_follower(), whatever the role is.
  void update_leadership(const Leadership& leadership, Instant now);
  // R4.2, every planned move: stops leading for good at this epoch, and yields until the image shows a higher one (or stop() is
  // called). Gives the word; take_word() gives it again each time that more followers have caught up. Nothing to do (and
  // was_leader false) unless leading; again while yielding it says the same.
  StoppedWord yield();
  std::optional<StoppedWord> take_word();
  // Stops leading or following. Waiting requests fail with NOT_LEADER_OR_FOLLOWER; after leading, no later become_leader()
  // of this epoch is taken, and repeating the call gives the same word. After a disk failure the word's end is the high
  // watermark: nobody can catch up to more.
  StoppedWord stop();
  // Every controller epoch that the broker learns of, before an ISR request is sent to that controller: no lower one
  // settles a pending ISR (R8).
  void saw_controller(ControllerEpoch epoch);

  // -- Leader: producing

  // Appends what a client sent at acks 0, 1 or -1; offsets and epoch are stamped into `batches` in place. `lease_deadline`
  // is the broker's at this moment (R5).
  // Errors: NOT_LEADER_OR_FOLLOWER (also: the lease is needed and over), NOT_ENOUGH_REPLICAS (acks=all below the minimum ISR),
  // INVALID_REQUIRED_ACKS, and Log::append_as_leader's.
  AppendOutcome append(std::span<char> batches, int16_t acks, Instant lease_deadline, Instant now, int64_t now_ms,
                       AppendOrigin origin = AppendOrigin::kClient);
  // Whether an acks=all request may be answered: NONE when committed, NOT_LEADER_OR_FOLLOWER when this leadership is over,
  // NOT_ENOUGH_REPLICAS_AFTER_APPEND when the ISR fell below its minimum meanwhile.
  WaitOutcome check(const ProduceWait& wait) const;
  // R5, asked again when the bytes of a successful response go to the kernel. False: drop them and close the connection.
  bool may_acknowledge(int16_t acks, Instant lease_deadline, Instant now) const;

  // -- Leader: reading

  // Records below the high watermark; none, without an error, between it and the end. Errors: NOT_LEADER_OR_FOLLOWER,
  // FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, OFFSET_OUT_OF_RANGE (below the start or beyond the end).
  FetchOutcome fetch_for_consumer(const FetchParams& params);
  // Records up to the end, and the follower's progress: its offset says that it holds everything below. May advance the
  // high watermark and ask for an expansion. Errors as above, and STALE_BROKER_EPOCH (not the incarnation in our
  // image; nothing is noted), UNKNOWN_LEADER_EPOCH also for a broker that is no replica in our image.
  FetchOutcome fetch_for_follower(BrokerId follower, BrokerEpoch replica_epoch, const FetchParams& params, Instant now);
  // ListOffsets. OFFSET_NOT_AVAILABLE while the high watermark is below this epoch's start.
  OffsetOutcome offset_for_timestamp(int64_t timestamp_ms, LeaderEpoch current_leader_epoch);
  // OffsetForLeaderEpoch.
  EpochEndOutcome end_offset_for_epoch(LeaderEpoch epoch, LeaderEpoch current_leader_epoch) const;

  // -- Leader: the ISR

  // Call it every replica.lag.time.max.ms / 2 or more often: asks to remove members that lag.
  void tick(Instant now);
  // What to send to the controller now, if anything; repeated by itself while unsettled, so ask on ticks too.
  std::optional<IsrRequest> take_isr_request(Instant now);
  // The answer, or that there will be none (error NETWORK_EXCEPTION, REQUEST_TIMED_OUT, NOT_CONTROLLER…).
  void on_isr_response(const IsrResponse& response, Instant now);

  // -- Follower

  // None unless following a known leader.
  std::optional<FetchPosition> next_fetch() const;
  FollowOutcome on_fetched(const FetchPosition& sent, const FetchedData& data, int64_t now_ms);

  // -- Upkeep

  // Deletes what retention no longer covers, below the high watermark only. Not for compacted topics. How many segments.
  Result<int> apply_retention(int64_t now_ms);
  // DeleteRecords as leader: the start moves up to `offset`, -1 for the high watermark. OFFSET_OUT_OF_RANGE beyond that.
  Status delete_records(int64_t offset);

  // -- What it knows

  ReplicaRole role() const { return role_; }
  // The disk failed; nothing but detach() makes sense.
  bool failed() const { return failed_; }
  // As last taken; leader, epochs and ISR of a default state before any role.
  const Leadership& leadership() const { return leadership_; }
  // Everything below is committed as far as this replica knows; the owner checkpoints it. 0 without a log.
  int64_t high_watermark() const { return high_watermark_; }
  // The epoch of the last record; none in an empty log (or without one).
  LeaderEpoch last_record_epoch() const;
  // R9. May it lead and count in an ISR?
  bool dirty() const { return dirty_; }
  // True once after dirtiness ended (a confirmed entry into the ISR, or election): to be recorded.
  bool take_cleared_dirty();
  // The leader's books, for status and metrics; nullptr unless leading or yielding.
  const LeaderState* leader_state() const { return leader_ ? &*leader_ : nullptr; }

 private:
  ErrorCode check_leading(LeaderEpoch current_leader_epoch, EpochNeed need) const;
  Status take(const Leadership& leadership, bool leads);
  void note_isr_membership(const PartitionState& state);
  FetchOutcome read(const FetchParams& params, int64_t upper_bound);
  std::optional<EpochEnd> divergence(const FetchParams& params) const;
  FollowOutcome truncate_for(const EpochEnd& leaders);
  FollowOutcome out_of_range(const FetchedData& data);
  FollowOutcome append_fetched(const FetchedData& data, int64_t now_ms);
  FollowOutcome follower_failed(const Error& error);
  void note_leader_progress();
  StoppedWord present_word() const;
  void note_storage(const Error& error);

  ReplicaConfig config_;
  std::unique_ptr<Log> log_;
  ReplicaRole role_ = ReplicaRole::kStopped;
  Leadership leadership_;
  std::optional<LeaderState> leader_;
  std::optional<StoppedWord> word_;  // having led the epoch in leadership_, once given
  bool word_unsaid_ = false;         // since yield()
  ControllerEpoch highest_controller_;
  int64_t high_watermark_ = 0;
  bool dirty_ = false;
  bool cleared_dirty_ = false;
  bool seen_outside_isr_ = false;  // since attach(): an entry seen afterwards is this incarnation's
  bool failed_ = false;
};

}  // namespace baton
