#include "partitions/log/segment.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/assert.h"
#include "partitions/log/file_window.h"

namespace baton {
namespace {

constexpr size_t kNameDigits = 20;
// A walk along an index interval needs one read of this size, mostly.
constexpr size_t kHeaderStepBytes = 8 << 10;

}  // namespace

std::string Segment::log_name(int64_t base_offset) {
  return fmt::format("{:020}.log", base_offset);
}
std::string Segment::index_name(int64_t base_offset) {
  return fmt::format("{:020}.index", base_offset);
}

std::optional<int64_t> Segment::parse_name(std::string_view name, std::string_view suffix) {
  if (name.size() != kNameDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  int64_t offset = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kNameDigits, offset);
  if (error != std::errc() || end != name.data() + kNameDigits || offset < 0) return std::nullopt;
  return offset;
}

Segment::Segment(FileSystem& files, std::string directory, int64_t base_offset, uint32_t interval, std::shared_ptr<File> file,
                 SparseIndex index)
    : files_(files),
      directory_(std::move(directory)),
      base_offset_(base_offset),
      interval_(interval),
      file_(std::move(file)),
      index_(std::move(index)),
      next_offset_(base_offset) {}

Result<std::unique_ptr<Segment>> Segment::open(FileSystem& files, const std::string& directory, int64_t base_offset,
                                               uint32_t index_interval_bytes) {
  auto file = files.open(join_path(directory, log_name(base_offset)), OpenMode::kCreate);
  if (!file) return tl::unexpected(file.error());
  auto index = SparseIndex::open(files, join_path(directory, index_name(base_offset)), base_offset);
  if (!index) return tl::unexpected(index.error());
  return std::unique_ptr<Segment>(new Segment(files, directory, base_offset, index_interval_bytes, *file, std::move(*index)));
}

Status Segment::note(const BatchHeader& header, uint64_t position) {
  if (position >= last_entry_at_ + interval_) {
    const IndexEntry entry{header.base_offset, static_cast<uint32_t>(position), max_timestamp_};
    if (auto added = index_.append(entry); !added) return added;
    last_entry_at_ = position;
  }
  max_timestamp_ = std::max(max_timestamp_, header.max_timestamp);
  next_offset_ = header.next_offset();
  size_ = position + header.size();
  last_batch_ = {header, static_cast<uint32_t>(position)};
  has_last_batch_ = true;
  return {};
}

Status Segment::append(std::string_view bytes, std::span<const BatchHeader> headers, int64_t now_ms) {
  BATON_ASSERT(!headers.empty() && headers.front().base_offset == next_offset_);
  const uint64_t start = size_;
  if (auto written = file_->write_at(start, bytes); !written) {
    broken_ = !file_->truncate(start);
    return written;
  }
  if (first_append_ms_ == kNoTimestamp) first_append_ms_ = now_ms;
  uint64_t position = start;
  for (const auto& header : headers) {
    // The batches are written: an index that cannot be makes later searches slow, not wrong, and the disk is failing anyway.
    if (auto noted = note(header, position); !noted) {
      broken_ = true;
      return noted;
    }
    position += header.size();
  }
  return {};
}

Status Segment::for_each_header(uint64_t position, const std::function<bool(const BatchPosition&)>& visit) const {
  FileWindow window(*file_, size_, kHeaderStepBytes);
  while (position < size_) {
    auto bytes = window.at(position, kBatchHeaderBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->size() < kBatchHeaderBytes) break;
    const auto header = BatchHeader::decode(*bytes);
    auto size = batch_size(*bytes);
    if (!size) return tl::unexpected(size.error());
    if (position + header.size() > size_) break;
    if (!visit({header, static_cast<uint32_t>(position)})) return {};
    position += header.size();
  }
  if (position == size_) return {};
  return fail(ErrorCode::kCorruptMessage, fmt::format("{}: no batch at position {}", log_name(base_offset_), position));
}

Result<IndexEntry> Segment::floor(const std::function<bool(const IndexEntry&)>& holds) {
  const IndexEntry first{base_offset_, 0, kNoTimestamp};
  auto found = index_.last_where(holds);
  if (!found && found.error().code == ErrorCode::kCorruptMessage) {
    // Rebuild from the batches; without an entry the walk begins at the start, so this search is right even before.
    if (auto rebuilt = recover(true); !rebuilt) return tl::unexpected(rebuilt.error());
    found = index_.last_where(holds);
  }
  if (!found) return tl::unexpected(found.error());
  return found->value_or(first);
}

Result<std::optional<BatchPosition>> Segment::locate(int64_t offset) {
  if (offset >= next_offset_) return std::nullopt;
  if (has_last_batch_ && offset >= last_batch_.header.base_offset) return last_batch_;
  auto entry = floor([&](const IndexEntry& candidate) { return candidate.offset <= offset; });
  if (!entry) return tl::unexpected(entry.error());
  std::optional<BatchPosition> found;
  auto walked = for_each_header(entry->position, [&](const BatchPosition& batch) {
    if (batch.header.last_offset() >= offset) found = batch;
    return !found;
  });
  if (!walked) return tl::unexpected(walked.error());
  return found;
}

Result<Segment::End> Segment::end_of_read(const BatchPosition& from, size_t bytes_max, int64_t upper_bound, bool at_least_one) {
  const uint64_t limit = bytes_max > size_ - from.position ? size_ : from.position + bytes_max;
  if (limit == size_ && upper_bound >= next_offset_) return End{size_, next_offset_};
  // Begin at the last entry from which no batch within both bounds can have been skipped.
  auto entry = floor([&](const IndexEntry& candidate) { return candidate.position <= limit && candidate.offset <= upper_bound; });
  if (!entry) return tl::unexpected(entry.error());
  End end{from.position, from.header.base_offset};
  if (entry->position > from.position) end = {entry->position, entry->offset};
  auto walked = for_each_header(end.position, [&](const BatchPosition& batch) {
    const uint64_t behind = batch.position + batch.header.size();
    const bool fits = behind <= limit || (at_least_one && batch.position == from.position);
    if (!fits || batch.header.last_offset() >= upper_bound) return false;
    end = {behind, batch.header.next_offset()};
    return true;
  });
  if (!walked) return tl::unexpected(walked.error());
  return end;
}

Status Segment::truncate(const BatchPosition& from) {
  // The index first: an entry beyond the end of the file would be taken for damage.
  if (auto cut = index_.truncate(from.position); !cut) return cut;
  if (auto cut = file_->truncate(from.position); !cut) {
    broken_ = true;
    return cut;
  }
  reset();
  if (auto recovered = recover(false); !recovered) return tl::unexpected(recovered.error());
  return {};
}

Status Segment::clear() {
  reset();
  if (auto cleared = index_.clear(); !cleared) return cleared;
  return file_->truncate(0);
}

Status Segment::cut_tail() {
  return file_->truncate(size_);
}

Status Segment::remove_files() {
  if (auto removed = files_.remove(join_path(directory_, log_name(base_offset_))); !removed) return removed;
  auto index = files_.remove(join_path(directory_, index_name(base_offset_)));
  if (!index && index.error().code != ErrorCode::kResourceNotFound) return index;
  return {};
}

void Segment::reset() {
  size_ = 0;
  next_offset_ = base_offset_;
  max_timestamp_ = kNoTimestamp;
  first_append_ms_ = kNoTimestamp;
  last_entry_at_ = 0;
  has_last_batch_ = false;
}

}  // namespace baton
