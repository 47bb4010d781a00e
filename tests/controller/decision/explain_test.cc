// Why a partition is led as it is: causes of changes, and a sentence for each replica.
#include "controller/decision/explain.h"

#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

class Explain : public testing::Test {
 protected:
  Explain() { world_.create("t", 1, {brokers({1, 2, 3})}); }

  std::string cause() {
    std::string last;
    for (const Publish& publish : world_.said<Publish>()) {
      for (const LeaderChange& change : publish.changes) last = change.cause;
    }
    return last;
  }
  std::string why(int id) {
    world_.forget();
    world_.feed(ExplainRequested{++world_.request_, {"t", 0}});
    const auto replicas = std::get<Explanation>(world_.said<Reply>().at(0).answer).replicas;
    for (const auto& [replica, standing] : replicas) {
      if (replica == BrokerId(id)) return standing;
    }
    return "is no replica";
  }
  void move(MoveRequested::Kind kind, int to) {
    world_.feed(MoveRequested{++world_.request_, kind, {{"t", 0}}, false, BrokerId(to), ms(60'000)});
    const PartitionRecord record = world_.partition("t");
    const BrokerId leader = record.leader;
    OwnWord::Stopped word{record.key, record.leader_epoch, 7, {}};
    for (BrokerId id : record.isr) word.caught_up.push_back({id, world_.controller_.members().registration(id)->epoch});
    world_.feed(OwnWord{leader, world_.controller_.members().registration(leader)->epoch, {word}});
  }

  World world_;
};

TEST_F(Explain, AChangeTellsItsCause) {
  EXPECT_EQ(cause(), "") << "its first leader is nothing that changed";
  move(MoveRequested::Kind::kNamed, 3);
  EXPECT_EQ(cause(), "an operator ordered broker 3 to lead");
  move(MoveRequested::Kind::kStepDown, -1);
  EXPECT_EQ(cause(), "broker 3 was told to step down");
  world_.feed(DeathProven{life(1)});
  EXPECT_EQ(cause(), "broker 1 died (proof)");
}

TEST_F(Explain, EachReplicaTellsWhyItDoesNotLead) {
  EXPECT_EQ(why(1), "leads");
  EXPECT_EQ(why(2), "does not lead: it could, but another is preferred");
  world_.feed(DeathProven{life(2)});
  EXPECT_EQ(why(2), "does not lead: it is dead");
  world_.feed(world_.seen(2, 12, 2));
  EXPECT_EQ(why(2), "does not lead: it has no control stream");
  world_.stream(2, {world_.clean("t")});
  EXPECT_EQ(why(2), "does not lead: it is not in the ISR: it has not caught up");
  world_.feed(BrokerOrdered{++world_.request_, BrokerId(3), BrokerOrder::kDrain});
  EXPECT_EQ(why(3), "does not lead: it is drained");
  world_.feed(LeavingRequested{++world_.request_, BrokerId(3), BrokerEpoch(103)});
  EXPECT_EQ(why(3), "does not lead: it is stopping");
}

TEST_F(Explain, AnOrderIsToldWithItsTime) {
  move(MoveRequested::Kind::kNamed, 2);
  world_.forget();
  world_.feed(ExplainRequested{++world_.request_, {"t", 0}});
  EXPECT_EQ(std::get<Explanation>(world_.said<Reply>().at(0).answer).order, "broker 2 is to lead, for another 60 s");
  EXPECT_EQ(why(1), "does not lead: it could, but the leader lives and need not move");
}

TEST_F(Explain, APartitionThatIsNotThere) {
  world_.forget();
  world_.feed(ExplainRequested{++world_.request_, {"t", 7}});
  EXPECT_EQ(std::get<ErrorCode>(world_.said<Reply>().at(0).answer), ErrorCode::kUnknownTopicOrPartition);
}

}  // namespace
}  // namespace baton::decision
