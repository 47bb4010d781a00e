// The few messages that the raw probe speaks, byte by byte: Metadata v7 and Produce v7. Written apart from broker/protocol on
// purpose: what measures a broker, ours or another, should not share its encoder. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cli/client/connection.h"

namespace baton::drills::wire {

inline constexpr int16_t kProduce = 0;
inline constexpr int16_t kMetadata = 3;

// Frames with their 4-byte length.
std::string metadata_request(int32_t correlation, const std::string& topic);
std::string produce_request(int32_t correlation, const std::string& topic, int32_t partition, int16_t acks, int32_t timeout_ms,
                            std::string_view records);
// A batch (magic 2) of one record without key, not idempotent.
std::string record_batch(int64_t timestamp_ms, std::string_view value);

// What one broker says of one partition.
struct Metadata {
  std::map<int32_t, client::Address> brokers;
  int32_t controller = -1;
  int16_t error = 0;  // of the topic or the partition
  int32_t leader = -1;
  int32_t leader_epoch = -1;
  int32_t in_sync = 0;  // how many replicas
};
struct Produced {
  int16_t error = 0;
  int64_t base_offset = -1;
};

// From the bytes after the correlation id. False when they are malformed.
bool decode_metadata(std::string_view body, int32_t partition, Metadata& metadata);
bool decode_produced(std::string_view body, Produced& produced);

}  // namespace baton::drills::wire
