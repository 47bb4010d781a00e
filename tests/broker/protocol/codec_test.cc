// The wire format itself, by bytes written by hand, and what the codec refuses.
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "broker/protocol/all_messages.h"
#include "broker/protocol/apis.h"
#include "broker/protocol/frame.h"

namespace baton::protocol {
namespace {

using namespace std::string_literals;

template <class Message>
Result<Message> decoded_from(const std::string& bytes, int16_t version) {
  Reader in(bytes);
  return decode_body<Message>(in, version);
}

std::string body(const Result<Frame>& frame) {
  return frame->bytes.substr(4);
}

TEST(Frame, RequestHeaderHasAPlainClientIdAndTagsOnlyWhereFlexible) {
  EXPECT_EQ(body(encode_request(0, 7, "me", MetadataRequest{})), "\0\x03\0\0\0\0\0\x07\0\x02me\0\0\0\0"s);
  EXPECT_EQ(body(encode_request(9, 7, "me", MetadataRequest{})), "\0\x03\0\x09\0\0\0\x07\0\x02me\0\x01\x01\0\0\0"s);
  EXPECT_EQ(body(encode_request(0, 7, std::nullopt, HeartbeatRequest{})).substr(0, 10), "\0\x0c\0\0\0\0\0\x07\xff\xff"s);
}

TEST(Frame, RequestHeaderIsReadBackUpToTheBody) {
  const auto frame = encode_request(12, 99, "client", MetadataRequest{});
  Reader in(std::string_view(frame->bytes).substr(4));
  const auto header = decode_request_header(in);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(*header, (RequestHeader{.api_key = 3, .api_version = 12, .correlation_id = 99, .client_id = "client"}));
  EXPECT_TRUE(decode_body<MetadataRequest>(in, 12).has_value());
  EXPECT_TRUE(in.at_end());
}

TEST(Frame, ApiVersionsAlwaysAnswersWithTheOldestHeader) {
  const auto frame = encode_response(3, 5, ApiVersionsResponse{});
  EXPECT_EQ(body(frame), "\0\0\0\x05\0\0\x01\0\0\0\0\0"s);
  Reader in(std::string_view(frame->bytes).substr(4));
  EXPECT_EQ(decode_response_header<ApiVersionsResponse>(in, 3), 5);
  EXPECT_TRUE(decode_body<ApiVersionsResponse>(in, 3).has_value());
}

TEST(Frame, HeadersThatAreCutShortOrAbsurdAreRefused) {
  const std::string whole = encode_request(12, 99, "client", MetadataRequest{})->bytes.substr(4, 17);
  for (size_t length = 0; length < whole.size(); ++length) {
    Reader in(std::string_view(whole).substr(0, length));
    EXPECT_FALSE(decode_request_header(in).has_value()) << length;
  }
  const std::string negative = "\0\x03\0\0\0\0\0\x07\x80\0"s;
  Reader in(negative);
  EXPECT_FALSE(decode_request_header(in).has_value());
}

TEST(Frame, RecordsFromElsewhereAreGapsThatTheSizeCounts) {
  FetchResponse response;
  auto& partitions = response.responses.emplace_back().partitions;
  for (uint32_t i = 0; i < 3; ++i) partitions.emplace_back().records = Records::elsewhere(i * 1000, i);
  const auto frame = encode_response(16, 1, response);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(load_be<int32_t>(frame->bytes.data()), static_cast<int32_t>(frame->bytes.size() - 4 + 3000));
  ASSERT_EQ(frame->gaps.size(), 2u) << "nothing to fill where there are no bytes";
  std::string filled = frame->bytes;
  for (auto gap = frame->gaps.rbegin(); gap != frame->gaps.rend(); ++gap) {
    filled.insert(gap->at, std::string(gap->length, static_cast<char>('0' + gap->source)));
  }
  Reader in(std::string_view(filled).substr(4));
  ASSERT_TRUE(decode_response_header<FetchResponse>(in, 16).has_value());
  const auto back = decode_body<FetchResponse>(in, 16);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->responses[0].partitions[0].records.bytes, "");
  EXPECT_EQ(back->responses[0].partitions[1].records.bytes, std::string(1000, '1'));
  EXPECT_EQ(back->responses[0].partitions[2].records.bytes, std::string(2000, '2'));
}

// Two bytes each on the wire, forty in memory: what a large frame may grow to is bounded.
TEST(Codec, AMessageOfMoreElementsThanAnyoneNeedsIsRefused) {
  auto names = [](int32_t count) {
    Writer out;
    out.i32(count);
    out.bytes(std::string(static_cast<size_t>(count) * 2, '\0'));
    return out.take();
  };
  EXPECT_TRUE(decoded_from<MetadataRequest>(names(1'000'000), 0).has_value());
  EXPECT_FALSE(decoded_from<MetadataRequest>(names(1'000'001), 0).has_value());
}

TEST(Codec, RecordsAreViewsIntoTheFrameThatTheServerMayStamp) {
  ProduceRequest request;
  request.topic_data.push_back({.name = "t", .partition_data = {{.index = PartitionIndex(0), .records = Records::in_memory("batch")}}});
  std::string frame = encode_request(9, 1, "c", request)->bytes.substr(4);
  Reader in(frame);
  ASSERT_TRUE(decode_request_header(in).has_value());
  const auto decoded = decode_body<ProduceRequest>(in, 9);
  ASSERT_TRUE(decoded.has_value());
  const Records& records = decoded->topic_data[0].partition_data[0].records;
  writable(records, frame)[0] = 'B';
  EXPECT_EQ(records.bytes, "Batch");
  EXPECT_TRUE(writable(Records::none(), frame).empty());
}

TEST(Codec, WhatAVersionCannotCarryIsAnErrorThatNamesTheField) {
  const auto refused = encode_request(1, 1, "c", FindCoordinatorRequest{.coordinator_keys = {"g"}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(refused.error().message, "FindCoordinator version 1: CoordinatorKeys cannot be expressed");

  const auto null = encode_request(0, 1, "c", MetadataRequest{.topics = std::nullopt});
  ASSERT_FALSE(null.has_value());
  EXPECT_EQ(null.error().message, "Metadata version 0: Topics may not be null");

  const auto too_long = encode_request(0, 1, "c", HeartbeatRequest{.group_id = std::string(32768, 'g')});
  ASSERT_FALSE(too_long.has_value());
  EXPECT_EQ(too_long.error().message, "Heartbeat version 0: GroupId is longer than 32767 bytes");
}

TEST(Codec, LeaderHintsAreDroppedForClientsThatKnowThemNot) {
  ProduceResponse response;
  response.responses.push_back({.name = "t", .partition_responses = {{.current_leader = {BrokerId(2), LeaderEpoch(7)}}}});
  response.node_endpoints.push_back({.node_id = BrokerId(2), .host = "h", .port = 1, .rack = std::nullopt});
  for (const int16_t version : {9, 10}) {
    const std::string frame = encode_response(version, 1, response)->bytes.substr(4);
    Reader in(frame);
    ASSERT_TRUE(decode_response_header<ProduceResponse>(in, version).has_value());
    const auto decoded = decode_body<ProduceResponse>(in, version);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded == response, version == 10);
  }
}

TEST(Codec, UnknownTagsAreSkipped) {
  const auto decoded = decoded_from<HeartbeatRequest>("\x02g\0\0\0\x01\x02m\0\x02\x05\x02xy\x07\0"s, 4);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->group_id, "g");
  EXPECT_EQ(decoded->generation_id, 1);
}

TEST(Codec, TagsThatRepeatOrDescendAreMalformed) {
  for (const std::string& tags : {"\x02\x05\0\x05\0"s, "\x02\x05\0\x04\0"s}) {
    EXPECT_FALSE(decoded_from<HeartbeatRequest>("\x02g\0\0\0\x01\x02m\0"s + tags, 4).has_value());
  }
}

TEST(Codec, AKnownTagOfTheWrongSizeIsMalformed) {
  // FinalizedFeaturesEpoch (tag 1) is 8 bytes.
  for (const std::string& tag : {"\x01\x01\x07"s + std::string(7, '\0'), "\x01\x01\x09"s + std::string(9, '\0')}) {
    const auto decoded = decoded_from<ApiVersionsResponse>("\0\0\x01\0\0\0\0"s + tag, 3);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_NE(decoded.error().message.find("FinalizedFeaturesEpoch"), std::string::npos) << decoded.error().message;
  }
}

TEST(Codec, NullWhereNoneMayBeIsMalformed) {
  EXPECT_TRUE(decoded_from<HeartbeatRequest>("\0\0\0\0\0\x01\0\x01m"s, 0).has_value());
  EXPECT_FALSE(decoded_from<HeartbeatRequest>("\xff\xff\0\0\0\x01\0\x01m"s, 0).has_value());
  EXPECT_TRUE(decoded_from<HeartbeatRequest>("\x01\0\0\0\x01\x02m\0\0"s, 4).has_value());
  EXPECT_FALSE(decoded_from<HeartbeatRequest>("\0\0\0\0\x01\x02m\0\0"s, 4).has_value());
}

TEST(Codec, PrintsOnlyWhatTheVersionHas) {
  HeartbeatRequest request{.group_id = "a\"\n", .generation_id = 3, .member_id = "m"};
  EXPECT_EQ(print(request, 0), R"({"GroupId":"a\"\x0a","GenerationId":3,"MemberId":"m"})");
  EXPECT_EQ(print(request, 3), R"({"GroupId":"a\"\x0a","GenerationId":3,"MemberId":"m","GroupInstanceId":null})");
}

TEST(Apis, TheAnswerToApiVersionsIsWhatIsHandled) {
  const Api* handled[] = {&kMetadata, &kProduce};
  const ApiVersionsResponse response = api_versions_of(handled);
  ASSERT_EQ(response.api_keys.size(), 2u);
  EXPECT_EQ(response.api_keys[0], (ApiVersionsResponse::ApiVersion{0, 0, 11})) << "librdkafka looks for version 0 before it compresses";
  EXPECT_EQ(response.api_keys[1], (ApiVersionsResponse::ApiVersion{3, 0, 12}));
}

TEST(Apis, AreFoundByKey) {
  for_each_api([](auto messages) { EXPECT_EQ(find_api(messages.api.key)->name, messages.api.name); });
  for (const int16_t key : {-1, 4, 63, 64, 32767}) EXPECT_EQ(find_api(key), nullptr);
}

}  // namespace
}  // namespace baton::protocol
