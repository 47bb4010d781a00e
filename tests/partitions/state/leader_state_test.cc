#include "partitions/state/leader_state.h"

#include <gtest/gtest.h>

#include "tests/partitions/state/builders.h"

namespace baton {
namespace {

using testing::at_ms;
using testing::brokers;
using testing::leadership;
using testing::members;

constexpr BrokerId kOne{1}, kTwo{2}, kThree{3};
constexpr Duration kLag = std::chrono::seconds(30);
constexpr ControllerEpoch kController{7};

// Broker 1 leads epoch 5, which begins at offset 100; it knew of a high watermark of 80.
LeaderState leader_of(std::initializer_list<int32_t> isr, int32_t min_isr = 2) {
  return {kOne, leadership(1, 5, 10, isr, min_isr), 100, 80, at_ms(0)};
}

void confirm(LeaderState& leader, std::initializer_list<int32_t> isr, int32_t partition_epoch) {
  leader.update(leadership(1, 5, partition_epoch, isr), at_ms(0));
}

TEST(HighWatermark, IsTheSmallestEndOfTheIsr) {
  LeaderState leader = leader_of({1, 2, 3});
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  EXPECT_EQ(leader.high_watermark(), 80) << "3 has not fetched yet";
  leader.on_follower_fetch(kThree, 90, at_ms(1));
  EXPECT_EQ(leader.high_watermark(), 90);
  leader.on_follower_fetch(kThree, 100, at_ms(2));
  EXPECT_EQ(leader.high_watermark(), 100);
  leader.on_append(110);
  EXPECT_EQ(leader.high_watermark(), 100);
}

TEST(HighWatermark, NeverGoesBackWithinALeadership) {
  LeaderState leader = leader_of({1, 2});
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  leader.on_follower_fetch(kTwo, 85, at_ms(2));
  EXPECT_EQ(leader.high_watermark(), 100);
}

TEST(HighWatermark, WaitsForPendingMembersToo) {
  LeaderState leader = leader_of({1, 2});
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  leader.on_follower_fetch(kThree, 100, at_ms(2));
  ASSERT_TRUE(leader.isr().pending());
  leader.on_append(110);
  leader.on_follower_fetch(kTwo, 110, at_ms(3));
  EXPECT_EQ(leader.high_watermark(), 100) << "3 may be in the stored ISR already";
  leader.on_follower_fetch(kThree, 105, at_ms(4));
  EXPECT_EQ(leader.high_watermark(), 105);
}

TEST(HighWatermark, StandsStillBelowTheMinimumIsr) {
  LeaderState leader = leader_of({1}, 2);
  leader.on_append(120);
  EXPECT_EQ(leader.high_watermark(), 80);
  EXPECT_TRUE(leader.under_min_isr());
}

// The controller has raised the minimum, and this leader has not heard of it: who left since is eligible.
TEST(HighWatermark, StandsStillWhereThePageNamesEligibleOnes) {
  LeaderState leader = leader_of({1, 2}, 1);
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  EXPECT_EQ(leader.high_watermark(), 100);
  Leadership fell = leadership(1, 5, 11, {1}, 1);
  fell.state.eligible = {kTwo};
  leader.update(fell, at_ms(2));
  leader.on_append(120);
  EXPECT_EQ(leader.high_watermark(), 100) << "2 may lead next, and holds no more than that";
  EXPECT_TRUE(leader.under_min_isr());
  // A lower minimum empties the set, and then one is enough.
  leader.update(leadership(1, 5, 12, {1}, 1), at_ms(3));
  EXPECT_EQ(leader.high_watermark(), 120);
}

TEST(HighWatermark, FollowsALoneLeaderWhereOneIsEnough) {
  LeaderState leader = leader_of({1}, 1);
  EXPECT_EQ(leader.high_watermark(), 100);
  leader.on_append(120);
  EXPECT_EQ(leader.high_watermark(), 120);
}

TEST(HighWatermark, AShrinkCountsOnlyOnceItIsConfirmed) {
  LeaderState leader = leader_of({1, 2, 3});
  leader.on_follower_fetch(kTwo, 100, at_ms(29'000));
  leader.tick(at_ms(31'000), kLag);
  std::optional<IsrRequest> request = leader.take_isr_request(at_ms(31'000));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->isr, members({1, 2}));
  EXPECT_EQ(leader.high_watermark(), 80);
  confirm(leader, {1, 2}, 11);
  EXPECT_EQ(leader.high_watermark(), 100);
}

TEST(IsrExpansion, NeedsTheEpochsStart) {
  LeaderState leader = leader_of({1, 2});
  leader.on_follower_fetch(kThree, 99, at_ms(1));
  EXPECT_FALSE(leader.isr().pending()) << "99 is above the high watermark of 80, yet 100 records may be committed";
  leader.on_follower_fetch(kThree, 100, at_ms(2));
  EXPECT_TRUE(leader.isr().pending());
}

TEST(IsrExpansion, NeedsTheHighWatermark) {
  LeaderState leader = leader_of({1, 2});
  leader.on_append(150);
  leader.on_follower_fetch(kTwo, 150, at_ms(1));
  leader.on_follower_fetch(kThree, 149, at_ms(1));
  EXPECT_FALSE(leader.isr().pending());
  leader.on_follower_fetch(kThree, 150, at_ms(2));
  EXPECT_TRUE(leader.isr().pending());
}

TEST(IsrExpansion, WorksWhileTheIsrIsBelowItsMinimum) {
  LeaderState leader = leader_of({1}, 2);
  leader.on_append(150);
  leader.on_follower_fetch(kTwo, 150, at_ms(1));
  std::optional<IsrRequest> request = leader.take_isr_request(at_ms(1));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->isr, members({1, 2}));
  EXPECT_EQ(leader.high_watermark(), 80) << "not before it is confirmed";
  confirm(leader, {1, 2}, 11);
  EXPECT_EQ(leader.high_watermark(), 150);
}

TEST(IsrExpansion, IsNotAskedForABrokerThatIsNotLive) {
  Leadership image = leadership(1, 5, 10, {1, 2});
  image.broker_epochs.erase(kThree);
  LeaderState leader(kOne, image, 100, 80, at_ms(0));
  EXPECT_EQ(leader.check_follower(kThree, BrokerEpoch(103)), ErrorCode::kStaleBrokerEpoch);
  EXPECT_EQ(leader.check_follower(kThree, BrokerEpoch()), ErrorCode::kStaleBrokerEpoch);
}

TEST(IsrExpansion, OneRequestAtATimeAndTheNextOneAfterItIsSettled) {
  LeaderState leader = leader_of({1}, 1);
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  ASSERT_TRUE(leader.take_isr_request(at_ms(1)));
  leader.on_follower_fetch(kThree, 100, at_ms(1));
  EXPECT_FALSE(leader.take_isr_request(at_ms(2)));
  confirm(leader, {1, 2}, 11);
  std::optional<IsrRequest> request = leader.take_isr_request(at_ms(2));
  ASSERT_TRUE(request) << "3 has shown already that it may join";
  EXPECT_EQ(request->isr, members({1, 2, 3}));
  EXPECT_EQ(request->partition_epoch, PartitionEpoch(11));
}

TEST(IsrExpansion, WaitsAMomentAfterARefusal) {
  LeaderState leader = leader_of({1, 2});
  leader.on_follower_fetch(kThree, 100, at_ms(1));
  IsrRequest request = *leader.take_isr_request(at_ms(1));
  leader.on_isr_response({request.attempt, kController, ErrorCode::kIneligibleReplica, {}}, kController, at_ms(2));
  leader.on_follower_fetch(kThree, 100, at_ms(3));
  EXPECT_FALSE(leader.isr().pending());
  leader.on_follower_fetch(kThree, 100, at_ms(2) + IsrState::kRetryBackoff);
  EXPECT_TRUE(leader.isr().pending());
}

// KIP-903: replica 3 bounced; what its former incarnation held says nothing of what it holds now.
TEST(ReplicaEpoch, AnotherIncarnationBeginsWithoutProgress) {
  LeaderState leader = leader_of({1, 2, 3});
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  leader.on_follower_fetch(kThree, 90, at_ms(1));
  Leadership image = leadership(1, 5, 10, {1, 2, 3});
  image.broker_epochs[kThree] = BrokerEpoch(203);
  leader.update(image, at_ms(2));
  EXPECT_EQ(leader.followers().at(kThree).end_offset, -1);
  EXPECT_EQ(leader.check_follower(kThree, BrokerEpoch(103)), ErrorCode::kStaleBrokerEpoch);
  EXPECT_EQ(leader.check_follower(kThree, BrokerEpoch(203)), ErrorCode::kNone);
}

TEST(ReplicaEpoch, AFetchOfAnIncarnationThatTheImageDoesNotKnowYetIsDropped) {
  LeaderState leader = leader_of({1, 2});
  EXPECT_EQ(leader.check_follower(kThree, BrokerEpoch(203)), ErrorCode::kStaleBrokerEpoch);
}

TEST(ReplicaEpoch, AStrangerMayKnowANewerImage) {
  LeaderState leader = leader_of({1, 2});
  EXPECT_EQ(leader.check_follower(BrokerId(9), BrokerEpoch(109)), ErrorCode::kUnknownLeaderEpoch);
}

// The added member bounces while the expansion's answer is lost: the request is repeated as it was.
TEST(ReplicaEpoch, APendingMemberThatBouncesStaysPending) {
  LeaderState leader = leader_of({1, 2});
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  leader.on_follower_fetch(kThree, 100, at_ms(1));
  IsrRequest request = *leader.take_isr_request(at_ms(1));
  Leadership image = leadership(1, 5, 10, {1, 2});
  image.broker_epochs[kThree] = BrokerEpoch(203);
  leader.update(image, at_ms(2));
  leader.on_isr_response({request.attempt, kController, ErrorCode::kInvalidUpdateVersion, {}}, kController, at_ms(2));
  leader.on_append(110);
  leader.on_follower_fetch(kTwo, 110, at_ms(3));
  EXPECT_EQ(leader.high_watermark(), 100);
  std::optional<IsrRequest> again = leader.take_isr_request(at_ms(1000));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->isr, members({1, 2, 3})) << "named with the incarnation that was seen fetching";
}

TEST(IsrShrink, AFollowerThatKeepsPaceWithTrafficIsNeverBehind) {
  LeaderState leader = leader_of({1, 2});
  int64_t end = 100;
  for (int64_t ms = 0; ms < 120'000; ms += 500) {
    int64_t seen = end;
    leader.on_append(end += 10);
    leader.on_follower_fetch(kTwo, seen, at_ms(ms));
    leader.tick(at_ms(ms), kLag);
    ASSERT_FALSE(leader.isr().pending()) << ms;
  }
}

TEST(IsrShrink, AFollowerThatCreepsIsRemoved) {
  LeaderState leader = leader_of({1, 2});
  leader.on_append(1000);
  int64_t ms = 0;
  for (; ms < 30'000; ms += 500) {
    leader.on_append(1000 + ms);
    leader.on_follower_fetch(kTwo, 100 + ms / 500, at_ms(ms));
    leader.tick(at_ms(ms), kLag);
    ASSERT_FALSE(leader.isr().pending()) << ms;
  }
  leader.tick(at_ms(30'001), kLag);
  EXPECT_TRUE(leader.isr().pending());
}

TEST(IsrShrink, ASilentFollowerThatHoldsEverythingStays) {
  LeaderState leader = leader_of({1, 2});
  leader.on_follower_fetch(kTwo, 100, at_ms(0));
  leader.tick(at_ms(100'000), kLag);
  EXPECT_FALSE(leader.isr().pending());
}

TEST(IsrShrink, WhoeverWasRemovedComesBackByAFetchOnly) {
  LeaderState leader = leader_of({1, 2, 3}, 3);
  leader.on_append(200);
  leader.on_follower_fetch(kTwo, 200, at_ms(0));
  leader.on_follower_fetch(kThree, 100, at_ms(0));
  leader.tick(at_ms(31'000), kLag);
  ASSERT_TRUE(leader.isr().pending());
  leader.update(leadership(1, 5, 11, {1, 2}, 3), at_ms(31'000));
  leader.tick(at_ms(32'000), kLag);
  EXPECT_FALSE(leader.isr().pending()) << "its old progress reaches the high watermark, but it is silent";
  leader.on_follower_fetch(kThree, 200, at_ms(33'000));
  EXPECT_TRUE(leader.isr().pending());
}

TEST(ListOffsetsGate, OpensWhenTheFormerEpochsAreKnownToBeCommitted) {
  LeaderState leader = leader_of({1, 2});
  EXPECT_FALSE(leader.high_watermark_is_current());
  leader.on_follower_fetch(kTwo, 100, at_ms(1));
  EXPECT_TRUE(leader.high_watermark_is_current());
}

TEST(Reassignment, ANewReplicaIsTrackedAndARemovedOneForgotten) {
  LeaderState leader = leader_of({1, 2});
  Leadership image = leadership(1, 5, 11, {1, 2});
  image.state.replicas = brokers({1, 2, 4});
  image.broker_epochs[BrokerId(4)] = BrokerEpoch(104);
  leader.update(image, at_ms(1));
  EXPECT_EQ(leader.check_follower(BrokerId(4), BrokerEpoch(104)), ErrorCode::kNone);
  EXPECT_EQ(leader.check_follower(kThree, BrokerEpoch(103)), ErrorCode::kUnknownLeaderEpoch);
}

}  // namespace
}  // namespace baton
