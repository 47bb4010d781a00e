// Cutting, syncing, retention, and searches by time.
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "partitions/log/log_impl.h"

namespace baton {
namespace {

// A walk of so many bytes of batches at the next start takes some hundredths of a second.
constexpr uint64_t kSaveProducersBytes = 64 << 20;

}  // namespace

Status Log::truncate_to(int64_t offset) {
  Impl& log = *impl_;
  if (offset >= end_offset()) {
    // An epoch that was begun without a record would bar the records of lower epochs which the next leader has here.
    return log.epochs.truncate_from_end(end_offset()) ? log.epochs.save() : Status();
  }
  if (offset < start_offset()) return truncate_fully_and_start_at(offset);
  const size_t keep = log.segment_of(offset);
  // Down from the end, so that a kill in between leaves a shorter log, not one with a gap.
  if (auto dropped = log.drop_segments_from(keep + 1); !dropped) return dropped;
  auto batch = log.active().locate(offset);
  if (!batch) return tl::unexpected(batch.error());
  if (*batch) {
    if (auto cut = log.active().truncate(**batch); !cut) return cut;
  }
  log.synced_to = std::min(log.synced_to, end_offset());
  log.start_offset = std::min(log.start_offset, end_offset());
  if (log.epochs.truncate_from_end(end_offset())) {
    if (auto saved = log.epochs.save(); !saved) return saved;
  }
  return log.rebuild_producers(true);
}

Status Log::truncate_fully_and_start_at(int64_t offset) {
  Impl& log = *impl_;
  BATON_ASSERT(offset >= 0);
  if (auto dropped = log.drop_segments_from(1); !dropped) return dropped;
  // The history goes first: without batches it must not speak of epochs.
  log.epochs.clear();
  if (auto saved = log.epochs.save(); !saved) return saved;
  if (auto removed = log.active().remove_files(); !removed) return removed;
  auto segment = Segment::open(log.files, log.directory, offset, log.config.index_interval_bytes);
  if (!segment) return tl::unexpected(segment.error());
  log.segments.clear();
  log.segments.push_back(std::move(*segment));
  log.names_unsynced = true;
  log.start_offset = offset;
  log.synced_to = offset;
  log.producers.clear();
  auto names = log.files.list(log.directory);
  if (!names) return tl::unexpected(names.error());
  for (const auto& name : *names) {
    if (!Segment::parse_name(name, kSnapshotSuffix)) continue;
    if (auto removed = log.files.remove(log.path_of(name)); !removed) return removed;
  }
  return {};
}

Status Log::flush() {
  Impl& log = *impl_;
  if (log.synced_to >= end_offset() && !log.names_unsynced) return {};
  for (size_t i = log.segment_of(log.synced_to); i < log.segments.size(); ++i) {
    if (auto synced = log.segments[i]->sync(); !synced) return synced;
  }
  if (log.names_unsynced) {
    if (auto synced = log.files.sync_directory(log.directory); !synced) return synced;
    log.names_unsynced = false;
  }
  log.synced_to = end_offset();
  return {};
}

Result<int64_t> Log::checkpoint() {
  Impl& log = *impl_;
  if (log.unsaved_bytes >= kSaveProducersBytes) {
    if (auto written = log.active().write_index(); !written) return tl::unexpected(written.error());
    if (auto saved = log.save_producers(); !saved) return tl::unexpected(saved.error());
  }
  return end_offset();
}

Result<int> Log::delete_old_segments(int64_t now_ms, int64_t upper_bound) {
  Impl& log = *impl_;
  const auto& config = log.config;
  const auto expired = [&](const Segment& segment) {
    return config.retention_ms >= 0 && segment.size() > 0 && segment.max_timestamp() >= 0 &&
           now_ms - segment.max_timestamp() > config.retention_ms;
  };
  uint64_t bytes = size_bytes();
  size_t count = 0;
  while (count < log.segments.size()) {
    const Segment& segment = *log.segments[count];
    if (segment.size() == 0 || segment.next_offset() > upper_bound) break;
    const bool active = count + 1 == log.segments.size();
    const bool over = config.retention_bytes >= 0 && !active && bytes - segment.size() >= static_cast<uint64_t>(config.retention_bytes);
    if (!expired(segment) && !over) break;
    bytes -= segment.size();
    ++count;
  }
  if (count == 0) return 0;
  if (count == log.segments.size()) {
    if (auto rolled = log.roll(); !rolled) return tl::unexpected(rolled.error());
  }
  if (auto advanced = advance_start_offset(log.segments[count]->base_offset()); !advanced) return tl::unexpected(advanced.error());
  return static_cast<int>(count);
}

Status Log::advance_start_offset(int64_t offset) {
  Impl& log = *impl_;
  if (offset > end_offset()) {
    return fail(ErrorCode::kOffsetOutOfRange, fmt::format("start offset {} beyond the end {}", offset, end_offset()));
  }
  if (offset <= log.start_offset) return {};
  log.start_offset = offset;
  while (log.segments.size() > 1 && log.segments[1]->base_offset() <= offset) {
    if (auto removed = log.segments.front()->remove_files(); !removed) return removed;
    log.segments.erase(log.segments.begin());
  }
  if (!log.epochs.truncate_from_start(offset)) return {};
  return log.epochs.save();
}

Status Log::roll_if_due(int64_t now_ms) {
  return impl_->roll_if_needed(0, now_ms);
}

Result<std::optional<TimestampAndOffset>> Log::offset_for_timestamp(int64_t timestamp_ms, int64_t upper_bound) {
  for (const auto& segment : impl_->segments) {
    if (segment->base_offset() >= upper_bound) break;
    auto found = segment->first_at_or_after(timestamp_ms, upper_bound);
    if (!found) return tl::unexpected(found.error());
    if (*found) return TimestampAndOffset{(*found)->timestamp, std::max((*found)->offset, start_offset()), (*found)->epoch};
  }
  return std::nullopt;
}

Result<std::optional<TimestampAndOffset>> Log::offset_of_max_timestamp(int64_t upper_bound) {
  std::optional<TimestampAndOffset> best;
  for (const auto& segment : impl_->segments) {
    if (segment->base_offset() >= upper_bound) break;
    if (best && segment->max_timestamp() <= best->timestamp) continue;
    auto found = segment->largest_timestamp(upper_bound);
    if (!found) return tl::unexpected(found.error());
    if (*found && (!best || (*found)->timestamp > best->timestamp)) best = {(*found)->timestamp, (*found)->offset, (*found)->epoch};
  }
  return best;
}

Status Log::close() {
  Impl& log = *impl_;
  if (auto flushed = flush(); !flushed) return flushed;
  for (auto& segment : log.segments) {
    if (auto written = segment->write_index(); !written) return written;
  }
  if (!log.epochs.entries().empty()) {
    if (auto saved = log.epochs.save(Durability::kMachineCrash); !saved) return saved;
  }
  return log.save_producers();
}

}  // namespace baton
