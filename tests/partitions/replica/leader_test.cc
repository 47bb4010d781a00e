// What a leader promises, and to whom.
#include <gtest/gtest.h>

#include "tests/partitions/replica/test_cluster.h"

namespace baton {
namespace {

using testing::batch_of;
using testing::TestCluster;
using Values = std::vector<std::string>;

class LeaderTest : public ::testing::Test {
 protected:
  TestCluster cluster;

  void SetUp() override {
    cluster.elect(1, {1, 2, 3});
    cluster.tell_all();
  }
  Replica& leader() { return cluster.replica(1); }
};

TEST_F(LeaderTest, AnAcksAllRecordIsAnsweredWhenTheWholeIsrHoldsIt) {
  AppendOutcome outcome = cluster.produce(1, "a");
  ASSERT_EQ(outcome.error, ErrorCode::kNone);
  EXPECT_EQ(outcome.base_offset, 0);
  cluster.fetch(2);
  cluster.fetch(2);
  EXPECT_FALSE(leader().check(outcome.wait).done);
  EXPECT_TRUE(cluster.consume(1).empty());
  cluster.fetch(3);
  EXPECT_FALSE(leader().check(outcome.wait).done) << "3 has been sent it, but has not said yet that it holds it";
  cluster.fetch(3);
  EXPECT_TRUE(leader().check(outcome.wait).done);
  EXPECT_EQ(leader().check(outcome.wait).error, ErrorCode::kNone);
  EXPECT_EQ(cluster.consume(1), Values{"a"});
}

TEST_F(LeaderTest, FollowersLearnTheHighWatermarkUpToTheirOwnEnd) {
  cluster.produce(1, "a");
  cluster.replicate();
  EXPECT_EQ(cluster.replica(2).high_watermark(), 1);
  EXPECT_EQ(cluster.replica(3).high_watermark(), 1);
}

TEST_F(LeaderTest, ARetryIsAnsweredWithTheFirstOffsetsAndWaitsForTheSame) {
  AppendOutcome first = cluster.produce_batch(1, batch_of("a", 9, 0));
  AppendOutcome again = cluster.produce_batch(1, batch_of("a", 9, 0));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.base_offset, first.base_offset);
  EXPECT_EQ(again.wait.required_high_watermark, first.wait.required_high_watermark);
  EXPECT_FALSE(leader().check(again.wait).done);
}

// The producer's answer was lost with the leader; its retry goes to the next one.
TEST_F(LeaderTest, ARetryAfterAFailoverIsKnown) {
  cluster.produce_batch(1, batch_of("a", 9, 0));
  cluster.replicate();
  cluster.kill(1);
  cluster.elect(2, {2, 3});
  cluster.tell_all();
  EXPECT_TRUE(cluster.produce_batch(2, batch_of("a", 9, 0)).duplicate);
  EXPECT_EQ(cluster.holds(2), Values{"a"});
}

TEST_F(LeaderTest, BelowTheMinimumIsrAcksAllIsRefusedBeforeItIsAppended) {
  cluster.elect(1, {1});
  cluster.tell_all();
  EXPECT_EQ(cluster.produce(1, "a").error, ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(leader().log().end_offset(), 0);
  EXPECT_EQ(cluster.produce(1, "b", 1).error, ErrorCode::kNone);
}

TEST_F(LeaderTest, AWaitEndsWhenTheIsrFallsBelowItsMinimum) {
  AppendOutcome outcome = cluster.produce(1, "a");
  cluster.set_isr({BrokerId(1)});
  cluster.tell_all();
  EXPECT_EQ(leader().check(outcome.wait).error, ErrorCode::kNotEnoughReplicasAfterAppend);
}

TEST_F(LeaderTest, AWaitEndsWithTheLeadership) {
  AppendOutcome outcome = cluster.produce(1, "a");
  cluster.elect(1, {1, 2, 3});
  cluster.tell(1);
  EXPECT_EQ(leader().check(outcome.wait).error, ErrorCode::kNotLeaderOrFollower) << "another epoch of the same leader";
  leader().stop();
  EXPECT_EQ(leader().check(outcome.wait).error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(LeaderTest, WithoutALeaseOnlyAcksAllOfALargerIsrIsTaken) {
  cluster.broker(1).lease_deadline = cluster.now();
  EXPECT_EQ(cluster.produce(1, "a", 0).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(cluster.produce(1, "a", 1).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(cluster.produce(1, "a", -1).error, ErrorCode::kNone);
}

TEST(AloneTest, WithoutALeaseALoneLeaderTakesNothing) {
  TestCluster cluster(1);
  cluster.elect(1, {1});
  cluster.tell_all();
  EXPECT_EQ(cluster.produce(1, "a").error, ErrorCode::kNone);
  cluster.broker(1).lease_deadline = cluster.now();
  EXPECT_EQ(cluster.produce(1, "b").error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(LeaderTest, TheLeaseIsAskedAgainWhenTheResponseLeaves) {
  EXPECT_EQ(cluster.produce(1, "a", 1).error, ErrorCode::kNone);
  Instant deadline = cluster.now() + std::chrono::seconds(1);
  EXPECT_TRUE(leader().may_acknowledge(1, deadline, cluster.now()));
  EXPECT_FALSE(leader().may_acknowledge(1, deadline, deadline));
  EXPECT_TRUE(leader().may_acknowledge(-1, deadline, deadline));
  leader().stop();
  EXPECT_FALSE(leader().may_acknowledge(-1, Instant::never(), cluster.now()));
}

TEST_F(LeaderTest, FetchesAreFencedByLeaderEpoch) {
  LeaderEpoch own = cluster.state().leader_epoch;
  auto as_consumer = [&](LeaderEpoch epoch) {
    return leader().fetch_for_consumer({.offset = 0, .max_bytes = 1000, .current_leader_epoch = epoch}).error;
  };
  EXPECT_EQ(as_consumer(LeaderEpoch()), ErrorCode::kNone);
  EXPECT_EQ(as_consumer(own), ErrorCode::kNone);
  EXPECT_EQ(as_consumer(LeaderEpoch(own.value() - 1)), ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(as_consumer(own.next()), ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(cluster.replica(2).fetch_for_consumer({.offset = 0, .max_bytes = 1000}).error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(LeaderTest, QuestionsForOffsetsAreFencedByLeaderEpoch) {
  cluster.produce(1, "a");
  cluster.replicate();
  // A second leadership, so that there is an epoch of ours that is over.
  cluster.elect(1, {1, 2, 3});
  cluster.tell_all();
  cluster.replicate();
  LeaderEpoch own = cluster.state().leader_epoch;
  LeaderEpoch before(own.value() - 1);
  for (int64_t timestamp : {kLatestTimestamp, kEarliestTimestamp, kMaxTimestamp, int64_t{0}}) {
    OffsetOutcome fenced = leader().offset_for_timestamp(timestamp, before);
    EXPECT_EQ(fenced.error, ErrorCode::kFencedLeaderEpoch) << timestamp;
    EXPECT_EQ(fenced.offset, -1) << timestamp;
    EXPECT_EQ(leader().offset_for_timestamp(timestamp, own.next()).error, ErrorCode::kUnknownLeaderEpoch) << timestamp;
    EXPECT_EQ(leader().offset_for_timestamp(timestamp, own).error, ErrorCode::kNone) << timestamp;
    EXPECT_EQ(leader().offset_for_timestamp(timestamp, LeaderEpoch()).error, ErrorCode::kNone) << timestamp;
  }
  EpochEndOutcome fenced = leader().end_offset_for_epoch(before, before);
  EXPECT_EQ(fenced.error, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(fenced.end, EpochEnd());
  EXPECT_EQ(leader().end_offset_for_epoch(before, own.next()).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(leader().end_offset_for_epoch(before, own).end, (EpochEnd{before, 1}));
  EXPECT_EQ(leader().end_offset_for_epoch(before, LeaderEpoch()).end, (EpochEnd{before, 1}));
  // A follower knows its epoch too, and is nobody to ask: who is ahead of it hears that first.
  EXPECT_EQ(cluster.replica(2).offset_for_timestamp(kLatestTimestamp, own).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(cluster.replica(2).offset_for_timestamp(kLatestTimestamp, own.next()).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(cluster.replica(2).end_offset_for_epoch(before, own).error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(LeaderTest, AFetchOfAFormerIncarnationIsDropped) {
  FetchParams params{.offset = 0, .max_bytes = 1000, .current_leader_epoch = cluster.state().leader_epoch};
  BrokerEpoch stale(cluster.broker(2).epoch.value() - 50);
  EXPECT_EQ(leader().fetch_for_follower(BrokerId(2), stale, params, cluster.now()).error, ErrorCode::kStaleBrokerEpoch);
  EXPECT_EQ(leader().leader_state()->followers().at(BrokerId(2)).end_offset, -1);
}

TEST_F(LeaderTest, ConsumersGetNothingButNoErrorBetweenHighWatermarkAndEnd) {
  cluster.produce(1, "a");
  cluster.produce(1, "b");
  FetchOutcome outcome = leader().fetch_for_consumer({.offset = 1, .max_bytes = 1000});
  EXPECT_EQ(outcome.error, ErrorCode::kNone);
  EXPECT_EQ(outcome.slice.bytes, 0u);
  EXPECT_EQ(leader().fetch_for_consumer({.offset = 3, .max_bytes = 1000}).error, ErrorCode::kOffsetOutOfRange);
}

TEST_F(LeaderTest, ANewLeaderAnswersListOffsetsOnlyWhenItKnowsWhatIsCommitted) {
  cluster.produce(1, "a");
  cluster.fetch(2);
  cluster.fetch(3);
  cluster.kill(1);
  cluster.elect(2, {2, 3});
  cluster.tell_all();
  EXPECT_EQ(cluster.replica(2).offset_for_timestamp(kLatestTimestamp, LeaderEpoch()).error, ErrorCode::kOffsetNotAvailable);
  EXPECT_EQ(cluster.replica(2).offset_for_timestamp(kEarliestTimestamp, LeaderEpoch()).offset, 0);
  cluster.fetch(3);
  OffsetOutcome latest = cluster.replica(2).offset_for_timestamp(kLatestTimestamp, LeaderEpoch());
  EXPECT_EQ(latest.error, ErrorCode::kNone);
  EXPECT_EQ(latest.offset, 1);
}

TEST_F(LeaderTest, OffsetsAreFoundByTimeBelowTheHighWatermarkOnly) {
  cluster.produce(1, "a");
  EXPECT_EQ(leader().offset_for_timestamp(0, LeaderEpoch()).offset, -1);
  cluster.replicate();
  EXPECT_EQ(leader().offset_for_timestamp(0, LeaderEpoch()).offset, 0);
  EXPECT_EQ(leader().offset_for_timestamp(kMaxTimestamp, LeaderEpoch()).offset, 0);
}

// -- Roles

TEST_F(LeaderTest, TheOwnWordIsFinalForItsEpoch) {
  cluster.produce(1, "a", 1);
  Leadership held = cluster.image();
  StoppedWord word = leader().stop();
  EXPECT_TRUE(word.was_leader);
  EXPECT_EQ(word.leader_epoch, cluster.state().leader_epoch);
  EXPECT_EQ(word.end_offset, 1);
  EXPECT_EQ(leader().become_leader(held, cluster.now()).error().code, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(leader().stop().end_offset, 1) << "repeated to each new controller";
  EXPECT_TRUE(leader().stop().was_leader);
  cluster.elect(1, {1, 2, 3});
  EXPECT_TRUE(cluster.tell(1).has_value()) << "the next epoch is another matter";
}

// R4.2: a planned move. The word names who holds all of it, and is said again when another follower has caught up.
TEST_F(LeaderTest, AYieldingLeaderTakesNothingButServesItsFollowers) {
  AppendOutcome waiting = cluster.produce(1, "a");
  StoppedWord word = leader().yield();
  EXPECT_TRUE(word.was_leader);
  EXPECT_EQ(word.end_offset, 1);
  EXPECT_TRUE(word.caught_up.empty());
  ASSERT_TRUE(leader().take_word().has_value());
  EXPECT_FALSE(leader().take_word().has_value());
  for (int16_t acks : {0, 1, -1}) EXPECT_EQ(cluster.produce(1, "b", acks).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_FALSE(leader().may_acknowledge(1, Instant::never(), cluster.now()));
  cluster.fetch(2);
  cluster.fetch(2);
  auto more = leader().take_word();
  ASSERT_TRUE(more.has_value());
  ASSERT_EQ(more->caught_up.size(), 1u);
  EXPECT_EQ(more->caught_up[0].id, BrokerId(2));
  cluster.replicate();
  EXPECT_EQ(leader().take_word()->caught_up.size(), 2u);
  EXPECT_EQ(leader().check(waiting.wait).error, ErrorCode::kNone) << "committed by its followers, after the word";
  EXPECT_TRUE(leader().may_acknowledge(-1, Instant{0}, cluster.now()));
}

TEST_F(LeaderTest, AYieldingLeaderDoesNotResumeAtItsEpoch) {
  leader().yield();
  EXPECT_TRUE(cluster.tell(1).has_value());
  EXPECT_EQ(leader().role(), ReplicaRole::kYielding) << "the image says what it said before";
  EXPECT_EQ(cluster.produce(1, "a").error, ErrorCode::kNotLeaderOrFollower);
  leader().stop();
  EXPECT_EQ(cluster.tell(1).error().code, ErrorCode::kFencedLeaderEpoch);
  cluster.elect(1, {1, 2, 3});
  EXPECT_TRUE(cluster.tell(1).has_value());
  EXPECT_EQ(cluster.produce(1, "a").error, ErrorCode::kNone) << "the next epoch is another matter";
}

TEST_F(LeaderTest, ALowerLeaderEpochIsRefused) {
  Leadership old = cluster.image();
  cluster.elect(2, {1, 2, 3});
  cluster.tell(1);
  EXPECT_EQ(leader().become_leader(old, cluster.now()).error().code, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(leader().role(), ReplicaRole::kFollower);
}

TEST_F(LeaderTest, ADirtyReplicaLeadsOnlyIfItWasElectedAsSuch) {
  cluster.kill(2);
  cluster.start(2, true);
  cluster.elect(2, {2});
  EXPECT_EQ(cluster.tell(2).error().code, ErrorCode::kIneligibleReplica);
  EXPECT_NE(cluster.replica(2).role(), ReplicaRole::kLeader);
  const StoppedWord refusal = cluster.replica(2).refusal();
  EXPECT_TRUE(refusal.dirty);
  EXPECT_FALSE(refusal.was_leader);
  EXPECT_EQ(refusal.leader_epoch, cluster.state().leader_epoch);
  EXPECT_EQ(refusal.end_offset, cluster.replica(2).log().end_offset());
  EXPECT_EQ(refusal.last_epoch, cluster.replica(2).last_record_epoch());
  cluster.state().unclean = true;
  cluster.state().partition_epoch = cluster.state().partition_epoch.next();
  EXPECT_TRUE(cluster.tell(2).has_value());
  EXPECT_TRUE(cluster.replica(2).take_cleared_dirty());
  EXPECT_FALSE(cluster.replica(2).take_cleared_dirty());
}

TEST_F(LeaderTest, AConfirmedEntryIntoTheIsrEndsDirtiness) {
  cluster.kill(3);
  cluster.set_isr({BrokerId(1), BrokerId(2)});
  cluster.start(3, true);
  cluster.tell_all();
  EXPECT_TRUE(cluster.replica(3).dirty());
  cluster.fetch(3);
  EXPECT_TRUE(cluster.replica(3).dirty()) << "asked for, not confirmed";
  cluster.settle_isr(1);
  EXPECT_FALSE(cluster.replica(3).dirty());
  EXPECT_TRUE(cluster.replica(3).take_cleared_dirty());
}

// The last member of an ISR is never taken out: that it is named there after its machine went down proves nothing.
TEST_F(LeaderTest, AnOldMembershipDoesNotEndDirtiness) {
  cluster.kill(3);
  cluster.start(3, true);
  cluster.elect(1, {1, 3});
  cluster.tell_all();
  EXPECT_TRUE(cluster.replica(3).dirty());
}

TEST_F(LeaderTest, ALogThatEndsBelowItsCheckpointedHighWatermarkIsDirty) {
  cluster.produce(1, "a");
  cluster.replicate();
  cluster.kill(2);
  cluster.broker(2).checkpoint = 2;
  cluster.start(2);
  EXPECT_TRUE(cluster.replica(2).dirty());
}

TEST_F(LeaderTest, AFailedDiskEndsTheLeadershipWithAWord) {
  cluster.produce(1, "a");
  cluster.replicate();
  cluster.produce(1, "b");
  cluster.broker(1).disk.set_capacity(0);
  EXPECT_EQ(cluster.produce(1, "c").error, ErrorCode::kKafkaStorageError);
  EXPECT_TRUE(leader().failed());
  EXPECT_EQ(leader().role(), ReplicaRole::kStopped);
  EXPECT_EQ(leader().stop().end_offset, 1) << "the successor can not catch up to more than is committed";
}

TEST_F(LeaderTest, AMemberThatLagsIsRemovedAndComesBack) {
  cluster.produce(1, "a");
  for (int i = 0; i < 3; ++i) cluster.fetch(2);
  cluster.advance(std::chrono::seconds(31));
  cluster.fetch(2);
  leader().tick(cluster.now());
  cluster.settle_isr(1);
  EXPECT_EQ(cluster.state().isr.size(), 2u);
  EXPECT_EQ(cluster.consume(1), Values{"a"});
  cluster.fetch(3);
  cluster.fetch(3);
  cluster.settle_isr(1);
  EXPECT_EQ(cluster.state().isr.size(), 3u);
}

TEST_F(LeaderTest, DeleteRecordsGoesUpToTheHighWatermarkAndFollowersFollow) {
  cluster.produce(1, "a");
  cluster.produce(1, "b");
  cluster.replicate();
  cluster.produce(1, "c");
  EXPECT_EQ(leader().delete_records(3).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_TRUE(leader().delete_records(-1).has_value());
  EXPECT_EQ(leader().log().start_offset(), 2);
  cluster.replicate();
  EXPECT_EQ(cluster.replica(2).log().start_offset(), 2);
}

}  // namespace
}  // namespace baton
