// Kafka's record batch, version 2: the unit that producers send, logs store and consumers get, byte for byte the same.
//
//   base offset 8 | length 4 | partition leader epoch 4 | magic 1 | CRC 4 | attributes 2 | last offset delta 4 |
//   base timestamp 8 | max timestamp 8 | producer id 8 | producer epoch 2 | base sequence 4 | records count 4 | records
//
// `length` counts what follows it. The CRC (CRC-32C) covers everything from the attributes on: the broker stamps base offset
// and leader epoch without touching it. Source: https://kafka.apache.org/documentation/#recordbatch
//
// Offsets, here and in the whole log, are plain int64_t named `offset`, as Kafka's; -1 is none.
// All types are values or views of somebody's bytes; nothing here is shared between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace baton {

inline constexpr size_t kBatchHeaderBytes = 61;
// Base offset and length: what stands before the part that `length` counts.
inline constexpr size_t kBatchOverheadBytes = 12;
inline constexpr int8_t kCurrentMagic = 2;
inline constexpr int64_t kNoProducerId = -1;
inline constexpr int16_t kNoProducerEpoch = -1;
inline constexpr int32_t kNoSequence = -1;
inline constexpr int64_t kNoTimestamp = -1;

enum class Compression : int8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

// The fixed fields of a batch, decoded. Trusted only as far as check_batch() went.
struct BatchHeader {
  int64_t base_offset = 0;
  int32_t length = 0;
  LeaderEpoch leader_epoch;
  int8_t magic = 0;
  uint32_t crc = 0;
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  int64_t base_timestamp = kNoTimestamp;
  int64_t max_timestamp = kNoTimestamp;
  int64_t producer_id = kNoProducerId;
  int16_t producer_epoch = kNoProducerEpoch;
  int32_t base_sequence = kNoSequence;
  int32_t records_count = 0;

  // REQUIRES: at least kBatchHeaderBytes.
  static BatchHeader decode(std::string_view bytes);

  int64_t last_offset() const { return base_offset + last_offset_delta; }
  int64_t next_offset() const { return last_offset() + 1; }
  // Bytes of the whole batch. REQUIRES: length was checked not to be negative.
  size_t size() const { return kBatchOverheadBytes + static_cast<size_t>(length); }
  int8_t codec() const { return static_cast<int8_t>(attributes & 0x07); }
  bool compressed() const { return codec() != 0; }
  bool log_append_time() const { return (attributes & 0x08) != 0; }
  bool transactional() const { return (attributes & 0x10) != 0; }
  bool control() const { return (attributes & 0x20) != 0; }
  bool has_producer_id() const { return producer_id >= 0; }
  int32_t last_sequence() const;
};

// Sequence numbers run from 0 to 2^31 - 1 and then start again at 0.
int32_t advance_sequence(int32_t sequence, int32_t by);

// A batch whose header and extent have been looked at; `bytes` is exactly the batch.
struct BatchView {
  BatchHeader header;
  std::string_view bytes;
  std::string_view records() const { return bytes.substr(kBatchHeaderBytes); }
};

// Does the batch that begins here hang together? Checked: that it is complete, magic, a length of at least a header, CRC,
// count against offset delta, offsets that do not overflow. CORRUPT_MESSAGE says why not; UNSUPPORTED_FOR_MESSAGE_FORMAT is
// for magic 0 and 1.
Result<BatchView> check_batch(std::string_view bytes);

// The size of the batch whose first bytes are here: none while fewer than kBatchOverheadBytes are, CORRUPT_MESSAGE when the
// length field is impossible.
Result<std::optional<size_t>> batch_size(std::string_view bytes);

uint32_t batch_crc(std::string_view batch);
// In place, outside of the CRC. REQUIRES: at least a header.
void stamp_offset_and_epoch(char* batch, int64_t base_offset, LeaderEpoch epoch);
// LogAppendTime: sets max timestamp and the attribute, and makes the CRC anew. REQUIRES: a whole batch.
void stamp_append_time(char* batch, size_t size, int64_t append_time_ms);

// Walks whole batches in a buffer by their lengths, without checking CRCs. Stops at a partial trailing batch.
class BatchIterator {
 public:
  explicit BatchIterator(std::string_view bytes) : rest_(bytes) {}
  // The next whole batch; none at the end, at a partial batch, or when bad() has become true.
  std::optional<BatchView> next();
  // A length that cannot be.
  bool bad() const { return bad_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

struct RecordHeader {
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

struct Record {
  int64_t offset = 0;
  int64_t timestamp = kNoTimestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<RecordHeader> headers;
  friend bool operator==(const Record&, const Record&) = default;
};

// Decodes the records of an uncompressed batch one by one. Every length is checked against the bytes that remain.
class RecordIterator {
 public:
  explicit RecordIterator(const BatchView& batch);
  // None at the end, or when bad() has become true (compressed, malformed, more or fewer bytes than records).
  std::optional<Record> next();
  bool bad() const { return bad_; }

 private:
  BatchHeader header_;
  Reader reader_;
  int32_t left_;
  bool bad_ = false;
};

// All records of one uncompressed batch; CORRUPT_MESSAGE if malformed, UNSUPPORTED_COMPRESSION_TYPE if compressed.
Result<std::vector<Record>> decode_records(const BatchView& batch);

// Makes an uncompressed batch: for group offsets, tools and tests.
class RecordBatchBuilder {
 public:
  explicit RecordBatchBuilder(int64_t base_offset = 0) : base_offset_(base_offset) {}
  RecordBatchBuilder& leader_epoch(LeaderEpoch epoch);
  RecordBatchBuilder& producer(int64_t id, int16_t epoch, int32_t base_sequence);
  // Marks only; the bytes stay as they are. For tests of what passes through untouched.
  RecordBatchBuilder& attributes(int16_t attributes);
  RecordBatchBuilder& add(int64_t timestamp_ms, std::optional<std::string_view> key, std::optional<std::string_view> value,
                          const std::vector<RecordHeader>& headers = {});
  int32_t count() const { return count_; }
  // REQUIRES: at least one record.
  std::string build() const;

 private:
  int64_t base_offset_;
  LeaderEpoch epoch_;
  int64_t producer_id_ = kNoProducerId;
  int16_t producer_epoch_ = kNoProducerEpoch;
  int32_t base_sequence_ = kNoSequence;
  int16_t attributes_ = 0;
  int64_t base_timestamp_ = kNoTimestamp;
  int64_t max_timestamp_ = kNoTimestamp;
  int32_t count_ = 0;
  Writer records_;
};

}  // namespace baton
