// What Apache Kafka and its clients really put on the wire (golden/record.py): each frame decodes to its last byte and
// encodes to the same bytes again.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace baton::protocol
