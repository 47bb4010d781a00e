// How logs that parted become one again: KIP-101, KIP-279, KIP-320 and what the field added.
#include <gtest/gtest.h>

#include "tests/partitions/replica/test_cluster.h"

namespace baton {
namespace {

using testing::TestCluster;
using Kind = FollowOutcome::Kind;
using Values = std::vector<std::string>;

class FollowerTest : public ::testing::Test {
 protected:
  TestCluster cluster{1};

  void lead(int32_t leader, std::initializer_list<int32_t> isr) {
    cluster.elect(leader, isr);
    cluster.tell_all();
  }
};

// KIP-101, scenario 1: the follower holds m2 but has not heard that it is committed; it bounces, and the leader dies at once.
TEST_F(FollowerTest, Kip101AFollowerThatBouncesKeepsWhatIsAboveItsHighWatermark) {
  lead(1, {1, 2});
  cluster.produce(1, "m1");
  cluster.produce(1, "m2");
  cluster.fetch(2);
  auto told = cluster.ask(2);  // the leader's high watermark is 2 now, the answer is lost
  EXPECT_EQ(cluster.replica(1).high_watermark(), 2);
  EXPECT_EQ(cluster.replica(2).high_watermark(), 0);
  cluster.kill(2);
  cluster.start(2);
  cluster.tell_all();
  cluster.kill(1);
  lead(2, {2});
  EXPECT_EQ(cluster.consume(2), (Values{"m1", "m2"}));
}

// KIP-101, scenario 2: both went down with different records at offset 1.
TEST_F(FollowerTest, Kip101DifferentRecordsAtOneOffsetAreFoundByEpoch) {
  lead(1, {1, 2});
  cluster.produce(1, "m1");
  cluster.replicate();
  cluster.produce(1, "m2", 1);
  cluster.kill(1);
  lead(2, {2});
  cluster.produce(2, "m3", 1);
  cluster.start(1);
  cluster.tell_all();
  EXPECT_EQ(cluster.fetch(1).kind, Kind::kTruncated);
  cluster.replicate();
  EXPECT_EQ(cluster.holds(1), (Values{"m1", "m3"}));
  EXPECT_EQ(cluster.holds(2), (Values{"m1", "m3"}));
}

// KIP-279: after fast changes the follower's last epochs are not the leader's, nor the leader's the follower's.
TEST_F(FollowerTest, Kip279TheFollowerStepsDownThroughEpochsUntilOneIsShared) {
  lead(1, {1, 2});
  cluster.produce(1, "shared");
  cluster.replicate();
  cluster.produce(1, "one-a", 1);  // 1 alone holds this, of epoch 1
  cluster.kill(1);
  lead(2, {2});
  cluster.produce(2, "two-b", 1);  // 2 alone, epoch 2
  cluster.kill(2);
  cluster.start(1);
  lead(1, {1});
  cluster.produce(1, "three-a", 1);  // 1 alone, epoch 3
  cluster.kill(1);
  cluster.start(2);
  lead(2, {2});
  cluster.produce(2, "four-b", 1);  // 2 alone, epoch 4
  cluster.start(1);
  cluster.tell_all();
  cluster.replicate();
  EXPECT_EQ(cluster.holds(2), (Values{"shared", "two-b", "four-b"}));
  EXPECT_EQ(cluster.holds(1), cluster.holds(2));
}

TEST_F(FollowerTest, AFollowerWhoseWholeLogIsForeignBeginsAtTheStart) {
  lead(1, {1});
  lead(2, {2});
  lead(3, {3});
  cluster.kill(1);
  cluster.produce(3, "x", 1);  // only 3, epoch 3
  cluster.produce(3, "y", 1);
  cluster.kill(3);
  cluster.start(1);
  lead(1, {1});
  cluster.produce(1, "a", 1);
  cluster.start(3);
  cluster.tell_all();
  cluster.replicate();
  EXPECT_EQ(cluster.holds(3), Values{"a"});
}

// Epoch 2 was begun by 1 without a record; then 2, which has more of epoch 1, leads. The empty epoch must not stand in its way.
TEST_F(FollowerTest, AnEpochThatWasBegunInVainIsForgotten) {
  lead(2, {1, 2});
  cluster.produce(2, "shared");
  cluster.replicate();
  cluster.produce(2, "more", 1);
  cluster.elect(1, {1, 2});
  cluster.tell(1);
  cluster.elect(2, {1, 2});
  cluster.tell_all();
  cluster.replicate();
  EXPECT_EQ(cluster.holds(1), (Values{"shared", "more"}));
  EXPECT_EQ(cluster.replica(1).high_watermark(), 2);
}

TEST_F(FollowerTest, AnEpochThatWasBegunInVainIsForgottenAcrossARestart) {
  lead(2, {1, 2});
  cluster.produce(2, "shared");
  cluster.replicate();
  cluster.produce(2, "more", 1);
  cluster.elect(1, {1, 2});
  cluster.tell(1);
  cluster.kill(1);
  cluster.start(1);
  lead(2, {2});
  cluster.replicate();
  EXPECT_EQ(cluster.holds(1), (Values{"shared", "more"}));
}

// KIP-320: the former leader, cut off, goes on answering; a follower of the new epoch takes nothing from it, nor it from them.
TEST_F(FollowerTest, Kip320AFetchOfTheNewEpochIsNotAnsweredByTheFormerLeader) {
  lead(1, {1, 2, 3});
  cluster.produce(1, "a");
  cluster.replicate();
  cluster.elect(2, {2, 3});
  cluster.tell(2);
  cluster.tell(3);
  cluster.produce(1, "zombie");
  FetchPosition position = *cluster.replica(3).next_fetch();
  auto answer = cluster.ask_of(3, 1, position);
  EXPECT_EQ(answer.data.error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(cluster.replica(1).high_watermark(), 1);
  EXPECT_EQ(cluster.deliver(3, answer).kind, Kind::kBackOff);
}

TEST_F(FollowerTest, AnAnswerToAQuestionOfTheFormerEpochIsIgnored) {
  lead(1, {1, 2, 3});
  cluster.produce(1, "a");
  auto late = cluster.ask(3);
  lead(2, {2, 3});
  EXPECT_EQ(cluster.deliver(3, *late).kind, Kind::kIgnored);
  EXPECT_TRUE(cluster.holds(3).empty());
}

TEST_F(FollowerTest, AnAnswerThatCameTwiceIsIgnored) {
  lead(1, {1, 2});
  cluster.produce(1, "a");
  auto answer = cluster.ask(2);
  EXPECT_EQ(cluster.deliver(2, *answer).kind, Kind::kAppended);
  EXPECT_EQ(cluster.deliver(2, *answer).kind, Kind::kIgnored);
  EXPECT_EQ(cluster.holds(2), Values{"a"});
}

// Found by the random walk: the late answer meets a log of the same length again, and would take "new" from it.
TEST_F(FollowerTest, ALateAnswerThatSaysTruncateDoesNotCutWhatCameSince) {
  lead(1, {1, 2, 3});
  cluster.produce(1, "old");
  cluster.fetch(3);
  cluster.kill(1);
  lead(2, {2, 3});
  cluster.produce(2, "new");
  auto first = cluster.ask(3);
  auto late = cluster.ask(3);
  EXPECT_EQ(cluster.deliver(3, *first).kind, Kind::kTruncated);
  EXPECT_EQ(cluster.fetch(3).kind, Kind::kAppended);
  EXPECT_EQ(cluster.deliver(3, *late).kind, Kind::kIgnored);
  EXPECT_EQ(cluster.holds(3), Values{"new"});
}

TEST_F(FollowerTest, BelowTheLeadersStartTheFollowerBeginsAnewThere) {
  lead(1, {1});
  cluster.produce(1, "a");
  cluster.produce(1, "b");
  ASSERT_TRUE(cluster.replica(1).delete_records(2).has_value());
  cluster.produce(1, "c");
  EXPECT_EQ(cluster.fetch(3).kind, Kind::kRestarted);
  cluster.replicate();
  EXPECT_EQ(cluster.holds(3), Values{"c"});
  EXPECT_EQ(cluster.replica(3).log().start_offset(), 2);
  EXPECT_EQ(cluster.replica(3).high_watermark(), 3);
}

// All epochs that the follower knows are older than all that the leader still has, and yet their offsets overlap.
TEST_F(FollowerTest, RecordsOfAnEpochThatTheLeaderHasForgottenGoDownToItsStart) {
  lead(1, {1, 2});
  cluster.produce(1, "a");
  cluster.replicate();
  for (const char* value : {"x", "y", "z"}) cluster.produce(1, value, 1);
  cluster.kill(1);
  lead(2, {2});
  cluster.produce(2, "b", 1);
  cluster.produce(2, "c", 1);
  ASSERT_TRUE(cluster.replica(2).delete_records(2).has_value());
  cluster.start(1);
  cluster.tell_all();
  cluster.replicate();
  EXPECT_EQ(cluster.holds(2), Values{"c"});
  EXPECT_EQ(cluster.replica(1).log().end_offset(), 3);
  EXPECT_EQ(cluster.holds(1), Values{"c"});
}

TEST_F(FollowerTest, WithoutALeaderThereIsNothingToAsk) {
  cluster.elect(-1, {1});
  cluster.tell_all();
  EXPECT_FALSE(cluster.replica(2).next_fetch());
  EXPECT_EQ(cluster.replica(2).role(), ReplicaRole::kFollower);
}

TEST_F(FollowerTest, CorruptBytesAreNotAppended) {
  lead(1, {1, 2});
  cluster.produce(1, "a");
  auto answer = cluster.ask(2);
  answer->records[answer->records.size() - 2] ^= 1;
  FollowOutcome outcome = cluster.deliver(2, *answer);
  EXPECT_EQ(outcome.kind, Kind::kBackOff);
  EXPECT_EQ(outcome.error, ErrorCode::kCorruptMessage);
  EXPECT_TRUE(cluster.holds(2).empty());
}

// protocol.md, R8: the expansion is stored, its answer lost; the added member bounces and the answers to the retries leave
// the outcome open. Dropping the pending member here would commit a record that the next leader does not have.
TEST_F(FollowerTest, AnAddedMemberBouncesWhileTheExpansionsReplyIsLost) {
  lead(1, {1});
  cluster.produce(1, "a");
  cluster.fetch(2);
  cluster.fetch(2);
  std::optional<IsrRequest> request = cluster.replica(1).take_isr_request(cluster.now());
  ASSERT_TRUE(request);
  ASSERT_EQ(cluster.decide(1, *request).error, ErrorCode::kNone);  // the answer is lost
  cluster.kill(2);
  AppendOutcome b = cluster.produce(1, "b");
  for (ErrorCode error : {ErrorCode::kNotController, ErrorCode::kInvalidUpdateVersion, ErrorCode::kNetworkException}) {
    cluster.replica(1).on_isr_response({request->attempt, ControllerEpoch(1), error, {}}, cluster.now());
    EXPECT_FALSE(cluster.replica(1).check(b.wait).done) << name_of(error);
  }
}

}  // namespace
}  // namespace baton
