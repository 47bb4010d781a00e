// The history of leader epochs of one log: where each epoch's first record stands. With it a follower and a leader find where
// their logs part (KIP-101, KIP-279), instead of trusting a high watermark that lags.
//
// The file is Kafka's leader-epoch-checkpoint: "0", the count, then "epoch offset" a line. It is written on each change, in place; what
// a crash of the machine takes from it is found again in the batches, which bear their epoch.
// Invariant: epochs and start offsets both grow strictly. Used by the log's thread alone.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/ids.h"

namespace baton {

class EpochHistory {
 public:
  struct Entry {
    LeaderEpoch epoch;
    int64_t start_offset = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  EpochHistory(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  // Reads the file. False if it is missing or malformed: the history is empty and must be rebuilt from the batches.
  Result<bool> load();
  Status save(Durability durability = Durability::kProcessCrash);

  // Notes that `epoch` begins at `start_offset`. Epochs that would begin there or later have no records and are forgotten.
  // False, and nothing happens, unless the epoch is larger than the last.
  bool assign(LeaderEpoch epoch, int64_t start_offset);
  // Forgets epochs that begin at `end_offset` or later. True if anything changed.
  bool truncate_from_end(int64_t end_offset);
  // Forgets epochs that end at `start_offset` or earlier; the one that contains it now begins there.
  bool truncate_from_start(int64_t start_offset);
  void clear() { entries_.clear(); }

  LeaderEpoch last() const { return entries_.empty() ? LeaderEpoch() : entries_.back().epoch; }
  const std::vector<Entry>& entries() const { return entries_; }
  // The entry with the largest epoch ≤ `epoch`, and the one after it; either may be null.
  struct Found {
    const Entry* entry;
    const Entry* next;
  };
  Found find(LeaderEpoch epoch) const;
  LeaderEpoch epoch_at(int64_t offset) const;

 private:
  Status write_in_place(std::string_view text);

  FileSystem& files_;
  std::string path_;
  std::vector<Entry> entries_;
};

}  // namespace baton
