#include <gtest/gtest.h>

#include "partitions/state/epoch_fence.h"
#include "partitions/state/lease_gate.h"
#include "tests/partitions/state/builders.h"

namespace baton {
namespace {

TEST(LeaseGate, AcksZeroAndOneAlwaysNeedTheLease) {
  for (int16_t acks : {0, 1}) {
    EXPECT_TRUE(acknowledgement_needs_lease(acks, 1));
    EXPECT_TRUE(acknowledgement_needs_lease(acks, 3));
  }
}

TEST(LeaseGate, AcksAllNeedsItOnlyWhileTheLeaderIsAlone) {
  EXPECT_TRUE(acknowledgement_needs_lease(-1, 1));
  EXPECT_FALSE(acknowledgement_needs_lease(-1, 2));
}

TEST(LeaseGate, TheDeadlineItselfIsTooLate) {
  EXPECT_TRUE(may_act(Instant{99}, Instant{100}));
  EXPECT_FALSE(may_act(Instant{100}, Instant{100}));
  EXPECT_FALSE(may_act(Instant{0}, Instant{0}));
}

TEST(EpochFence, TellsWhoIsBehind) {
  LeaderEpoch own(5);
  EXPECT_EQ(check_leader_epoch(LeaderEpoch(5), own, EpochNeed::kRequired), ErrorCode::kNone);
  EXPECT_EQ(check_leader_epoch(LeaderEpoch(4), own, EpochNeed::kRequired), ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(check_leader_epoch(LeaderEpoch(6), own, EpochNeed::kOptional), ErrorCode::kUnknownLeaderEpoch);
}

TEST(EpochFence, OnlyConsumersMayLeaveTheEpochOut) {
  EXPECT_EQ(check_leader_epoch(LeaderEpoch(), LeaderEpoch(5), EpochNeed::kOptional), ErrorCode::kNone);
  EXPECT_EQ(check_leader_epoch(LeaderEpoch(), LeaderEpoch(5), EpochNeed::kRequired), ErrorCode::kFencedLeaderEpoch);
}

TEST(Leadership, MinimumIsrIsBoundedByTheReplicas) {
  Leadership three = testing::leadership(1, 1, 1, {1}, 2);
  EXPECT_EQ(three.effective_min_isr(), 2u);
  three.state.replicas = testing::brokers({1});
  EXPECT_EQ(three.effective_min_isr(), 1u);
}

}  // namespace
}  // namespace baton
