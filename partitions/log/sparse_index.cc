#include "partitions/log/sparse_index.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"

namespace baton {
namespace {

constexpr size_t kEntryBytes = 20;
constexpr size_t kEntryBodyBytes = 16;
constexpr size_t kPendingMax = 256;

}  // namespace

Result<SparseIndex> SparseIndex::open(FileSystem& files, std::string path, int64_t base_offset) {
  SparseIndex index(files, std::move(path), base_offset);
  auto file = files.open(index.path_, OpenMode::kReadWrite);
  if (!file) {
    if (file.error().code == ErrorCode::kResourceNotFound) return index;
    return tl::unexpected(file.error());
  }
  auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  index.file_ = *file;
  index.written_ = static_cast<size_t>(*size / kEntryBytes);  // a torn last entry is overwritten
  return index;
}

Result<IndexEntry> SparseIndex::entry(size_t i) const {
  BATON_ASSERT(i < count());
  if (i >= written_) return pending_[i - written_];
  char raw[kEntryBytes];
  auto read = file_->read_at(i * kEntryBytes, raw, sizeof raw);
  if (!read) return tl::unexpected(read.error());
  if (*read != sizeof raw || crc32c({raw, kEntryBodyBytes}) != load_be<uint32_t>(raw + kEntryBodyBytes)) {
    return fail(ErrorCode::kCorruptMessage, "damaged entry in " + path_);
  }
  return IndexEntry{base_offset_ + load_be<uint32_t>(raw), load_be<uint32_t>(raw + 4), load_be<int64_t>(raw + 8)};
}

Result<std::optional<IndexEntry>> SparseIndex::last() const {
  if (count() == 0) return std::nullopt;
  auto found = entry(count() - 1);
  if (!found) return tl::unexpected(found.error());
  return *found;
}

Result<std::optional<IndexEntry>> SparseIndex::last_where(const std::function<bool(const IndexEntry&)>& holds) const {
  size_t low = 0;
  size_t high = count();
  // What is asked for is mostly near the end, which is in memory: look there before the disk.
  if (!pending_.empty() && holds(pending_.front())) low = written_;
  std::optional<IndexEntry> best;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    auto candidate = entry(middle);
    if (!candidate) return tl::unexpected(candidate.error());
    if (holds(*candidate)) {
      best = *candidate;
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return best;
}

Status SparseIndex::append(const IndexEntry& entry) {
  pending_.push_back(entry);
  if (pending_.size() >= kPendingMax) return write_pending();
  return {};
}

Status SparseIndex::truncate(uint32_t position) {
  while (!pending_.empty() && pending_.back().position >= position) pending_.pop_back();
  if (!pending_.empty() || written_ == 0) return {};
  size_t low = 0;
  size_t high = written_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    auto candidate = entry(middle);
    if (!candidate) return clear();
    if (candidate->position < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == written_) return {};
  written_ = low;
  return file_->truncate(low * kEntryBytes);
}

Status SparseIndex::clear() {
  pending_.clear();
  written_ = 0;
  if (!file_) return {};
  return file_->truncate(0);
}

Status SparseIndex::write_pending() {
  if (pending_.empty()) return {};
  if (!file_) {
    auto file = files_->open(path_, OpenMode::kCreate);
    if (!file) return tl::unexpected(file.error());
    file_ = *file;
  }
  Writer out;
  for (const auto& entry : pending_) {
    const size_t at = out.size();
    out.u32(static_cast<uint32_t>(entry.offset - base_offset_));
    out.u32(entry.position);
    out.i64(entry.max_timestamp_before);
    out.u32(crc32c(std::string_view(out.view()).substr(at, kEntryBodyBytes)));
  }
  if (auto written = file_->write_at(written_ * kEntryBytes, out.view()); !written) return written;
  written_ += pending_.size();
  pending_.clear();
  return {};
}

}  // namespace baton
