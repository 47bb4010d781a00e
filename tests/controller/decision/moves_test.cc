// Planned moves: leaderships that change hands although nobody died (R4.2).
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

using Kind = MoveRequested::Kind;

class Moves : public testing::Test {
 protected:
  Moves() { world_.create("t", 1, {brokers({1, 2, 3})}); }

  RequestId ask(Kind kind, int to = -1, const std::string& topic = "t", bool all = false) {
    MoveRequested request{++world_.request_, kind, {}, all, BrokerId(to)};
    if (!all) request.partitions.push_back({topic, 0});
    world_.forget();
    world_.feed(request);
    return request.request;
  }
  // The leader's answer to the question, with the brokers that hold all that it held.
  void give_word(int leader, std::initializer_list<int> caught_up, int64_t end = 7) {
    OwnWord word{BrokerId(leader), epoch(leader), {{world_.partition("t").key, world_.partition("t").leader_epoch, end, {}}}};
    for (int id : caught_up) word.partitions[0].caught_up.push_back({BrokerId(id), epoch(id)});
    world_.feed(word);
  }
  BrokerEpoch epoch(int id) { return world_.controller_.members().registration(BrokerId(id))->epoch; }
  std::optional<MoveOutcome> outcome() {
    for (const Reply& reply : world_.said<Reply>()) {
      const auto* outcomes = std::get_if<std::vector<MoveOutcome>>(&reply.answer);
      if (outcomes != nullptr && outcomes->size() == 1) return outcomes->front();
    }
    return std::nullopt;
  }
  ErrorCode error() {
    auto known = outcome();
    return known ? known->error.code : ErrorCode::kUnknownServerError;
  }
  PartitionRecord record() { return world_.partition("t"); }

  World world_;
};

TEST_F(Moves, TheLeaderIsAskedAndOnlyItsWordLetsTheNamedOneLead) {
  ask(Kind::kNamed, 3);
  ASSERT_EQ(world_.said<AskToYield>().size(), 1u);
  EXPECT_EQ(world_.said<AskToYield>()[0].broker, BrokerId(1));
  EXPECT_EQ(record().leader, BrokerId(1)) << "asked is not answered";
  EXPECT_FALSE(outcome());
  give_word(1, {2, 3});
  EXPECT_EQ(record().leader, BrokerId(3)) << "2 comes first in the assignment, but 3 was named";
  EXPECT_EQ(record().leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(record().isr, brokers({1, 2, 3}));
  ASSERT_TRUE(outcome());
  EXPECT_EQ(error(), ErrorCode::kNone);
  EXPECT_EQ(outcome()->leader, BrokerId(3));
}

TEST_F(Moves, WaitUntilTheNamedOneHasCaughtUpAlthoughAnotherHas) {
  ask(Kind::kNamed, 3);
  give_word(1, {2});
  EXPECT_EQ(record().leader, BrokerId(1));
  give_word(1, {2, 3});
  EXPECT_EQ(record().leader, BrokerId(3));
}

TEST_F(Moves, TheFormerLeaderGoesOnWhereTheNamedOneDiesBeforeItFollows) {
  ask(Kind::kNamed, 3);
  give_word(1, {2});
  world_.feed(DeathProven{life(3)});
  EXPECT_EQ(record().leader, BrokerId(1)) << "the wish was for 3, not for anybody";
  EXPECT_EQ(record().leader_epoch, LeaderEpoch(1)) << "its word was final for epoch 0";
  EXPECT_EQ(error(), ErrorCode::kEligibleLeadersNotAvailable);
}

TEST_F(Moves, TheFormerLeaderGoesOnWhereTheNamedOneDoesNotCatchUpInTime) {
  ask(Kind::kNamed, 3);
  give_word(1, {2});
  world_.pass(ms(2000));
  EXPECT_EQ(record().leader, BrokerId(1));
  EXPECT_EQ(record().leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(error(), ErrorCode::kEligibleLeadersNotAvailable);
}

TEST_F(Moves, ALeaderThatDiesInTheMiddleIsSucceededAsAnyOther) {
  ask(Kind::kNamed, 3);
  world_.feed(DeathProven{life(1)});
  EXPECT_EQ(record().leader, BrokerId(2)) << "a death is no planned move";
  EXPECT_EQ(error(), ErrorCode::kEligibleLeadersNotAvailable);
}

TEST_F(Moves, ALeaderThatDoesNotAnswerLeadsOn) {
  ask(Kind::kNamed, 3);
  world_.pass(ms(5000));
  EXPECT_EQ(record().leader, BrokerId(1));
  EXPECT_EQ(record().leader_epoch, LeaderEpoch(0));
  EXPECT_EQ(error(), ErrorCode::kRequestTimedOut);
  give_word(1, {2, 3});  // after all: it will not lead this epoch again, whoever asked
  EXPECT_EQ(record().leader, BrokerId(2));
}

TEST_F(Moves, ASecondWishForTheSamePartitionWaitsForTheFirst) {
  const RequestId first = ask(Kind::kNamed, 3);
  const RequestId second = ask(Kind::kNamed, 2);
  EXPECT_TRUE(world_.said<AskToYield>().empty()) << "asked once";
  world_.forget();
  give_word(1, {2, 3});
  std::vector<RequestId> answered;
  for (const Reply& reply : world_.said<Reply>()) answered.push_back(reply.request);
  EXPECT_EQ(answered, (std::vector<RequestId>{first, second}));
  EXPECT_EQ(record().leader, BrokerId(3));
}

TEST_F(Moves, ThePreferredOneLeadsAgainWhenItIsBackInTheIsr) {
  world_.feed(DeathProven{life(1)});
  ask(Kind::kPreferred);
  EXPECT_EQ(error(), ErrorCode::kPreferredLeaderNotAvailable) << "dead";
  world_.feed(world_.seen(1, 11, 1));
  world_.stream(1, {world_.clean("t")});
  ask(Kind::kPreferred);
  EXPECT_EQ(error(), ErrorCode::kPreferredLeaderNotAvailable) << "not in the ISR";
  world_.feed(world_.isr_request("t", 2, {2, 3, 1}));
  ask(Kind::kPreferred);
  give_word(2, {1});
  EXPECT_EQ(record().leader, BrokerId(1));
  EXPECT_EQ(error(), ErrorCode::kNone);
  ask(Kind::kPreferred);
  EXPECT_EQ(error(), ErrorCode::kElectionNotNeeded);
}

TEST_F(Moves, OfAllPartitionsOnlyThoseThatNeededAnElectionAreInTheAnswer) {
  ask(Kind::kPreferred, -1, "", true);
  ASSERT_EQ(world_.said<Reply>().size(), 1u);
  EXPECT_TRUE(std::get<std::vector<MoveOutcome>>(world_.said<Reply>()[0].answer).empty());
}

TEST_F(Moves, AreRefusedWithTheReason) {
  ask(Kind::kNamed, 4);
  EXPECT_EQ(error(), ErrorCode::kInvalidReplicaAssignment);
  ask(Kind::kNamed, 1);
  EXPECT_EQ(error(), ErrorCode::kElectionNotNeeded);
  ask(Kind::kNamed, 2, "unknown");
  EXPECT_EQ(error(), ErrorCode::kUnknownTopicOrPartition);
  world_.feed(DeathProven{life(2)});
  ask(Kind::kNamed, 2);
  EXPECT_EQ(error(), ErrorCode::kEligibleLeadersNotAvailable);
}

TEST_F(Moves, ALeaderStepsDownForWhoeverFollowsFirst) {
  ask(Kind::kStepDown);
  give_word(1, {3});
  EXPECT_EQ(record().leader, BrokerId(3));
  EXPECT_EQ(error(), ErrorCode::kNone);
  world_.feed(DeathProven{life(1)});
  world_.feed(DeathProven{life(2)});
  ask(Kind::kStepDown);
  EXPECT_EQ(error(), ErrorCode::kEligibleLeadersNotAvailable) << "nobody else is left";
}

TEST_F(Moves, DeletingTheTopicEndsItsMoves) {
  const RequestId request = ask(Kind::kNamed, 3);
  world_.feed(DeleteRequested{++world_.request_, {{"t", {}}}});
  ASSERT_FALSE(world_.said<Reply>().empty());
  for (const Reply& reply : world_.said<Reply>()) {
    if (reply.request != request) continue;
    EXPECT_EQ(std::get<std::vector<MoveOutcome>>(reply.answer)[0].error.code, ErrorCode::kUnknownTopicOrPartition);
  }
}

// ---- unclean, by an operator ------------------------------------------------------------------------------------------

// 1 was alone in the ISR, with a minimum of one, and is gone; 2 and 3 are back with older logs.
TEST(Unclean, NobodyOutsideLeadsUntilAnOperatorSaysSoThenTheLongestLog) {
  World world(3, 1);
  world.create("t", 1, {brokers({1, 2, 3})});
  for (int id : {2, 3}) {
    world.feed(DeathProven{life(id)});
    world.feed(world.seen(id, 10 + id, id));
    world.stream(id, {world.dirty("t", 0, id == 2 ? 5 : 9)});
  }
  world.feed(DeathProven{life(1)});
  ASSERT_EQ(world.partition("t").leader, BrokerId());
  world.forget();
  world.feed(MoveRequested{99, Kind::kUnclean, {{"t", 0}}, false, BrokerId()});
  const PartitionRecord& record = world.partition("t");
  EXPECT_EQ(record.leader, BrokerId(3)) << "2 ends at 5, 3 at 9";
  EXPECT_TRUE(record.unclean);
  EXPECT_EQ(record.isr, brokers({3}));
  ASSERT_EQ(world.said<Reply>().size(), 1u);
  EXPECT_EQ(std::get<std::vector<MoveOutcome>>(world.said<Reply>()[0].answer)[0].error.code, ErrorCode::kNone);
}

TEST_F(Moves, AnUncleanElectionIsNotNeededWhereSomebodyLeads) {
  ask(Kind::kUnclean);
  EXPECT_EQ(error(), ErrorCode::kElectionNotNeeded);
}

}  // namespace
}  // namespace baton::decision
