// How a segment finds its own end, and what it makes of what stands behind.
#include <fmt/format.h>

#include "partitions/log/file_window.h"
#include "partitions/log/segment.h"

namespace baton {
namespace {

constexpr size_t kCheckStepBytes = 256 << 10;
// A torn write is a part of one request, which socket.request.max.bytes bounds; a larger tail is damage without a search.
constexpr uint64_t kTornBytesMax = 128 << 20;

// Does any whole batch begin later? Then what stands before it was not the end of the last write.
Result<bool> batch_follows(const File& file, uint64_t position, uint64_t end) {
  std::string bytes(static_cast<size_t>(end - position), '\0');
  auto read = file.read_at(position, bytes.data(), bytes.size());
  if (!read) return tl::unexpected(read.error());
  const std::string_view all = std::string_view(bytes).substr(0, *read);
  for (size_t at = 1; at + kBatchHeaderBytes <= all.size(); ++at) {
    if (all[at + 16] == kCurrentMagic && check_batch(all.substr(at))) return true;
  }
  return false;
}

Result<Tail> tail_at(const File& file, uint64_t position, uint64_t end) {
  if (position == end) return Tail::kNone;
  if (end - position > kTornBytesMax) return Tail::kDamaged;
  FileWindow window(file, end, kBatchHeaderBytes);
  auto bytes = window.at(position, kBatchHeaderBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto size = batch_size(*bytes);
  if (!size) return Tail::kDamaged;
  // Whole by its own word, yet refused: no cut-short write looks like that.
  if (*size && position + **size <= end) return Tail::kDamaged;
  auto follows = batch_follows(file, position, end);
  if (!follows) return tl::unexpected(follows.error());
  return *follows ? Tail::kDamaged : Tail::kTorn;
}

}  // namespace

Result<bool> Segment::index_fits(uint64_t file_size) const {
  auto entry = index_.last();
  if (!entry) {
    if (entry.error().code == ErrorCode::kCorruptMessage) return false;
    return tl::unexpected(entry.error());
  }
  if (!*entry) return true;
  FileWindow window(*file_, file_size, kBatchHeaderBytes);
  auto bytes = window.at((*entry)->position, kBatchHeaderBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  return bytes->size() >= kBatchHeaderBytes && BatchHeader::decode(*bytes).base_offset == (*entry)->offset;
}

Status Segment::begin_at_entry(std::optional<int64_t> limit) {
  auto entry = limit ? index_.last_where([&](const IndexEntry& candidate) { return candidate.offset <= *limit; }) : index_.last();
  // An index that can not be read is only slower to do without.
  if (!entry || !*entry) return limit || !entry ? index_.clear() : Status();
  if (limit) {
    if (auto cut = index_.truncate((*entry)->position + 1); !cut) return cut;
  }
  size_ = last_entry_at_ = (*entry)->position;
  next_offset_ = (*entry)->offset;
  max_timestamp_ = (*entry)->max_timestamp_before;
  return {};
}

Result<Segment::Recovered> Segment::recover(bool check_crc, int64_t whole_to) {
  auto file_size = file_->size();
  if (!file_size) return tl::unexpected(file_size.error());
  Recovered report;
  reset();
  auto fits = index_fits(*file_size);
  if (!fits) return tl::unexpected(fits.error());
  const bool from_start = !*fits || (check_crc && whole_to <= base_offset_);
  report.index_rebuilt = !*fits;
  auto begun = from_start ? index_.clear() : begin_at_entry(check_crc ? std::optional(whole_to) : std::nullopt);
  if (!begun) return tl::unexpected(begun.error());
  uint64_t position = size_;
  FileWindow window(*file_, *file_size, check_crc ? kCheckStepBytes : kBatchHeaderBytes * 64);
  LeaderEpoch epoch;
  while (position < *file_size && position <= INT32_MAX) {
    auto bytes = window.at(position, kBatchHeaderBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    auto size = batch_size(*bytes);
    if (!size || !*size || bytes->size() < kBatchHeaderBytes || position + **size > *file_size) break;
    if (check_crc) {
      bytes = window.at(position, **size);
      if (!bytes) return tl::unexpected(bytes.error());
      if (!check_batch(*bytes)) break;
      report.bytes_checked += **size;
    }
    const auto header = BatchHeader::decode(*bytes);
    // Batches follow each other without a gap, and leader epochs never go back: else a former life shines through.
    const bool continues = header.magic == kCurrentMagic && header.base_offset == next_offset_ && header.last_offset_delta >= 0;
    if (!continues || header.leader_epoch < epoch) break;
    epoch = header.leader_epoch;
    if (auto noted = note(header, position); !noted) return tl::unexpected(noted.error());
    position += **size;
  }
  if (size_ > 0) {
    auto bytes = window.at(0, kBatchHeaderBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->size() >= kBatchHeaderBytes) first_append_ms_ = BatchHeader::decode(*bytes).max_timestamp;
  }
  auto tail = tail_at(*file_, size_, *file_size);
  if (!tail) return tl::unexpected(tail.error());
  report.tail = *tail;
  report.tail_bytes = *file_size - size_;
  return report;
}

}  // namespace baton
