#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

const auto kAll = std::vector<std::vector<BrokerId>>{brokers({1, 2, 3})};

ErrorCode answer(const World& world) {
  const auto& answers = world.said<Reply>();
  if (answers.empty()) return ErrorCode::kRequestTimedOut;
  if (const auto* code = std::get_if<ErrorCode>(&answers.back().answer)) return *code;
  return std::get<std::vector<IsrOutcome>>(answers.back().answer).at(0).error;
}

TEST(IsrChange, IsGrantedAndAnsweredAfterItsConfirmation) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(world.isr_request("t", 1, {1, 2}));
  EXPECT_TRUE(world.said<Reply>().empty());
  world.confirm();
  EXPECT_EQ(answer(world), ErrorCode::kNone);
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2}));
  EXPECT_EQ(world.partition("t").partition_epoch, PartitionEpoch(1));
}

TEST(IsrChange, BelowTheMinimumTheRemovedAreKeptEligibleUntilItIsRestored) {
  World world;
  world.create("t", 1, kAll);
  world.feed(world.isr_request("t", 1, {1, 2}));
  EXPECT_TRUE(world.partition("t").eligible.empty()) << "the minimum of two still holds";
  world.feed(world.isr_request("t", 1, {1}));
  EXPECT_EQ(world.partition("t").eligible, brokers({2}));
  world.feed(world.isr_request("t", 1, {1, 3}));
  EXPECT_TRUE(world.partition("t").eligible.empty());
}

TEST(IsrChange, RefusedForAStalePartitionEpoch) {
  World world;
  world.create("t", 1, kAll);
  IsrRequested stale = world.isr_request("t", 1, {1});
  world.feed(world.isr_request("t", 1, {1, 2}));
  world.feed(stale);
  EXPECT_EQ(answer(world), ErrorCode::kInvalidUpdateVersion);
}

TEST(IsrChange, AnAskerAheadOfThisControllerHearsNotControllerNeverFenced) {
  World world;
  world.create("t", 1, kAll);
  IsrRequested ahead = world.isr_request("t", 1, {1});
  ahead.changes[0].leader_epoch = LeaderEpoch(5);
  world.feed(ahead);
  EXPECT_EQ(answer(world), ErrorCode::kNotController);
}

TEST(IsrChange, AMemberOfAFormerLifeIsIneligible) {
  World world;
  world.create("t", 1, kAll);
  IsrRequested request = world.isr_request("t", 1, {1, 2, 3});
  world.feed(world.seen(3, 13, 3));
  request.changes[0].partition_epoch = world.partition("t").partition_epoch;
  world.feed(request);
  EXPECT_EQ(answer(world), ErrorCode::kIneligibleReplica);
}

// One is back and has caught up while another leaves, as in every rolling restart.
TEST(IsrChange, AMemberOnItsWayOutKeepsNobodyElseOut) {
  World world;
  world.create("t", 1, kAll);
  world.feed(world.isr_request("t", 1, {1, 2}));
  world.feed(LeavingRequested{77, BrokerId(2), BrokerEpoch(102)});
  world.feed(world.isr_request("t", 1, {1, 2, 3}));
  EXPECT_EQ(answer(world), ErrorCode::kNone);
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2, 3}));
}

TEST(IsrChange, WhoIsOnItsWayOutDoesNotEnter) {
  World world;
  world.create("t", 1, kAll);
  world.feed(world.isr_request("t", 1, {1, 2}));
  world.feed(LeavingRequested{77, BrokerId(3), BrokerEpoch(103)});
  world.feed(world.isr_request("t", 1, {1, 2, 3}));
  EXPECT_EQ(answer(world), ErrorCode::kIneligibleReplica);
}

TEST(IsrChange, ALeavingLeaderMayStillDropAMember) {
  World world;
  world.create("t", 1, kAll);
  world.feed(LeavingRequested{77, BrokerId(1), BrokerEpoch(101)});
  world.feed(world.isr_request("t", 1, {1, 2}));
  EXPECT_EQ(answer(world), ErrorCode::kNone);
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2}));
}

TEST(IsrChange, AStaleBrokerEpochOfTheAskerIsRefused) {
  World world;
  world.create("t", 1, kAll);
  IsrRequested request = world.isr_request("t", 1, {1});
  request.asker_epoch = BrokerEpoch(1);
  world.feed(request);
  EXPECT_EQ(answer(world), ErrorCode::kStaleBrokerEpoch);
}

TEST(IsrChange, NoRefusalLeavesWhileAWriteOfThatPageIsOpen) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  IsrRequested expansion = world.isr_request("t", 1, {1, 2});
  world.feed(expansion);
  expansion.request = 99;
  world.feed(expansion);  // the retry of a leader that heard nothing
  EXPECT_TRUE(world.said<Reply>().empty());
  world.confirm();
  ASSERT_EQ(world.said<Reply>().size(), 2u);
  EXPECT_EQ(answer(world), ErrorCode::kInvalidUpdateVersion);
}

}  // namespace
}  // namespace baton::decision
