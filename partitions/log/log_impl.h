// The parts of a Log, for its own files only: log.cc (opening, reading, standing), log_recovery.cc, log_append.cc,
// log_upkeep.cc (cutting, retention, times). Invariants between calls: at least one segment; segments follow each other
// without a gap; start_offset ≤ end_offset; the epoch history ends at or below end_offset.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "partitions/log/epoch_history.h"
#include "partitions/log/log.h"
#include "partitions/log/producer_state.h"
#include "partitions/log/segment.h"

namespace baton {

struct Log::Impl {
  Impl(FileSystem& file_system, std::string path, const LogConfig& log_config)
      : files(file_system),
        directory(std::move(path)),
        config(log_config),
        epochs(files, join_path(directory, "leader-epoch-checkpoint")) {}

  FileSystem& files;
  std::string directory;
  LogConfig config;
  EpochHistory epochs;
  ProducerState producers;
  // Oldest first; the last is the active one.
  std::vector<std::unique_ptr<Segment>> segments;
  int64_t start_offset = 0;
  int64_t synced_to = 0;
  // Since the producers' state was saved.
  uint64_t unsaved_bytes = 0;
  // The latest wall clock that a caller handed in.
  int64_t latest_ms = 0;
  // A name was created since the directory was last synced.
  bool names_unsynced = false;
  RecoveryReport report;

  Segment& active() { return *segments.back(); }
  const Segment& active() const { return *segments.back(); }
  int64_t end_offset() const { return active().next_offset(); }
  // The index of the segment that holds `offset`, or would; 0 for offsets before all.
  size_t segment_of(int64_t offset) const;
  std::string path_of(std::string_view name) const { return join_path(directory, name); }

  // Recovery.
  Status recover(const RecoveryInfo& info);
  Status open_segments(const RecoveryInfo& info);
  Status recover_segment(size_t i, const RecoveryInfo& info);
  Status drop_segments_from(size_t first);
  // Restores the newest snapshot at or below end_offset() and replays the batches after it.
  Status rebuild_producers(bool trust_snapshots);
  Status rebuild_epochs(const RecoveryInfo& info);
  Result<uint64_t> epochs_known_to(Segment& segment, int64_t recovery_point);
  Status save_producers();

  // Appending.
  Status write(std::string_view bytes, std::span<const BatchHeader> headers, int64_t now_ms);
  Status roll_if_needed(size_t incoming_bytes, int64_t now_ms);
  Status roll();
};

inline constexpr std::string_view kSnapshotSuffix = ".snapshot";

}  // namespace baton
