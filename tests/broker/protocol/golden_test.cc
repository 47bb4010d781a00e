// What Apache Kafka and its clients really put on the wire (golden/record.py): each frame decodes to its last byte and
// encodes to the same bytes again.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "broker/protocol/all_messages.h"
#include "broker/protocol/frame.h"
#include "tests/broker/protocol/golden_frames.h"

namespace baton::protocol {
namespace {

using Golden = testing::GoldenFrame;
using testing::golden_frames;

template <class Request>
void check_request(const Golden& golden) {
  Reader in(golden.frame);
  const auto header = decode_request_header(in);
  ASSERT_TRUE(header.has_value());
  ASSERT_EQ(header->api_key, Request::api.key);
  ASSERT_EQ(header->api_version, golden.version);
  const auto request = decode_body<Request>(in, golden.version);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  const auto again = encode_request(golden.version, header->correlation_id, header->client_id, *request);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->bytes.substr(4), golden.frame) << print(*request, golden.version);
  EXPECT_EQ(print(*request, golden.version).front(), '{');
}

template <class Response>
void check_response(const Golden& golden) {
  Reader in(golden.frame);
  const auto correlation_id = decode_response_header<Response>(in, golden.version);
  ASSERT_TRUE(correlation_id.has_value());
  const auto response = decode_body<Response>(in, golden.version);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  const auto again = encode_response(golden.version, *correlation_id, *response);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->bytes.substr(4), golden.frame) << print(*response, golden.version);
  EXPECT_EQ(print(*response, golden.version).front(), '{');
}

template <class Messages>
void check_api() {
  std::set<std::pair<int16_t, std::string>> seen;
  for (const Golden& golden : golden_frames()) {
    if (golden.api != Messages::api.name) continue;
    SCOPED_TRACE(golden.client + " " + golden.api + " " + std::to_string(golden.version) + " " + golden.direction);
    seen.insert({golden.version, golden.direction});
    if (golden.direction == "request") {
      check_request<typename Messages::Request>(golden);
    } else {
      check_response<typename Messages::Response>(golden);
    }
  }
  for (int16_t version = Messages::api.oldest; version <= Messages::api.newest; ++version) {
    for (const char* direction : {"request", "response"}) {
      EXPECT_TRUE(seen.contains({version, direction}))
          << Messages::api.name << " has no recorded " << direction << " of version " << version;
    }
  }
}

TEST(Golden, EveryRecordedFrameIsReadAndWrittenByteForByte) {
  for_each_api([](auto messages) { check_api<decltype(messages)>(); });
}

// Bytes alone do not settle a layout: an epoch of 0 looks like an empty array, and a field misplaced by one can come back to
// the same bytes. So what was recorded must also make sense.
TEST(Golden, MetadataNamesLeadersAmongTheReplicas) {
  std::set<int16_t> versions_seen;
  for (const Golden& golden : golden_frames()) {
    if (golden.api != "Metadata" || golden.direction != "response") continue;
    SCOPED_TRACE(golden.client + " Metadata " + std::to_string(golden.version));
    Reader in(golden.frame);
    ASSERT_TRUE(decode_response_header<MetadataResponse>(in, golden.version).has_value());
    const auto response = decode_body<MetadataResponse>(in, golden.version);
    ASSERT_TRUE(response.has_value());
    for (const auto& topic : response->topics) {
      for (const auto& partition : topic.partitions) {
        const auto& replicas = partition.replica_nodes;
        EXPECT_NE(std::find(replicas.begin(), replicas.end(), partition.leader_id), replicas.end());
        EXPECT_EQ(partition.isr_nodes.size(), replicas.size());
        EXPECT_TRUE(partition.offline_replicas.empty());
        versions_seen.insert(golden.version);
      }
    }
  }
  for (int16_t version = 0; version <= 12; ++version) EXPECT_TRUE(versions_seen.contains(version)) << version;
}

TEST(Golden, AReplicasFetchSaysWhoAndWhichLife) {
  bool seen = false;
  for (const Golden& golden : golden_frames()) {
    if (golden.client != "broker" || golden.api != "Fetch" || golden.direction != "request") continue;
    Reader in(golden.frame);
    ASSERT_TRUE(decode_request_header(in).has_value());
    const auto request = decode_body<FetchRequest>(in, golden.version);
    ASSERT_TRUE(request.has_value());
    EXPECT_GE(request->replica_state.replica_id.value(), 1);
    EXPECT_GE(request->replica_state.replica_epoch.value(), 0);
    seen = true;
  }
  EXPECT_TRUE(seen);
}

TEST(Golden, AMovedLeaderIsHintedAt) {
  bool seen = false;
  for (const Golden& golden : golden_frames()) {
    if (golden.api != "Produce" || golden.direction != "response" || golden.version < 10) continue;
    Reader in(golden.frame);
    ASSERT_TRUE(decode_response_header<ProduceResponse>(in, golden.version).has_value());
    const auto response = decode_body<ProduceResponse>(in, golden.version);
    ASSERT_TRUE(response.has_value());
    if (response->node_endpoints.empty()) continue;
    const auto& partition = response->responses.at(0).partition_responses.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNotLeaderOrFollower);
    EXPECT_EQ(partition.current_leader.leader_id, response->node_endpoints[0].node_id);
    seen = true;
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace baton::protocol
