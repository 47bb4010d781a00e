// Appending, as leader and as follower.
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "partitions/log/log_impl.h"

namespace baton {
namespace {

// What a client may not send though its CRC is right.
Status check_client_batch(const BatchHeader& header, const LogConfig& config, int64_t now_ms, AppendOrigin origin) {
  if (header.size() > config.max_message_bytes) {
    return fail(ErrorCode::kMessageTooLarge,
                fmt::format("a batch of {} bytes; max.message.bytes is {}", header.size(), config.max_message_bytes));
  }
  if (header.codec() > static_cast<int8_t>(Compression::kZstd)) {
    return fail(ErrorCode::kUnsupportedCompressionType, fmt::format("compression codec {}", header.codec()));
  }
  if (header.records_count <= 0 || header.last_offset_delta != header.records_count - 1) {
    return fail(ErrorCode::kInvalidRecord, fmt::format("{} records, last offset delta {}", header.records_count, header.last_offset_delta));
  }
  if (origin == AppendOrigin::kClient) {
    if (header.control()) return fail(ErrorCode::kInvalidRecord, "clients may not write control batches");
    if (header.base_offset != 0) {
      return fail(ErrorCode::kInvalidRecord, fmt::format("base offset {}: offsets are the broker's to give, send 0", header.base_offset));
    }
    if (header.transactional()) return fail(ErrorCode::kTransactionalIdAuthorizationFailed, "this broker has no transactions");
  }
  if (header.has_producer_id() && (header.base_sequence < 0 || header.producer_epoch < 0) && !header.control()) {
    return fail(ErrorCode::kInvalidRecord, "a producer id without epoch or sequence");
  }
  if (config.timestamp_type == TimestampType::kCreateTime && header.max_timestamp != kNoTimestamp) {
    const int64_t ahead = header.max_timestamp > now_ms ? header.max_timestamp - now_ms : 0;
    const int64_t behind = header.base_timestamp < now_ms ? now_ms - std::max<int64_t>(header.base_timestamp, 0) : 0;
    if (header.max_timestamp < 0 || ahead > config.timestamp_after_max_ms || behind > config.timestamp_before_max_ms) {
      return fail(ErrorCode::kInvalidTimestamp,
                  fmt::format("timestamps {} to {} at {}", header.base_timestamp, header.max_timestamp, now_ms));
    }
  }
  return {};
}

// The records of an uncompressed batch are what the header says, numbered 0, 1, 2…: else consumers would find the hole.
Status check_records(const BatchView& batch) {
  if (batch.header.compressed()) return {};
  Reader reader(batch.records());
  for (int32_t i = 0; i < batch.header.records_count; ++i) {
    const int32_t length = reader.varint();
    Reader record(reader.take(length));
    record.i8();
    record.varlong();
    if (record.varint() != i || record.bad() || reader.bad())
      return fail(ErrorCode::kInvalidRecord, fmt::format("record {} is malformed", i));
  }
  if (!reader.at_end()) return fail(ErrorCode::kInvalidRecord, "bytes behind the last record");
  return {};
}

}  // namespace

Result<AppendResult> Log::append_as_leader(std::span<char> batches, LeaderEpoch epoch, int64_t now_ms, AppendOrigin origin) {
  BATON_ASSERT(epoch >= last_epoch());
  Impl& log = *impl_;
  std::vector<BatchHeader> headers;
  bool idempotent = false;
  for (std::string_view rest(batches.data(), batches.size()); !rest.empty();) {
    auto batch = check_batch(rest);
    if (!batch) return tl::unexpected(batch.error());
    if (auto allowed = check_client_batch(batch->header, log.config, now_ms, origin); !allowed) return tl::unexpected(allowed.error());
    if (auto whole = check_records(*batch); !whole) return tl::unexpected(whole.error());
    idempotent |= batch->header.has_producer_id();
    headers.push_back(batch->header);
    rest.remove_prefix(batch->bytes.size());
  }
  if (headers.empty()) return fail(ErrorCode::kInvalidRecord, "no record batch");
  if (batches.size() > log.config.segment_bytes) {
    return fail(ErrorCode::kRecordListTooLarge,
                fmt::format("{} bytes at once; segment.bytes is {}", batches.size(), log.config.segment_bytes));
  }
  if (idempotent && headers.size() != 1) return fail(ErrorCode::kInvalidRecord, "an idempotent producer sends one batch a partition");
  AppendResult result;
  if (idempotent && !headers.front().control()) {
    auto earlier = log.producers.check(headers.front());
    if (!earlier) return tl::unexpected(earlier.error());
    if (*earlier) {
      result = {(*earlier)->base_offset, (*earlier)->last_offset, -1, true, 1};
      if (log.config.timestamp_type == TimestampType::kLogAppendTime) result.append_time_ms = (*earlier)->max_timestamp;
      return result;
    }
  }
  result.base_offset = log.end_offset();
  result.batches = static_cast<int32_t>(headers.size());
  int64_t next = result.base_offset;
  char* at = batches.data();
  for (auto& header : headers) {
    header.base_offset = next;
    header.leader_epoch = epoch;
    next = header.next_offset();
    if (log.config.timestamp_type == TimestampType::kLogAppendTime) {
      stamp_append_time(at, header.size(), now_ms);
      header.max_timestamp = result.append_time_ms = now_ms;
    }
    stamp_offset_and_epoch(at, header.base_offset, epoch);
    at += header.size();
  }
  result.last_offset = next - 1;
  if (auto written = log.write({batches.data(), batches.size()}, headers, now_ms); !written) return tl::unexpected(written.error());
  return result;
}

Result<AppendResult> Log::append_as_follower(std::string_view batches, int64_t now_ms) {
  Impl& log = *impl_;
  std::vector<BatchHeader> headers;
  int64_t next = log.end_offset();
  LeaderEpoch epoch = last_epoch();
  std::string_view rest = batches;
  for (;;) {
    auto size = batch_size(rest);
    if (!size) return tl::unexpected(size.error());
    if (!*size || **size > rest.size()) break;
    auto batch = check_batch(rest);
    if (!batch) return tl::unexpected(batch.error());
    const BatchHeader& header = batch->header;
    if (header.base_offset != next) {
      return fail(ErrorCode::kOffsetOutOfRange, fmt::format("the leader sent offset {} where {} was due", header.base_offset, next));
    }
    if (header.leader_epoch < epoch) {
      return fail(ErrorCode::kCorruptMessage, fmt::format("leader epoch {} after {}", header.leader_epoch.value(), epoch.value()));
    }
    epoch = header.leader_epoch;
    next = header.next_offset();
    headers.push_back(header);
    rest.remove_prefix(**size);
  }
  AppendResult result;
  if (headers.empty()) return result;
  result.base_offset = headers.front().base_offset;
  result.last_offset = next - 1;
  result.batches = static_cast<int32_t>(headers.size());
  // A segment takes a piece that fits: one fetch may hold more than the follower's own segment.bytes.
  size_t done = 0;
  for (size_t first = 0; first < headers.size();) {
    size_t bytes = headers[first].size();
    size_t count = 1;
    while (first + count < headers.size() && bytes + headers[first + count].size() <= log.config.segment_bytes)
      bytes += headers[first + count++].size();
    auto written = log.write(batches.substr(done, bytes), std::span(headers).subspan(first, count), now_ms);
    if (!written) return tl::unexpected(written.error());
    done += bytes;
    first += count;
  }
  return result;
}

Status Log::Impl::write(std::string_view bytes, std::span<const BatchHeader> headers, int64_t now_ms) {
  if (auto rolled = roll_if_needed(bytes.size(), now_ms); !rolled) return rolled;
  if (active().broken()) return fail(ErrorCode::kKafkaStorageError, directory + ": the log failed earlier");
  latest_ms = std::max(latest_ms, now_ms);
  if (auto appended = active().append(bytes, headers, now_ms); !appended) return appended;
  unsaved_bytes += bytes.size();
  bool new_epoch = false;
  for (const auto& header : headers) {
    producers.update(header, now_ms);
    if (header.leader_epoch >= LeaderEpoch(0)) new_epoch |= epochs.assign(header.leader_epoch, header.base_offset);
  }
  return new_epoch ? epochs.save() : Status();
}

Status Log::Impl::roll_if_needed(size_t incoming_bytes, int64_t now_ms) {
  const Segment& segment = active();
  if (segment.size() == 0) return {};
  const bool full = segment.size() + incoming_bytes > config.segment_bytes;
  const bool old = segment.first_append_ms() >= 0 && now_ms - segment.first_append_ms() > config.segment_ms;
  // Offsets in the index are 32 bits, relative to the segment's base.
  const bool far = segment.next_offset() - segment.base_offset() > INT32_MAX;
  return full || old || far ? roll() : Status();
}

Status Log::Impl::roll() {
  if (auto written = active().write_index(); !written) return written;
  if (auto saved = save_producers(); !saved) return saved;
  auto segment = Segment::open(files, directory, end_offset(), config.index_interval_bytes);
  if (!segment) return tl::unexpected(segment.error());
  // A file of that name is the rest of a life whose removal was cut short.
  if (auto cut = (*segment)->clear(); !cut) return cut;
  segments.push_back(std::move(*segment));
  names_unsynced = true;
  return {};
}

}  // namespace baton
