#include "partitions/log/record_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/crc32c.h"

namespace baton {
namespace {

constexpr size_t kLengthAt = 8;
constexpr size_t kLeaderEpochAt = 12;
constexpr size_t kMagicAt = 16;
constexpr size_t kCrcAt = 17;
constexpr size_t kAttributesAt = 21;
constexpr size_t kMaxTimestampAt = 35;
constexpr int16_t kLogAppendTimeBit = 0x08;
constexpr int32_t kSequenceMax = std::numeric_limits<int32_t>::max();

tl::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorCode::kCorruptMessage, std::move(why));
}

}  // namespace

BatchHeader BatchHeader::decode(std::string_view bytes) {
  BATON_ASSERT(bytes.size() >= kBatchHeaderBytes);
  Reader reader(bytes.substr(0, kBatchHeaderBytes));
  BatchHeader header;
  header.base_offset = reader.i64();
  header.length = reader.i32();
  header.leader_epoch = LeaderEpoch(reader.i32());
  header.magic = reader.i8();
  header.crc = reader.u32();
  header.attributes = reader.i16();
  header.last_offset_delta = reader.i32();
  header.base_timestamp = reader.i64();
  header.max_timestamp = reader.i64();
  header.producer_id = reader.i64();
  header.producer_epoch = reader.i16();
  header.base_sequence = reader.i32();
  header.records_count = reader.i32();
  return header;
}

int32_t BatchHeader::last_sequence() const {
  return base_sequence == kNoSequence ? kNoSequence : advance_sequence(base_sequence, last_offset_delta);
}

int32_t advance_sequence(int32_t sequence, int32_t by) {
  if (sequence > kSequenceMax - by) return by - (kSequenceMax - sequence) - 1;
  return sequence + by;
}

Result<std::optional<size_t>> batch_size(std::string_view bytes) {
  if (bytes.size() < kBatchOverheadBytes) return std::nullopt;
  const auto length = load_be<int32_t>(bytes.data() + kLengthAt);
  if (length < static_cast<int32_t>(kBatchHeaderBytes - kBatchOverheadBytes)) return corrupt(fmt::format("batch length {}", length));
  return kBatchOverheadBytes + static_cast<size_t>(length);
}

uint32_t batch_crc(std::string_view batch) {
  return crc32c(batch.substr(kAttributesAt));
}

Result<BatchView> check_batch(std::string_view bytes) {
  if (bytes.size() > kMagicAt && (bytes[kMagicAt] == 0 || bytes[kMagicAt] == 1)) {
    return fail(ErrorCode::kUnsupportedForMessageFormat, "message formats 0 and 1 are not supported");
  }
  auto size = batch_size(bytes);
  if (!size) return tl::unexpected(size.error());
  if (!*size || **size > bytes.size()) return corrupt("incomplete batch");
  bytes = bytes.substr(0, **size);
  const auto header = BatchHeader::decode(bytes);
  if (header.magic != kCurrentMagic) return corrupt(fmt::format("magic {}", header.magic));
  if (batch_crc(bytes) != header.crc) return corrupt("CRC mismatch");
  if (header.base_offset < 0 || header.last_offset_delta < 0) return corrupt("negative offset");
  if (header.base_offset > std::numeric_limits<int64_t>::max() - header.last_offset_delta - 1) return corrupt("offset overflow");
  // Compaction may leave fewer records than offsets, never more; none at all only in an emptied batch that it keeps for the
  // producer's sake.
  if (header.records_count < 0 || header.records_count - 1 > header.last_offset_delta) {
    return corrupt(fmt::format("{} records in {} offsets", header.records_count, int64_t{header.last_offset_delta} + 1));
  }
  return BatchView{header, bytes};
}

void stamp_offset_and_epoch(char* batch, int64_t base_offset, LeaderEpoch epoch) {
  store_be(batch, base_offset);
  store_be(batch + kLeaderEpochAt, epoch.value());
}

void stamp_append_time(char* batch, size_t size, int64_t append_time_ms) {
  BATON_ASSERT(size >= kBatchHeaderBytes);
  store_be(batch + kAttributesAt, static_cast<int16_t>(load_be<int16_t>(batch + kAttributesAt) | kLogAppendTimeBit));
  store_be(batch + kMaxTimestampAt, append_time_ms);
  store_be(batch + kCrcAt, batch_crc({batch, size}));
}

std::optional<BatchView> BatchIterator::next() {
  if (bad_) return std::nullopt;
  const auto size = batch_size(rest_);
  if (!size) {
    bad_ = true;
    return std::nullopt;
  }
  if (!*size || **size > rest_.size()) return std::nullopt;
  BatchView batch{BatchHeader::decode(rest_), rest_.substr(0, **size)};
  rest_.remove_prefix(**size);
  return batch;
}

RecordIterator::RecordIterator(const BatchView& batch)
    : header_(batch.header), reader_(batch.records()), left_(batch.header.records_count), bad_(batch.header.compressed()) {}

std::optional<Record> RecordIterator::next() {
  if (bad_) return std::nullopt;
  if (left_ <= 0) {
    bad_ = !reader_.at_end();
    return std::nullopt;
  }
  --left_;
  Reader body(reader_.take(reader_.varint()));
  auto nullable = [&](std::optional<std::string>& to) {
    const int32_t length = body.varint();
    if (length >= 0) to = std::string(body.take(length));
    if (length < -1) body.set_bad();
  };
  Record record;
  body.i8();  // attributes, unused
  const int64_t timestamp_delta = body.varlong();
  // Unsigned, so that a hostile delta wraps around instead of being undefined.
  record.timestamp = header_.log_append_time()
                         ? header_.max_timestamp
                         : static_cast<int64_t>(static_cast<uint64_t>(header_.base_timestamp) + static_cast<uint64_t>(timestamp_delta));
  const int32_t offset_delta = body.varint();
  if (offset_delta < 0 || offset_delta > header_.last_offset_delta) body.set_bad();
  record.offset = header_.base_offset + offset_delta;
  nullable(record.key);
  nullable(record.value);
  int32_t headers = body.varint();
  if (headers < 0) body.set_bad();
  for (; headers > 0 && !body.bad(); --headers) {
    RecordHeader header;
    header.key = std::string(body.take(body.varint()));
    nullable(header.value);
    record.headers.push_back(std::move(header));
  }
  if (reader_.bad() || body.bad() || !body.at_end()) {
    bad_ = true;
    return std::nullopt;
  }
  return record;
}

Result<std::vector<Record>> decode_records(const BatchView& batch) {
  if (batch.header.compressed()) return fail(ErrorCode::kUnsupportedCompressionType, "compressed batches are not decoded here");
  std::vector<Record> records;
  RecordIterator iterator(batch);
  while (auto record = iterator.next()) records.push_back(std::move(*record));
  if (iterator.bad()) return corrupt("malformed records");
  return records;
}

RecordBatchBuilder& RecordBatchBuilder::leader_epoch(LeaderEpoch epoch) {
  epoch_ = epoch;
  return *this;
}

RecordBatchBuilder& RecordBatchBuilder::producer(int64_t id, int16_t epoch, int32_t base_sequence) {
  producer_id_ = id;
  producer_epoch_ = epoch;
  base_sequence_ = base_sequence;
  return *this;
}

RecordBatchBuilder& RecordBatchBuilder::attributes(int16_t attributes) {
  attributes_ = attributes;
  return *this;
}

RecordBatchBuilder& RecordBatchBuilder::add(int64_t timestamp_ms, std::optional<std::string_view> key,
                                            std::optional<std::string_view> value, const std::vector<RecordHeader>& headers) {
  if (count_ == 0) base_timestamp_ = max_timestamp_ = timestamp_ms;
  max_timestamp_ = std::max(max_timestamp_, timestamp_ms);
  auto nullable = [](Writer& to, std::optional<std::string_view> bytes) {
    to.varint(bytes ? static_cast<int32_t>(bytes->size()) : -1);
    if (bytes) to.bytes(*bytes);
  };
  Writer body;
  body.i8(0);
  body.varlong(timestamp_ms - base_timestamp_);
  body.varint(count_++);
  nullable(body, key);
  nullable(body, value);
  body.varint(static_cast<int32_t>(headers.size()));
  for (const auto& header : headers) {
    nullable(body, std::string_view(header.key));
    nullable(body, header.value ? std::optional<std::string_view>(*header.value) : std::nullopt);
  }
  records_.varint(static_cast<int32_t>(body.size()));
  records_.bytes(body.view());
  return *this;
}

std::string RecordBatchBuilder::build() const {
  BATON_ASSERT(count_ > 0);
  Writer out;
  out.reserve(kBatchHeaderBytes + records_.size());
  out.i64(base_offset_);
  out.i32(static_cast<int32_t>(kBatchHeaderBytes - kBatchOverheadBytes + records_.size()));
  out.i32(epoch_.value());
  out.i8(kCurrentMagic);
  out.u32(0);
  out.i16(attributes_);
  out.i32(count_ - 1);
  out.i64(base_timestamp_);
  out.i64(max_timestamp_);
  out.i64(producer_id_);
  out.i16(producer_epoch_);
  out.i32(base_sequence_);
  out.i32(count_);
  out.bytes(records_.view());
  out.patch(kCrcAt, batch_crc(out.view()));
  return out.take();
}

}  // namespace baton
