// Replicas that move (KIP-455): what the record says at each step, and that nothing depends on fewer replicas than before.
#include "controller/decision/policy_reassignment.h"

#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

class Reassign : public testing::Test {
 protected:
  explicit Reassign(std::initializer_list<int> replicas = {1, 2, 3}) {
    world_.create("t", 1, {brokers(replicas)});
    world_.pass(ms(400));
  }

  ErrorCode ask(std::initializer_list<int> target, bool cancel = false, const std::string& topic = "t") {
    const RequestId request = ++world_.request_;
    world_.feed(ReassignRequested{request, {{{topic, 0}, brokers(target), cancel}}});
    for (const Reply& reply : world_.said<Reply>()) {
      if (reply.request == request) return std::get<std::vector<MoveOutcome>>(reply.answer).at(0).error.code;
    }
    return ErrorCode::kRequestTimedOut;
  }
  void isr(std::initializer_list<int> members) { world_.feed(world_.isr_request("t", record().leader.value(), members)); }
  // Everybody who is asked for its word gives it, all caught up.
  void hand_over() {
    for (const AskToYield& question : world_.said<AskToYield>()) {
      const BrokerEpoch asked = world_.controller_.members().registration(question.broker)->epoch;
      OwnWord::Stopped word{question.partitions[0].key, question.partitions[0].leader_epoch, 7, {}};
      for (BrokerId id : record().isr) word.caught_up.push_back({id, world_.controller_.members().registration(id)->epoch});
      world_.feed(OwnWord{question.broker, asked, {word}});
    }
  }
  PartitionRecord record() { return world_.partition("t"); }

  World world_{6};
};

TEST_F(Reassign, AddedReplicasCatchUpBeforeTheRemovedOnesGo) {
  EXPECT_EQ(ask({1, 4, 5}), ErrorCode::kNone);
  EXPECT_EQ(record().replicas, brokers({1, 4, 5, 2, 3}));
  EXPECT_EQ(record().adding, brokers({4, 5}));
  EXPECT_EQ(record().removing, brokers({2, 3}));
  EXPECT_EQ(record().isr, brokers({1, 2, 3}));
  isr({1, 2, 3, 4});
  EXPECT_EQ(record().replicas, brokers({1, 4, 5, 2, 3})) << "5 is not in yet";
  isr({1, 2, 3, 4, 5});
  EXPECT_EQ(record().replicas, brokers({1, 4, 5}));
  EXPECT_EQ(record().isr, brokers({1, 4, 5}));
  EXPECT_FALSE(being_reassigned(record()));
  EXPECT_EQ(record().leader_epoch, LeaderEpoch(0)) << "the leader stayed";
}

TEST_F(Reassign, ALeaderThatIsRemovedHandsOverFirst) {
  ask({4, 5, 6});
  isr({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(record().leader, BrokerId(1));
  EXPECT_TRUE(being_reassigned(record())) << "it leads, so it can not go";
  hand_over();
  EXPECT_EQ(record().leader, BrokerId(4));
  EXPECT_EQ(record().replicas, brokers({4, 5, 6}));
  EXPECT_EQ(record().isr, brokers({4, 5, 6}));
}

TEST_F(Reassign, ADeathInTheMiddlePrefersWhoStays) {
  ask({1, 2, 4});
  world_.feed(DeathProven{life(1)});
  EXPECT_EQ(record().leader, BrokerId(2));
  world_.feed(DeathProven{life(2)});
  EXPECT_EQ(record().leader, BrokerId(3)) << "better one that is to be removed than nobody";
}

TEST_F(Reassign, CancelledItHasWhatItHad) {
  ask({4, 5, 6});
  isr({1, 2, 3, 4});
  EXPECT_EQ(ask({}, true), ErrorCode::kNone);
  EXPECT_EQ(record().replicas, brokers({1, 2, 3}));
  EXPECT_EQ(record().isr, brokers({1, 2, 3}));
  EXPECT_FALSE(being_reassigned(record()));
  EXPECT_EQ(ask({}, true), ErrorCode::kNoReassignmentInProgress);
}

// Its order is the target's, as in Kafka: what was preferred before is not remembered.
TEST_F(Reassign, CancelledUnderAnAddedLeaderItHandsBackFirst) {
  ask({4, 5, 2});
  isr({1, 2, 3, 4});
  world_.feed(MoveRequested{++world_.request_, MoveRequested::Kind::kNamed, {{"t", 0}}, false, BrokerId(4), ms(1000)});
  hand_over();
  ASSERT_EQ(record().leader, BrokerId(4));
  world_.pass(ms(1000));  // nobody orders it to lead any more
  world_.forget();
  EXPECT_EQ(ask({}, true), ErrorCode::kNone);
  EXPECT_TRUE(contains(record().removing, BrokerId(4))) << "it leads, so it can not go";
  hand_over();
  EXPECT_NE(record().leader, BrokerId(4));
  EXPECT_FALSE(contains(record().replicas, BrokerId(4)));
  EXPECT_EQ(record().replicas.size(), 3u);
}

TEST_F(Reassign, AnotherOrderIsReachedAtOnce) {
  EXPECT_EQ(ask({3, 1, 2}), ErrorCode::kNone);
  EXPECT_EQ(record().replicas, brokers({3, 1, 2}));
  EXPECT_FALSE(being_reassigned(record()));
}

TEST_F(Reassign, FewerReplicasStayAboveTheMinimum) {
  isr({1, 2});
  EXPECT_EQ(ask({1, 3}), ErrorCode::kNone);
  EXPECT_EQ(record().isr, brokers({1, 2})) << "1 alone would be below the minimum of two";
  EXPECT_TRUE(being_reassigned(record()));
  isr({1, 2, 3});
  EXPECT_EQ(record().replicas, brokers({1, 3}));
}

TEST_F(Reassign, WhatAFormerOneWasAddingAndNobodyWantsIsDropped) {
  ask({1, 2, 3, 4});
  isr({1, 2, 3, 4});
  ASSERT_FALSE(being_reassigned(record()));
  ask({1, 2, 3, 4, 5});
  ask({1, 2, 3, 4, 6});
  EXPECT_EQ(record().replicas, brokers({1, 2, 3, 4, 6}));
  EXPECT_EQ(record().adding, brokers({6}));
}

TEST_F(Reassign, Refusals) {
  EXPECT_EQ(ask({}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask({1, 1}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask({1, 9}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask({1, 2}, false, "unknown"), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(ask({}, true), ErrorCode::kNoReassignmentInProgress);
}

TEST_F(Reassign, GoesOnUnderAnotherController) {
  ask({4, 5, 6});
  Loaded loaded;
  loaded.topics.push_back(world_.controller_.topics().at("t"));
  loaded.pages.push_back({0, {{record().key.topic, "t", {record()}}}});
  for (int id = 1; id <= 6; ++id) loaded.brokers.push_back(world_.seen(id, id, 0));
  World next(0);
  next.feed(loaded);
  for (int id = 1; id <= 6; ++id) next.stream(id);
  next.feed(next.isr_request("t", 1, {1, 2, 3, 4, 5, 6}));
  next.pass(ms(400));
  EXPECT_EQ(next.said<AskToYield>().size(), 1u);
}

class SingleReplica : public Reassign {
 protected:
  SingleReplica() : Reassign({1}) {}
};

TEST_F(SingleReplica, IsNoShorterOfReplicasWhileOthersAreAdded) {
  ask({1, 2, 3});
  EXPECT_EQ(record().eligible, brokers({}));
  world_.feed(DeathProven{life(1)});
  world_.feed(world_.seen(1, 11, 1));
  world_.stream(1, {world_.clean("t")});
  EXPECT_EQ(record().leader, BrokerId(1));
}

// ---- decommission -----------------------------------------------------------------------------------------------------

TEST_F(Reassign, ADecommissionedBrokersReplicasMoveToOthers) {
  world_.feed(BrokerOrdered{++world_.request_, BrokerId(1), BrokerOrder::kDecommission});
  EXPECT_EQ(record().removing, brokers({1}));
  ASSERT_EQ(record().adding.size(), 1u);
  const int heir = record().adding[0].value();
  EXPECT_GE(heir, 4);
  hand_over();  // the drain's
  isr({1, 2, 3, heir});
  hand_over();
  EXPECT_FALSE(contains(record().replicas, BrokerId(1)));
  EXPECT_EQ(record().replicas.size(), 3u);
  EXPECT_EQ(record().replicas.front(), BrokerId(heir)) << "the heir of the preferred leader is preferred";
}

TEST(Decommission, WithoutAnybodyToTakeOverReplicasStay) {
  World world;
  world.create("t", 1, {brokers({1, 2, 3})});
  world.feed(BrokerOrdered{++world.request_, BrokerId(1), BrokerOrder::kDecommission});
  world.pass(ms(400));
  EXPECT_EQ(world.partition("t").replicas, brokers({1, 2, 3}));
  EXPECT_TRUE(world.controller_.orders().avoids(BrokerId(1)));
}

}  // namespace
}  // namespace baton::decision
