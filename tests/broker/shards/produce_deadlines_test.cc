#include "broker/shards/produce_deadlines.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

std::shared_ptr<ProduceWaiter> waiter() {
  return std::make_shared<ProduceWaiter>();
}

TEST(ProduceDeadlines, WhoseTimeIsUpIsTakenInOrder) {
  ProduceDeadlines deadlines;
  auto late = waiter(), early = waiter();
  deadlines.add(Instant{20}, late);
  deadlines.add(Instant{10}, early);
  EXPECT_EQ(deadlines.take_due(Instant{9}), nullptr);
  EXPECT_EQ(deadlines.take_due(Instant{25}), early);
  EXPECT_EQ(deadlines.take_due(Instant{25}), late);
  EXPECT_EQ(deadlines.take_due(Instant{25}), nullptr);
  EXPECT_TRUE(deadlines.empty());
}

// A broker at 20,000 requests a second would else hold 600,000 of them for a time-out of 30 s.
TEST(ProduceDeadlines, WhoIsAnsweredIsNotHeldUntilItsTime) {
  ProduceDeadlines deadlines;
  auto answered = waiter(), other = waiter();
  deadlines.add(Instant{10}, answered);
  deadlines.add(Instant{10}, other);
  std::weak_ptr<ProduceWaiter> watched = answered;
  deadlines.remove(*answered);
  answered.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(deadlines.size(), 1u);
  EXPECT_EQ(deadlines.take_due(Instant{10}), other);
}

TEST(ProduceDeadlines, RemovingTwiceOrWhoWasTakenIsHarmless) {
  ProduceDeadlines deadlines;
  auto first = waiter(), second = waiter();
  deadlines.add(Instant{10}, first);
  deadlines.add(Instant{11}, second);
  EXPECT_EQ(deadlines.take_due(Instant{10}), first);
  deadlines.remove(*first);
  deadlines.remove(*first);
  deadlines.remove(*waiter());
  EXPECT_EQ(deadlines.size(), 1u);
}

TEST(ProduceDeadlines, WhoIsGoneIsPassedOver) {
  ProduceDeadlines deadlines;
  auto kept = waiter();
  deadlines.add(Instant{10}, waiter());
  deadlines.add(Instant{11}, kept);
  EXPECT_EQ(deadlines.take_due(Instant{12}), kept);
}

}  // namespace
}  // namespace baton
