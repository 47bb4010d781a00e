#include "broker/metrics/http.h"

#include <gtest/gtest.h>

namespace baton::metrics {
namespace {

using Kind = HttpRequest::Kind;

Kind kind(std::string_view arrived) {
  return parse_http(arrived).kind;
}

TEST(HttpTest, ARequestIsThereWhenItsHeadIs) {
  const std::string whole = "GET /metrics?x=1 HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n";
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(kind(whole.substr(0, size)), Kind::kIncomplete) << size;
  EXPECT_EQ(kind(whole), Kind::kGet);
  EXPECT_EQ(parse_http(whole).path, "/metrics");
  EXPECT_EQ(kind("HEAD / HTTP/1.0\r\n\r\n"), Kind::kHead);
  EXPECT_EQ(kind("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), Kind::kOtherMethod);
}

TEST(HttpTest, WhatIsNoHttpIsRefused) {
  for (const std::string_view bad : {"\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n", "GET /metrics HTTP/2\r\n\r\n",
                                     "get /metrics HTTP/1.1\r\n\r\n", "GET metrics HTTP/1.1\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
                                     "GET /a b HTTP/1.1\r\n\r\n", "GET /\x01 HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02 a b\r\n\r\n"}) {
    EXPECT_EQ(kind(bad), Kind::kBad) << bad;
  }
}

TEST(HttpTest, AHeadWithoutAnEndIsRefusedInTime) {
  EXPECT_EQ(kind("GET /metrics HTTP/1.1\r\n" + std::string(kHttpHeadMax, 'a')), Kind::kBad);
  EXPECT_EQ(kind("GET /metrics HTTP/1.1\r\n" + std::string(kHttpHeadMax, 'a') + "\r\n\r\n"), Kind::kBad);
}

TEST(HttpTest, AnAnswerSaysHowLongItIs) {
  const std::string answer = http_answer(200, "abc");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(answer.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabc"));
  EXPECT_TRUE(http_answer(200, "abc", false).ends_with("\r\n\r\n"));
  EXPECT_NE(http_answer(405, "").find("Allow: GET, HEAD\r\n"), std::string::npos);
}

}  // namespace
}  // namespace baton::metrics
