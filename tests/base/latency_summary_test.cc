#include "base/latency_summary.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

constexpr Instant kStart{5'000'000'000'000};

Instant after(int seconds) {
  return kStart + std::chrono::seconds(seconds);
}

TEST(LatencySummaryTest, QuantilesAreRightWithinAnEighth) {
  LatencySummary summary;
  for (int us = 1; us <= 100'000; ++us) summary.note(kStart, std::chrono::microseconds(us));
  for (const double quantile : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = quantile * 100;
    EXPECT_GE(summary.quantile_ms(kStart, quantile), exact * 0.999) << quantile;
    EXPECT_LE(summary.quantile_ms(kStart, quantile), exact * 1.126) << quantile;
  }
  EXPECT_EQ(summary.count(), 100'000u);
  EXPECT_DOUBLE_EQ(summary.sum_ms(), 5'000'050);
}

TEST(LatencySummaryTest, SmallTimesAreExactAndHugeOnesDoNotOverflow) {
  LatencySummary summary;
  EXPECT_EQ(summary.quantile_ms(kStart, 0.5), 0);
  summary.note(kStart, std::chrono::microseconds(3));
  EXPECT_DOUBLE_EQ(summary.quantile_ms(kStart, 1), 0.003);
  summary.note(kStart, std::chrono::hours(1000));
  EXPECT_GT(summary.quantile_ms(kStart, 1), 1e6);
  summary.note(kStart, std::chrono::nanoseconds(-5));
  EXPECT_EQ(summary.quantile_ms(kStart, 0), 0);
}

TEST(LatencySummaryTest, WhatIsLongPastIsForgottenButCounted) {
  LatencySummary summary;
  summary.note(kStart, std::chrono::seconds(10));
  for (int i = 0; i < 100; ++i) summary.note(after(61), std::chrono::milliseconds(1));
  EXPECT_GT(summary.quantile_ms(after(61), 1), 9'000) << "a minute ago";
  EXPECT_LT(summary.quantile_ms(after(125), 1), 2) << "two minutes ago";
  EXPECT_EQ(summary.quantile_ms(after(400), 1), 0);
  EXPECT_EQ(summary.count(), 101u);
}

TEST(LatencySummaryTest, TwoThreadsNumbersAddUp) {
  LatencySummary one;
  LatencySummary two;
  one.note(kStart, std::chrono::milliseconds(1));
  two.note(kStart, std::chrono::milliseconds(100));
  one.add(two);
  EXPECT_EQ(one.count(), 2u);
  EXPECT_GE(one.quantile_ms(kStart, 1), 100);
}

}  // namespace
}  // namespace baton
