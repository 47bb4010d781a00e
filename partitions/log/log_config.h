// What a log is told by configuration. Every value has Kafka's name, unit and default (topic configuration on the right).
#pragma once

#include <cstdint>

namespace baton {

enum class TimestampType { kCreateTime, kLogAppendTime };

struct LogConfig {
  uint32_t segment_bytes = 1u << 30;                          // segment.bytes; at least 14, at most 2^31 - 1
  int64_t segment_ms = int64_t{7} * 24 * 3600 * 1000;         // segment.ms; rolling by age of the first record
  int64_t retention_ms = int64_t{7} * 24 * 3600 * 1000;       // retention.ms; -1 for ever
  int64_t retention_bytes = -1;                               // retention.bytes; -1 without bound
  uint32_t index_interval_bytes = 4096;                       // index.interval.bytes
  uint32_t max_message_bytes = 1048588;                       // max.message.bytes: of one batch with its header
  TimestampType timestamp_type = TimestampType::kCreateTime;  // message.timestamp.type
  // Refused when a record's time stands further from now than this (message.timestamp.{before,after}.max.ms).
  int64_t timestamp_before_max_ms = INT64_MAX;
  int64_t timestamp_after_max_ms = INT64_MAX;
  // producer.id.expiration.ms: how long the batches of an idle producer are remembered.
  int64_t producer_expiration_ms = int64_t{24} * 3600 * 1000;
};

}  // namespace baton
