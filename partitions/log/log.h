// The log of one replica of one partition: record batches in segments, found by sparse indexes, with the history of leader
// epochs and the state of idempotent producers beside them.
//
// Threading: owned by one shard and used by its thread alone; every call is synchronous. File ranges handed out by read()
// may be sent by any thread, and stay readable after retention removed their file. (A truncation cuts a file that is read: only
// bytes above the high watermark are ever cut, which followers alone were sent.)
// Errors: KAFKA_STORAGE_ERROR means that the disk failed and the log must not be used again; after any other error it stands
// as before the call.
//
// Offsets are plain int64_t named `offset`, as Kafka's. The log knows nothing of the high watermark: callers hand it in.
//
//   start_offset()                      end_offset()
//        | segment | segment | active segment |        [start, end) is what the log holds; end is the next to be given.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/ids.h"
#include "base/result.h"
#include "partitions/log/log_config.h"

namespace baton {

// What is known about the log before it is opened.
struct RecoveryInfo {
  // Where the log ended at the former life's last Log::checkpoint(), on this boot: after a kill the checksums below need no second
  // look. 0 if unknown. It saves time and nothing else: where may_cut_damage is set everything is checked all the same.
  int64_t recovery_point = 0;
  // The lowest offset that readers may see, from the checkpoint; 0 if unknown.
  int64_t start_offset = 0;
  // Log::close() was the last thing that happened (and the page cache survived since): nothing is checked.
  bool closed_in_order = false;
  // What to do with bytes that are damaged, rather than the torn tail of a write that a kill cut short. False: open() fails
  // with CORRUPT_MESSAGE and changes nothing; the caller records the replica as dirty, syncs that, and opens again with true:
  // then everything is checked, and the log is cut at the first damaged batch. True from the start for replicas that are
  // dirty already: after a power cut nothing in the files is trusted but what the batches' checksums vouch for.
  bool may_cut_damage = false;
  // Wall clock; expires producers.
  int64_t now_ms = 0;
};

// What open() had to do.
struct RecoveryReport {
  uint64_t bytes_checked = 0;
  // Cut off the end: the torn tail, or damage.
  uint64_t bytes_cut = 0;
  int indexes_rebuilt = 0;
};

struct AppendResult {
  int64_t base_offset = -1;
  int64_t last_offset = -1;
  // Set under LogAppendTime; -1 under CreateTime.
  int64_t append_time_ms = -1;
  // An idempotent producer sent this before: nothing was written, the offsets are those of the first time.
  bool duplicate = false;
  int32_t batches = 0;
};

// Who appends as leader, for what clients may not do and the broker itself may.
enum class AppendOrigin { kClient, kCoordinator };

// `length` bytes of whole batches at `position` of the file.
struct FileRange {
  std::shared_ptr<File> file;
  uint64_t position = 0;
  uint32_t length = 0;
};

struct LogSlice {
  std::vector<FileRange> ranges;
  size_t bytes = 0;
  // The first offset not in the ranges: where the next read goes on; the offset that was asked for when they are empty.
  int64_t next_offset = 0;
};

// Copies the ranges: for the simulator, TLS and tests; sockets take them by sendfile.
Result<std::string> copy_ranges(std::span<const FileRange> ranges);

struct EpochEnd {
  // None: the log knows no epoch as old as the one that was asked for. Then the end is where the first that it knows begins,
  // and -1 if it knows none at all.
  LeaderEpoch epoch;
  int64_t end_offset = -1;
  friend bool operator==(const EpochEnd&, const EpochEnd&) = default;
};

struct TimestampAndOffset {
  int64_t timestamp = -1;
  int64_t offset = -1;
  // The leader epoch of the batch.
  LeaderEpoch epoch;
};

class Log {
 public:
  // Opens the log in `directory`, creating what is missing (the directory itself too), and recovers it.
  static Result<std::unique_ptr<Log>> open(FileSystem& files, std::string directory, LogConfig config, const RecoveryInfo& info);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // -- Appending

  // Appends what a client or a coordinator sent, stamping offsets, `epoch` and (under LogAppendTime) time into `batches` in
  // place. All or nothing. Several batches are accepted when none is idempotent, else exactly one.
  // Errors: CORRUPT_MESSAGE, UNSUPPORTED_FOR_MESSAGE_FORMAT, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE,
  // UNSUPPORTED_COMPRESSION_TYPE, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, KAFKA_STORAGE_ERROR.
  // REQUIRES: epoch ≥ last_epoch().
  Result<AppendResult> append_as_leader(std::span<char> batches, LeaderEpoch epoch, int64_t now_ms,
                                        AppendOrigin origin = AppendOrigin::kClient);

  // Appends what the leader sent, offsets and epochs kept. The first batch must begin at end_offset(), each at the end of
  // the one before; a partial trailing batch is ignored. CRCs are checked: CORRUPT_MESSAGE. OFFSET_OUT_OF_RANGE when the bytes
  // do not continue the log.
  Result<AppendResult> append_as_follower(std::string_view batches, int64_t now_ms);

  // -- Reading

  // Whole batches from the one that contains `from` on, up to `max_bytes` in all, no batch that reaches `upper_bound` or
  // beyond (the high watermark for consumers, end_offset() for followers). With `at_least_one_batch` the first batch is
  // returned even if it is larger than max_bytes. OFFSET_OUT_OF_RANGE if from < start_offset() or from > end_offset().
  Result<LogSlice> read(int64_t from, size_t max_bytes, int64_t upper_bound, bool at_least_one_batch = true);

  // -- Where the log stands

  int64_t start_offset() const;
  int64_t end_offset() const;
  // Where [start, end) lies on disk, in bytes.
  uint64_t size_bytes() const;
  const std::string& directory() const;
  const LogConfig& config() const;
  const RecoveryReport& recovery() const;
  size_t segment_count() const;
  // Batches below are synced, as this life knows.
  int64_t synced_to() const;

  // -- Leader epochs (KIP-101, KIP-279)

  // The epoch of the last batch, or of a later assign_epoch(); none in an empty log.
  LeaderEpoch last_epoch() const;
  // A new leader notes where its epoch begins, before its first append. REQUIRES: epoch ≥ last_epoch().
  Status assign_epoch(LeaderEpoch epoch);
  // The largest epoch that is known and ≤ `epoch`, and where it ends: the start of the next, or end_offset() for the last.
  EpochEnd end_offset_for_epoch(LeaderEpoch epoch) const;
  // None for offsets outside of [start, end).
  LeaderEpoch epoch_at(int64_t offset) const;

  // -- Cutting

  // Drops everything from `offset` on (a batch that contains it goes whole, so end_offset() may end below it), and epochs
  // that were assigned there without a record, also if offset ≥ end_offset(). Producer state and epochs are rolled back.
  // Below start_offset(): as truncate_fully.
  Status truncate_to(int64_t offset);
  // Drops everything; the next append gets `offset`. For a follower whose leader's log begins beyond its own end.
  Status truncate_fully_and_start_at(int64_t offset);

  // -- Times

  // The first record whose timestamp is ≥ `timestamp_ms`, below `upper_bound`; in a compressed batch, the batch's first
  // record. None if there is no such record.
  Result<std::optional<TimestampAndOffset>> offset_for_timestamp(int64_t timestamp_ms, int64_t upper_bound);
  // The record with the largest timestamp below `upper_bound` (KIP-734); in a compressed batch, the batch's last record.
  Result<std::optional<TimestampAndOffset>> offset_of_max_timestamp(int64_t upper_bound);

  // -- Upkeep

  // Everything appended so far survives a crash of the machine.
  Status flush();
  // Where the log ends, for RecoveryInfo::recovery_point of a later life. Syncs nothing: a kill leaves the page cache, and after a
  // power cut nobody asks. Saves the producers' state where much was appended since, so that a start needs not walk all of it.
  Result<int64_t> checkpoint();
  // Drops whole segments that retention.ms or retention.bytes no longer covers, never beyond `upper_bound` (the high
  // watermark) and never the active one unless all its records are past retention.ms (then it is rolled first). Returns how
  // many. The caller does not call it for compacted topics.
  Result<int> delete_old_segments(int64_t now_ms, int64_t upper_bound);
  // The start moves up to `offset` (DeleteRecords, or a follower after its leader); whole segments below are dropped.
  // OFFSET_OUT_OF_RANGE beyond end_offset(); nothing to do below the start. The caller checkpoints start_offset().
  Status advance_start_offset(int64_t offset);
  // Begins a new segment when the active one is older than segment.ms: for partitions without traffic.
  Status roll_if_due(int64_t now_ms);
  // Live change of configuration; sizes apply from the next append on.
  void set_config(const LogConfig& config);
  // Forgets producers that were idle for longer than producer.id.expiration.ms.
  void expire_producers(int64_t now_ms);
  // An orderly stop: syncs, writes indexes and the producers' state, so that the next open() may skip recovery. The log is
  // not used afterwards.
  Status close();

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton
