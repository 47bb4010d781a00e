// From what a kill or a power cut left to a log that keeps its invariants.
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/logging.h"
#include "partitions/log/log_impl.h"

namespace baton {

Status Log::Impl::recover(const RecoveryInfo& info) {
  if (auto opened = open_segments(info); !opened) return opened;
  start_offset = std::clamp(info.start_offset, segments.front()->base_offset(), end_offset());
  synced_to = info.closed_in_order ? end_offset() : start_offset;
  latest_ms = info.now_ms;
  if (auto rebuilt = rebuild_epochs(info); !rebuilt) return rebuilt;
  if (auto rebuilt = rebuild_producers(!info.may_cut_damage); !rebuilt) return rebuilt;
  producers.expire(info.now_ms - config.producer_expiration_ms);
  return {};
}

Status Log::Impl::open_segments(const RecoveryInfo& info) {
  auto names = files.list(directory);
  if (!names) return tl::unexpected(names.error());
  for (const auto& name : *names) {
    const auto index_of = Segment::parse_name(name, ".index");
    const bool orphan = index_of && !std::binary_search(names->begin(), names->end(), Segment::log_name(*index_of));
    if (orphan || name.ends_with(".tmp")) {
      if (auto removed = files.remove(path_of(name)); !removed) return removed;
      continue;
    }
    const auto base = Segment::parse_name(name, ".log");
    if (!base) continue;
    auto segment = Segment::open(files, directory, *base, config.index_interval_bytes);
    if (!segment) return tl::unexpected(segment.error());
    segments.push_back(std::move(*segment));
  }
  if (segments.empty()) {
    // A new log, or one whose first segment was lost: then it must not begin at 0 as if it never held more.
    auto segment = Segment::open(files, directory, std::max<int64_t>(info.start_offset, 0), config.index_interval_bytes);
    if (!segment) return tl::unexpected(segment.error());
    segments.push_back(std::move(*segment));
    names_unsynced = true;
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    if (auto recovered = recover_segment(i, info); !recovered) return recovered;
  }
  return {};
}

Status Log::Impl::recover_segment(size_t i, const RecoveryInfo& info) {
  Segment& segment = *segments[i];
  const bool last = i + 1 == segments.size();
  const bool gap = i > 0 && segment.base_offset() != segments[i - 1]->next_offset();
  // A kill leaves at most a torn end of the last segment; a power cut can leave anything anywhere.
  const bool check = info.may_cut_damage || (last && !info.closed_in_order);
  Segment::Recovered found;
  if (!gap) {
    // A truncation may have left the recovery point beyond what was then written anew, but those writes were whole too: only
    // the last one can be torn, and it is found by its length, wherever it stands.
    auto recovered = segment.recover(check, info.may_cut_damage ? 0 : info.recovery_point);
    if (!recovered) return tl::unexpected(recovered.error());
    found = *recovered;
    report.bytes_checked += found.bytes_checked;
    report.indexes_rebuilt += found.index_rebuilt ? 1 : 0;
    if (found.tail == Tail::kNone) return {};
  }
  const bool torn_end = !gap && last && found.tail == Tail::kTorn;
  if (!torn_end && !info.may_cut_damage) {
    return fail(ErrorCode::kCorruptMessage, fmt::format("{}: {} after offset {}", segment.log_name(segment.base_offset()),
                                                        gap ? "a segment is missing before it" : "damaged", segment.next_offset()));
  }
  const auto what = fmt::format("{}: cutting {} bytes behind offset {} of {}", directory, found.tail_bytes, segment.next_offset(),
                                Segment::log_name(segment.base_offset()));
  torn_end ? log::info("{}, a write that a kill cut short", what) : log::warn("{}, which are damaged", what);
  report.bytes_cut += found.tail_bytes;
  if (gap) return drop_segments_from(i);
  if (auto cut = segment.cut_tail(); !cut) return cut;
  return drop_segments_from(i + 1);
}

// The last first: a kill in between leaves a log without a gap. REQUIRES: one segment stays.
Status Log::Impl::drop_segments_from(size_t first) {
  BATON_ASSERT(first > 0);
  while (segments.size() > first) {
    if (auto size = active().file()->size()) report.bytes_cut += *size;
    if (auto removed = active().remove_files(); !removed) return removed;
    segments.pop_back();
  }
  return {};
}

Status Log::Impl::rebuild_epochs(const RecoveryInfo& info) {
  auto loaded = epochs.load();
  if (!loaded) return tl::unexpected(loaded.error());
  bool changed = epochs.truncate_from_end(end_offset());
  size_t from = segments.size();
  const bool trusted = *loaded && !info.may_cut_damage;
  if (!trusted) {
    // The file may be of another time than the batches, and then says nothing.
    epochs.clear();
    changed = true;
    from = 0;
  } else if (!info.closed_in_order) {
    from = segments.size() - 1;  // a kill came between the last write and the file's
  }
  for (size_t i = from; i < segments.size(); ++i) {
    uint64_t position = 0;
    if (trusted) {
      auto known = epochs_known_to(*segments[i], info.recovery_point);
      if (!known) return tl::unexpected(known.error());
      position = *known;
    }
    auto walked = segments[i]->for_each_header(position, [&](const BatchPosition& batch) {
      changed |= epochs.assign(batch.header.leader_epoch, batch.header.base_offset);
      return true;
    });
    if (!walked) return walked;
  }
  changed |= epochs.truncate_from_start(start_offset);
  return changed ? epochs.save() : Status();
}

// The position up to which the history is known to name the segment's epochs. A recovery point that lies beyond the end, or at a
// batch whose epoch the history does not know, is of a time before a truncation and says nothing.
Result<uint64_t> Log::Impl::epochs_known_to(Segment& segment, int64_t recovery_point) {
  if (recovery_point <= segment.base_offset() || recovery_point > segment.next_offset()) return 0;
  if (recovery_point == segment.next_offset()) --recovery_point;  // the last batch itself is looked at
  auto batch = segment.locate(recovery_point);
  if (!batch) return tl::unexpected(batch.error());
  if (!*batch || (*batch)->header.leader_epoch > epochs.epoch_at((*batch)->header.base_offset)) return 0;
  return (*batch)->position;
}

Status Log::Impl::rebuild_producers(bool trust_snapshots) {
  auto names = files.list(directory);
  if (!names) return tl::unexpected(names.error());
  int64_t from = segments.front()->base_offset();
  producers.clear();
  // Newest first; those beyond the end describe batches that are gone.
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    const auto offset = Segment::parse_name(*name, kSnapshotSuffix);
    if (!offset) continue;
    if (trust_snapshots && *offset <= end_offset()) {
      auto bytes = read_whole_file(files, path_of(*name));
      if (!bytes) return tl::unexpected(bytes.error());
      if (producers.restore(*bytes)) {
        from = std::max(from, *offset);
        break;
      }
    }
    if (auto removed = files.remove(path_of(*name)); !removed) return removed;
  }
  for (size_t i = segment_of(from); i < segments.size(); ++i) {
    auto first = segments[i]->locate(from);
    if (!first) return tl::unexpected(first.error());
    if (!*first) continue;
    auto walked = segments[i]->for_each_header((*first)->position, [&](const BatchPosition& batch) {
      producers.update(batch.header, latest_ms);
      return true;
    });
    if (!walked) return walked;
  }
  return {};
}

Status Log::Impl::save_producers() {
  const auto name = fmt::format("{:020}{}", end_offset(), kSnapshotSuffix);
  if (auto written = write_file_atomically(files, path_of(name), producers.snapshot(), Durability::kProcessCrash); !written) return written;
  unsaved_bytes = 0;
  // Older snapshots only help after a deep truncation, and the batches do too: keep one more.
  auto names = files.list(directory);
  if (!names) return tl::unexpected(names.error());
  std::erase_if(*names, [](const auto& candidate) { return !Segment::parse_name(candidate, kSnapshotSuffix); });
  for (size_t i = 0; i + 2 < names->size(); ++i) {
    if (auto removed = files.remove(path_of((*names)[i])); !removed) return removed;
  }
  return {};
}

}  // namespace baton
