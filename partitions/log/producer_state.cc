#include "partitions/log/producer_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace baton {
namespace {
constexpr int16_t kSnapshotVersion = 1;
}

Result<std::optional<ProducerState::Batch>> ProducerState::check(const BatchHeader& header) const {
  if (!header.has_producer_id()) return std::nullopt;
  const auto found = producers_.find(header.producer_id);
  if (found == producers_.end()) return std::nullopt;
  const Producer& producer = found->second;
  if (header.producer_epoch < producer.epoch) {
    return fail(ErrorCode::kInvalidProducerEpoch,
                fmt::format("producer {} has epoch {}, the batch bears {}", header.producer_id, producer.epoch, header.producer_epoch));
  }
  if (header.producer_epoch > producer.epoch || producer.count == 0) {
    if (header.base_sequence == 0 || producer.count == 0) return std::nullopt;
    return fail(ErrorCode::kOutOfOrderSequenceNumber, fmt::format("producer {} begins epoch {} with sequence {}", header.producer_id,
                                                                  header.producer_epoch, header.base_sequence));
  }
  for (size_t i = 0; i < producer.count; ++i) {
    const Batch& batch = producer.batches[i];
    if (batch.first_sequence == header.base_sequence && batch.last_sequence == header.last_sequence()) return batch;
  }
  const int32_t expected = advance_sequence(producer.last().last_sequence, 1);
  if (header.base_sequence == expected) return std::nullopt;
  return fail(ErrorCode::kOutOfOrderSequenceNumber, fmt::format("producer {} epoch {}: sequence {} came where {} was due",
                                                                header.producer_id, header.producer_epoch, header.base_sequence, expected));
}

void ProducerState::update(const BatchHeader& header, int64_t now_ms) {
  if (!header.has_producer_id() || header.control()) return;
  Producer& producer = producers_[header.producer_id];
  if (producer.epoch != header.producer_epoch) {
    producer.epoch = header.producer_epoch;
    producer.count = 0;
  }
  if (producer.count == kBatchesRemembered) {
    std::move(producer.batches.begin() + 1, producer.batches.end(), producer.batches.begin());
    --producer.count;
  }
  producer.batches[producer.count++] = {header.base_sequence, header.last_sequence(), header.base_offset, header.last_offset(),
                                        header.max_timestamp};
  producer.last_seen_ms = now_ms;
}

void ProducerState::expire(int64_t before_ms) {
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.last_seen_ms < before_ms; });
}

// version i16, count i32, producers (id i64, epoch i16, last seen i64, batches i8, batches), CRC-32C of all before.
std::string ProducerState::snapshot() const {
  Writer out;
  out.i16(kSnapshotVersion);
  out.i32(static_cast<int32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    out.i64(id);
    out.i16(producer.epoch);
    out.i64(producer.last_seen_ms);
    out.i8(static_cast<int8_t>(producer.count));
    for (size_t i = 0; i < producer.count; ++i) {
      const Batch& batch = producer.batches[i];
      out.i32(batch.first_sequence);
      out.i32(batch.last_sequence);
      out.i64(batch.base_offset);
      out.i64(batch.last_offset);
      out.i64(batch.max_timestamp);
    }
  }
  out.u32(crc32c(out.view()));
  return out.take();
}

bool ProducerState::restore(std::string_view bytes) {
  producers_.clear();
  if (bytes.size() < sizeof(uint32_t)) return false;
  const auto body = bytes.substr(0, bytes.size() - sizeof(uint32_t));
  if (load_be<uint32_t>(bytes.data() + body.size()) != crc32c(body)) return false;
  Reader in(body);
  if (in.i16() != kSnapshotVersion) return false;
  for (int32_t left = in.i32(); left > 0 && !in.bad(); --left) {
    const int64_t id = in.i64();
    Producer producer;
    producer.epoch = in.i16();
    producer.last_seen_ms = in.i64();
    const int8_t count = in.i8();
    if (count < 0 || static_cast<size_t>(count) > kBatchesRemembered) in.set_bad();
    for (int8_t i = 0; i < count && !in.bad(); ++i) {
      Batch& batch = producer.batches[producer.count++];
      batch.first_sequence = in.i32();
      batch.last_sequence = in.i32();
      batch.base_offset = in.i64();
      batch.last_offset = in.i64();
      batch.max_timestamp = in.i64();
    }
    producers_[id] = producer;
  }
  if (in.bad() || !in.at_end()) {
    producers_.clear();
    return false;
  }
  return true;
}

}  // namespace baton
