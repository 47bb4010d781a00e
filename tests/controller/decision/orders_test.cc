// Orders of operators that stand until they are taken back, and the balance of leaderships that goes on without any.
#include "tests/controller/decision/orderly.h"

namespace baton::decision {
namespace {

using Kind = MoveRequested::Kind;

TEST_F(Orderly, ADrainedBrokerLeadsNothingThatAnotherCanLead) {
  order(1, BrokerOrder::kDrain);
  EXPECT_EQ(leader(), 2);
  EXPECT_EQ(world_.partition("t").isr, brokers({1, 2, 3})) << "it follows on";
  feed(DeathProven{life(2)});
  EXPECT_EQ(leader(), 3);
  feed(DeathProven{life(3)});
  EXPECT_EQ(leader(), 1) << "better it than nobody";
}

TEST_F(Orderly, ADrainedBrokerGetsNoNewReplicasAndNoLeaderships) {
  order(1, BrokerOrder::kDrain);
  world_.feed(CreateRequested{++world_.request_, {NewTopic{"u", 4, 2, {}, {}}}, false});
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(contains(world_.partition("u", i).replicas, BrokerId(1)));
  move(Kind::kPreferred, -1, {});
  EXPECT_EQ(leader(), 2) << "1 is preferred, but drained";
}

TEST_F(Orderly, OrdersOutliveTheController) {
  order(1, BrokerOrder::kDrain);
  move(Kind::kNamed, 3, {});
  Loaded loaded;
  loaded.topics.push_back(world_.controller_.topics().at("t"));
  loaded.pages.push_back({0, {{world_.partition("t").key.topic, "t", {world_.partition("t")}}}});
  loaded.brokers = {world_.seen(1, 1, 0), world_.seen(2, 2, 0), world_.seen(3, 3, 0)};
  loaded.orders = world_.controller_.orders();
  World next(0, config(true));
  next.feed(loaded);
  for (int id : {1, 2, 3}) next.stream(id);
  next.pass(ms(300));
  EXPECT_TRUE(next.said<AskToYield>().empty()) << "3 is to lead, and does";
  EXPECT_TRUE(next.controller_.orders().avoids(BrokerId(1)));
}

TEST_F(Orderly, UndrainedItMayLeadAgain) {
  order(1, BrokerOrder::kDrain);
  order(1, BrokerOrder::kNone);
  EXPECT_TRUE(world_.controller_.orders().brokers.empty());
  move(Kind::kPreferred, -1, {});
  EXPECT_EQ(leader(), 1);
}

TEST_F(Orderly, AnOrderAboutABrokerThatIsNotThereIsRefused) {
  world_.forget();
  order(9, BrokerOrder::kDrain);
  ASSERT_EQ(world_.said<Reply>().size(), 1u);
  EXPECT_EQ(std::get<ErrorCode>(world_.said<Reply>()[0].answer), ErrorCode::kBrokerIdNotRegistered);
}

TEST_F(Orderly, OnesTurnToLeadEndsByItself) {
  move(Kind::kNamed, 3, ms(10'000));
  EXPECT_EQ(leader(), 3);
  pass(ms(10'000));
  EXPECT_TRUE(world_.controller_.orders().holds.empty());
}

TEST_F(Orderly, WhoStepsDownIsBarredForAWhile) {
  move(Kind::kStepDown, -1, ms(60'000));
  EXPECT_EQ(leader(), 2);
  feed(DeathProven{life(2)});
  EXPECT_EQ(leader(), 3) << "1 comes first in the assignment, but is barred";
  pass(ms(60'000));
  move(Kind::kPreferred, -1, {});
  EXPECT_EQ(leader(), 1);
}

// ---- the balance ------------------------------------------------------------------------------------------------------

class Balanced : public Orderly {
 protected:
  Balanced() : Orderly(true) {}
};

TEST_F(Balanced, WhoWasAwayLeadsAgainSoonAfterItHasCaughtUp) {
  bounce(1, 11);
  EXPECT_EQ(leader(), 2);
  pass(ms(299));
  EXPECT_EQ(leader(), 2);
  pass(ms(1));
  EXPECT_EQ(leader(), 1);
}

TEST_F(Balanced, NotBeforeAllItsReplicasAreInTheirIsrs) {
  world_.create("u", 1, {brokers({2, 1, 3})});
  bounce(1, 11);
  pass(ms(300));
  EXPECT_EQ(leader(), 2) << "its replica of u still fetches";
  feed(world_.isr_request("u", 2, {1, 2, 3}));
  pass(ms(300));
  EXPECT_EQ(leader(), 1);
}

TEST_F(Balanced, ABrokerThatFlapsWaitsLongerEachTime) {
  for (int life_number : {11, 21, 31}) bounce(1, life_number);
  pass(ms(300 * 4 - 1));
  EXPECT_EQ(leader(), 2);
  pass(ms(1));
  EXPECT_EQ(leader(), 1);
}

// The check that comes every five minutes has as much patience with it.
TEST_F(Balanced, ABrokerThatFlapsGetsNothingByThePeriodicCheckEither) {
  pass(ms(299'500));
  for (int life_number : {11, 21, 31}) bounce(1, life_number);
  pass(ms(300 * 4 - 1));
  EXPECT_EQ(leader(), 2);
  pass(ms(1));
  EXPECT_EQ(leader(), 1);
}

TEST_F(Balanced, AnOperatorsMoveStandsAgainstTheBalance) {
  move(Kind::kNamed, 3, {});
  pass(ms(400'000));
  EXPECT_EQ(leader(), 3);
  bounce(3, 13);
  pass(ms(300));
  EXPECT_EQ(leader(), 3) << "it leads again when it is back: the order stands";
  move(Kind::kPreferred, -1, {});
  EXPECT_EQ(leader(), 1);
  EXPECT_TRUE(world_.controller_.orders().holds.empty());
}

TEST_F(Balanced, ItsTurnOverThePreferredOneLeadsAgain) {
  move(Kind::kNamed, 3, ms(10'000));
  pass(ms(9'999));
  EXPECT_EQ(leader(), 3);
  pass(ms(1));
  EXPECT_EQ(leader(), 1);
}

TEST_F(Balanced, ADrainIsFollowedByTheReturn) {
  order(1, BrokerOrder::kDrain);
  pass(ms(400'000));
  EXPECT_EQ(leader(), 2);
  order(1, BrokerOrder::kNone);
  EXPECT_EQ(leader(), 1);
}

TEST_F(Balanced, AMoveThatCameToNothingIsNotTriedAgainAtOnce) {
  bounce(1, 11);
  world_.forget();
  world_.pass(ms(300));
  ASSERT_EQ(world_.said<AskToYield>().size(), 1u);
  world_.forget();
  world_.pass(ms(5000));  // no answer: given up
  EXPECT_TRUE(world_.said<AskToYield>().empty());
  world_.pass(ms(1000));
  EXPECT_EQ(world_.said<AskToYield>().size(), 1u);
}

TEST_F(Balanced, NothingIsWokenForWhereNothingIsToBeDone) {
  pass(ms(1000));
  world_.forget();
  world_.pass(ms(1));
  ASSERT_EQ(world_.said<WakeAt>().size(), 1u);
  EXPECT_GT(world_.said<WakeAt>()[0].at - world_.now_, ms(100'000)) << "only the check that comes every so often";
}

}  // namespace
}  // namespace baton::decision
