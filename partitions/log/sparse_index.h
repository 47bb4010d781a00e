// The sparse index of one segment: about one entry every index.interval.bytes, each naming a batch by its base offset and
// position, with the largest timestamp of all batches before it. Offsets, positions and timestamps grow together, so one file
// answers searches by each of them (Kafka keeps two files).
//
// File: entries of 20 bytes, big-endian: relative offset 4 | position 4 | largest timestamp before 8 | CRC-32C of these 4.
// It is a hint that can be rebuilt from the batches: the newest entries wait in memory until a few hundred are together, and a
// kill loses them. An entry that fails its CRC makes every search answer CORRUPT_MESSAGE; the segment then rebuilds.
// Used by the log's thread alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace baton {

struct IndexEntry {
  int64_t offset = 0;
  uint32_t position = 0;
  int64_t max_timestamp_before = -1;
};

class SparseIndex {
 public:
  // Opens the file if it is there; it is created when there is something to write.
  static Result<SparseIndex> open(FileSystem& files, std::string path, int64_t base_offset);

  size_t count() const { return written_ + pending_.size(); }
  // REQUIRES: i < count().
  Result<IndexEntry> entry(size_t i) const;
  Result<std::optional<IndexEntry>> last() const;
  // The last entry for which the predicate holds. REQUIRES: it holds for a prefix of the entries.
  Result<std::optional<IndexEntry>> last_where(const std::function<bool(const IndexEntry&)>& holds) const;

  // REQUIRES: beyond the last entry.
  Status append(const IndexEntry& entry);
  // Drops entries at `position` and beyond.
  Status truncate(uint32_t position);
  Status clear();
  Status write_pending();

 private:
  SparseIndex(FileSystem& files, std::string path, int64_t base_offset)
      : files_(&files), path_(std::move(path)), base_offset_(base_offset) {}

  FileSystem* files_;
  std::string path_;
  int64_t base_offset_;
  std::shared_ptr<File> file_;
  size_t written_ = 0;
  std::vector<IndexEntry> pending_;
};

}  // namespace baton
