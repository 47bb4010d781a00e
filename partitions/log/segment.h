// One file of a log: whole batches, back to back, named by the offset of its first record ("00000000000000001234.log"), with a
// sparse index beside it. Only the last segment of a log grows. Lengths and offsets in the file are never trusted: whatever
// walks it stops at the first batch that does not hang together.
// Used by the log's thread alone; the file may be read by others.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/file_system.h"
#include "partitions/log/record_batch.h"
#include "partitions/log/sparse_index.h"

namespace baton {

// What stands behind the last whole batch of a file.
enum class Tail {
  kNone,
  kTorn,     // the beginning of a batch, cut short by a kill in the middle of its write
  kDamaged,  // anything else: a flipped bit, a page that never reached the disk, batches that do not follow each other
};

struct BatchPosition {
  BatchHeader header;
  uint32_t position = 0;
};

class Segment {
 public:
  // Opens or creates the files. The segment is usable after recover().
  static Result<std::unique_ptr<Segment>> open(FileSystem& files, const std::string& directory, int64_t base_offset,
                                               uint32_t index_interval_bytes);
  static std::string log_name(int64_t base_offset);
  static std::string index_name(int64_t base_offset);
  // The base offset that a name with this suffix (".log") stands for; none for other names.
  static std::optional<int64_t> parse_name(std::string_view name, std::string_view suffix);

  // Finds the end of the last whole batch, from the last index entry on, or with `check_crc` from the start, checking every
  // batch from the one at `whole_to` on; repairs the index. Changes nothing in the log file: size() then is where the file should
  // be cut.
  struct Recovered {
    Tail tail = Tail::kNone;
    uint64_t bytes_checked = 0;
    uint64_t tail_bytes = 0;
    bool index_rebuilt = false;
  };
  Result<Recovered> recover(bool check_crc, int64_t whole_to = 0);

  int64_t base_offset() const { return base_offset_; }
  int64_t next_offset() const { return next_offset_; }
  uint64_t size() const { return size_; }
  const std::shared_ptr<File>& file() const { return file_; }
  // The largest of all batches' timestamps; -1 if empty.
  int64_t max_timestamp() const { return max_timestamp_; }
  // Wall clock of the first append, for rolling by age; the first batch's timestamp after a restart; -1 if empty.
  int64_t first_append_ms() const { return first_append_ms_; }

  // `bytes` are the batches of `headers`, that continue the segment. On an error the file is cut back; if that fails too, the
  // segment is broken().
  Status append(std::string_view bytes, std::span<const BatchHeader> headers, int64_t now_ms);
  bool broken() const { return broken_; }

  // The first batch that reaches `offset` or beyond; none if the segment ends before.
  Result<std::optional<BatchPosition>> locate(int64_t offset);
  // Where a read that begins at `position` must end so that it holds whole batches below `upper_bound`, not more than
  // `bytes_max` in all, save that the first may be larger with `at_least_one`. Says also the offset that follows.
  struct End {
    uint64_t position = 0;
    int64_t next_offset = 0;
  };
  Result<End> end_of_read(const BatchPosition& from, size_t bytes_max, int64_t upper_bound, bool at_least_one);
  // The first record with a timestamp of at least this, below `upper_bound`.
  struct Found {
    int64_t timestamp = -1;
    int64_t offset = -1;
    LeaderEpoch epoch;
  };
  Result<std::optional<Found>> first_at_or_after(int64_t timestamp, int64_t upper_bound);
  // The record with the largest timestamp below `upper_bound`.
  Result<std::optional<Found>> largest_timestamp(int64_t upper_bound);

  // Visits headers from `position` on until the visitor answers false.
  Status for_each_header(uint64_t position, const std::function<bool(const BatchPosition&)>& visit) const;

  // Cuts at the position of a batch; everything from it on is gone.
  Status truncate(const BatchPosition& from);
  // Drops everything, whatever the files hold.
  Status clear();
  // Cuts the file after its last whole batch.
  Status cut_tail();
  Status write_index() { return index_.write_pending(); }
  Status sync() { return file_->sync(); }
  Status remove_files();

 private:
  Segment(FileSystem& files, std::string directory, int64_t base_offset, uint32_t interval, std::shared_ptr<File> file, SparseIndex index);
  // Counts a batch in, with an index entry where one is due.
  Status note(const BatchHeader& header, uint64_t position);
  Result<IndexEntry> floor(const std::function<bool(const IndexEntry&)>& holds);
  Result<bool> index_fits(uint64_t file_size) const;
  // Begins at an index entry: the last one, or the last at or below `limit`, dropping those behind it.
  Status begin_at_entry(std::optional<int64_t> limit);
  Result<Found> record_in(const BatchPosition& batch, int64_t timestamp, bool largest) const;
  void reset();

  FileSystem& files_;
  std::string directory_;
  int64_t base_offset_;
  uint32_t interval_;
  std::shared_ptr<File> file_;
  SparseIndex index_;
  uint64_t size_ = 0;
  int64_t next_offset_;
  int64_t max_timestamp_ = kNoTimestamp;
  int64_t first_append_ms_ = kNoTimestamp;
  // Where the last index entry points, or 0: entries are due `interval_` bytes later.
  uint64_t last_entry_at_ = 0;
  // The last batch appended: followers at the tail ask for it, and need no search.
  BatchPosition last_batch_;
  bool has_last_batch_ = false;
  bool broken_ = false;
};

}  // namespace baton
