#include "broker/protocol/all_messages.h"
#include "broker/protocol/frame.h"
#include "tests/broker/protocol/golden_frames.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {

using protocol::testing::golden_frames;

std::vector<std::string> frame_seeds() {
  std::vector<std::string> seeds;
  for (const auto& golden : golden_frames()) {
    if (golden.direction == "request") {
      seeds.push_back('\0' + golden.frame);
      continue;
    }
    protocol::for_each_api([&](auto messages) {
      if (messages.api.name != golden.api) return;
      Writer seed;
      seed.i8(1);
      seed.i16(messages.api.key);
      seed.i16(golden.version);
      seed.bytes(golden.frame);
      seeds.push_back(seed.take());
    });
  }
  return seeds;
}

std::vector<std::string> record_batch_seeds() {
  std::vector<std::string> seeds;
  for (const auto& golden : golden_frames()) {
    if (golden.api != "Produce" || golden.direction != "request") continue;
    Reader in(golden.frame);
    if (!protocol::decode_request_header(in)) continue;
    const auto request = protocol::decode_body<protocol::ProduceRequest>(in, golden.version);
    if (!request) continue;
    for (const auto& topic : request->topic_data) {
      for (const auto& partition : topic.partition_data) seeds.emplace_back(partition.records.bytes);
    }
  }
  return seeds;
}

}  // namespace baton::fuzz
