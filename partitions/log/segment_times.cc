// Finding records by their timestamps.
#include "partitions/log/file_window.h"
#include "partitions/log/segment.h"

namespace baton {

// The first record of the batch with at least this timestamp, or with `largest` the first that has exactly the batch's largest.
Result<Segment::Found> Segment::record_in(const BatchPosition& batch, int64_t timestamp, bool largest) const {
  const auto& header = batch.header;
  if (header.compressed()) {
    // Not decompressed: an offset that is early by part of a batch costs the client a few records that it skips.
    if (largest) return Found{header.max_timestamp, header.last_offset(), header.leader_epoch};
    return Found{std::max(header.base_timestamp, timestamp), header.base_offset, header.leader_epoch};
  }
  FileWindow window(*file_, size_, header.size());
  auto bytes = window.at(batch.position, header.size());
  if (!bytes) return tl::unexpected(bytes.error());
  if (bytes->size() < header.size()) return fail(ErrorCode::kKafkaStorageError, "short read of a batch");
  RecordIterator records(BatchView{header, bytes->substr(0, header.size())});
  while (auto record = records.next()) {
    if (record->timestamp >= timestamp) return Found{record->timestamp, record->offset, header.leader_epoch};
  }
  // The header promised a timestamp that no record bears; producers may be wrong.
  return Found{header.max_timestamp, header.last_offset(), header.leader_epoch};
}

Result<std::optional<Segment::Found>> Segment::first_at_or_after(int64_t timestamp, int64_t upper_bound) {
  if (max_timestamp_ < timestamp) return std::nullopt;
  auto entry = floor([&](const IndexEntry& candidate) { return candidate.max_timestamp_before < timestamp; });
  if (!entry) return tl::unexpected(entry.error());
  std::optional<BatchPosition> batch;
  auto walked = for_each_header(entry->position, [&](const BatchPosition& candidate) {
    if (candidate.header.last_offset() >= upper_bound) return false;
    if (candidate.header.max_timestamp >= timestamp) batch = candidate;
    return !batch;
  });
  if (!walked) return tl::unexpected(walked.error());
  if (!batch) return std::nullopt;
  auto found = record_in(*batch, timestamp, false);
  if (!found) return tl::unexpected(found.error());
  return *found;
}

Result<std::optional<Segment::Found>> Segment::largest_timestamp(int64_t upper_bound) {
  // First the value: the index knows it up to its last entry below the bound.
  auto entry = floor([&](const IndexEntry& candidate) { return candidate.offset <= upper_bound; });
  if (!entry) return tl::unexpected(entry.error());
  int64_t largest = entry->max_timestamp_before;
  auto walked = for_each_header(entry->position, [&](const BatchPosition& batch) {
    if (batch.header.last_offset() >= upper_bound) return false;
    largest = std::max(largest, batch.header.max_timestamp);
    return true;
  });
  if (!walked) return tl::unexpected(walked.error());
  if (largest == kNoTimestamp) return std::nullopt;
  // Then the first batch that bears it.
  auto start = floor([&](const IndexEntry& candidate) { return candidate.max_timestamp_before < largest; });
  if (!start) return tl::unexpected(start.error());
  std::optional<BatchPosition> holder;
  walked = for_each_header(start->position, [&](const BatchPosition& batch) {
    if (batch.header.max_timestamp >= largest) holder = batch;
    return !holder;
  });
  if (!walked) return tl::unexpected(walked.error());
  if (!holder) return std::nullopt;
  auto found = record_in(*holder, largest, true);
  if (!found) return tl::unexpected(found.error());
  return *found;
}

}  // namespace baton
