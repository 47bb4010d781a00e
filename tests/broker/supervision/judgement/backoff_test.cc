#include "broker/supervision/judgement/backoff.h"

#include <gtest/gtest.h>

namespace baton::supervision {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kNow{1'000'000'000'000};

TEST(Backoff, DoublesUpToABoundWhileNoLifeIsHealthy) {
  Backoff backoff({.first = milliseconds(100), .most = milliseconds(700), .healthy_while = seconds(10)});
  EXPECT_EQ(backoff.ended(kNow, std::nullopt), milliseconds(100));
  EXPECT_EQ(backoff.ended(kNow, std::nullopt), milliseconds(200));
  EXPECT_EQ(backoff.ended(kNow, std::nullopt), milliseconds(400));
  EXPECT_EQ(backoff.ended(kNow, std::nullopt), milliseconds(700));
  EXPECT_EQ(backoff.ended(kNow, std::nullopt), milliseconds(700));
}

TEST(Backoff, ALifeThatWasHealthyForAWhileBringsItBackToTheLeast) {
  Backoff backoff({.first = milliseconds(100), .most = seconds(30), .healthy_while = seconds(10)});
  for (int i = 0; i < 5; ++i) backoff.ended(kNow, std::nullopt);
  EXPECT_EQ(backoff.ended(kNow, kNow - seconds(10)), milliseconds(100));
  EXPECT_EQ(backoff.ended(kNow, std::nullopt), milliseconds(200));
}

TEST(Backoff, HealthThatDidNotLastDoesNotCount) {
  Backoff backoff({.first = milliseconds(100), .most = seconds(30), .healthy_while = seconds(10)});
  EXPECT_EQ(backoff.ended(kNow, kNow - milliseconds(9'999)), milliseconds(100));
  EXPECT_EQ(backoff.ended(kNow, kNow - milliseconds(9'999)), milliseconds(200));
  EXPECT_EQ(backoff.ended(kNow, kNow - milliseconds(9'999)), milliseconds(400));
}

}  // namespace
}  // namespace baton::supervision
