#include "partitions/log/log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "partitions/log/log_impl.h"

namespace baton {

Result<std::string> copy_ranges(std::span<const FileRange> ranges) {
  size_t total = 0;
  for (const auto& range : ranges) total += range.length;
  std::string bytes(total, '\0');
  size_t at = 0;
  for (const auto& range : ranges) {
    auto read = range.file->read_at(range.position, bytes.data() + at, range.length);
    if (!read) return tl::unexpected(read.error());
    if (*read != range.length) return fail(ErrorCode::kKafkaStorageError, "short read of a segment");
    at += range.length;
  }
  return bytes;
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(FileSystem& files, std::string directory, LogConfig config, const RecoveryInfo& info) {
  if (auto made = files.make_directory(directory); !made) return tl::unexpected(made.error());
  auto impl = std::make_unique<Impl>(files, std::move(directory), config);
  if (auto recovered = impl->recover(info); !recovered) return tl::unexpected(recovered.error());
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

size_t Log::Impl::segment_of(int64_t offset) const {
  const auto after =
      std::upper_bound(segments.begin(), segments.end(), offset, [](int64_t o, const auto& segment) { return o < segment->base_offset(); });
  return after == segments.begin() ? 0 : static_cast<size_t>(after - segments.begin()) - 1;
}

Result<LogSlice> Log::read(int64_t from, size_t max_bytes, int64_t upper_bound, bool at_least_one_batch) {
  if (from < start_offset() || from > end_offset()) {
    return fail(ErrorCode::kOffsetOutOfRange, fmt::format("offset {} is not within [{}, {}]", from, start_offset(), end_offset()));
  }
  LogSlice slice;
  slice.next_offset = from;
  upper_bound = std::min(upper_bound, end_offset());
  for (size_t i = impl_->segment_of(from); i < impl_->segments.size() && slice.next_offset < upper_bound; ++i) {
    Segment& segment = *impl_->segments[i];
    auto first = segment.locate(slice.next_offset);
    if (!first) return tl::unexpected(first.error());
    if (!*first) continue;
    const size_t left = max_bytes > slice.bytes ? max_bytes - slice.bytes : 0;
    auto end = segment.end_of_read(**first, left, upper_bound, at_least_one_batch && slice.bytes == 0);
    if (!end) return tl::unexpected(end.error());
    const auto length = end->position - (*first)->position;
    if (length == 0) break;
    slice.ranges.push_back({segment.file(), (*first)->position, static_cast<uint32_t>(length)});
    slice.bytes += length;
    slice.next_offset = end->next_offset;
    if (end->position != segment.size()) break;
  }
  return slice;
}

int64_t Log::start_offset() const {
  return impl_->start_offset;
}
int64_t Log::end_offset() const {
  return impl_->end_offset();
}
const std::string& Log::directory() const {
  return impl_->directory;
}
const LogConfig& Log::config() const {
  return impl_->config;
}
const RecoveryReport& Log::recovery() const {
  return impl_->report;
}
size_t Log::segment_count() const {
  return impl_->segments.size();
}
int64_t Log::synced_to() const {
  return impl_->synced_to;
}
void Log::set_config(const LogConfig& config) {
  impl_->config = config;
}

uint64_t Log::size_bytes() const {
  uint64_t bytes = 0;
  for (const auto& segment : impl_->segments) bytes += segment->size();
  return bytes;
}

LeaderEpoch Log::last_epoch() const {
  return impl_->epochs.last();
}

Status Log::assign_epoch(LeaderEpoch epoch) {
  BATON_ASSERT(epoch >= last_epoch());
  if (!impl_->epochs.assign(epoch, end_offset())) return {};
  return impl_->epochs.save();
}

EpochEnd Log::end_offset_for_epoch(LeaderEpoch epoch) const {
  const auto found = impl_->epochs.find(epoch);
  const int64_t end = found.next != nullptr ? found.next->start_offset : end_offset();
  if (found.entry == nullptr) return {LeaderEpoch(), found.next != nullptr ? end : -1};
  return {found.entry->epoch, end};
}

LeaderEpoch Log::epoch_at(int64_t offset) const {
  if (offset < start_offset() || offset >= end_offset()) return LeaderEpoch();
  return impl_->epochs.epoch_at(offset);
}

void Log::expire_producers(int64_t now_ms) {
  impl_->producers.expire(now_ms - impl_->config.producer_expiration_ms);
}

}  // namespace baton
