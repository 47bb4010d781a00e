// R9: a leader that was elected as clean and says that its log is not. The answer is another leader, or none: never the same one
// again under the next epoch, which would refuse again, without end.
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

const auto kAll = std::vector<std::vector<BrokerId>>{brokers({1, 2, 3})};

// What broker `id` says at the present epoch: a dirty log that ends at (`last_epoch`, `end`).
void refuse(World& world, int id, int last_epoch = 0, int64_t end = 7) {
  const BrokerEpoch epoch = world.controller_.members().registration(BrokerId(id))->epoch;
  OwnWord::Stopped refusal{world.partition("t").key, world.partition("t").leader_epoch, end, {}, true, LeaderEpoch(last_epoch)};
  world.feed(OwnWord{BrokerId(id), epoch, {refusal}});
}

// Plays the broker: refuses as long as it leads, and says how often it had to. A real one refuses within a millisecond.
int refuse_while_it_leads(World& world, int id, int most = 20) {
  int times = 0;
  for (; times < most && world.partition("t").leader == BrokerId(id); ++times) refuse(world, id);
  return times;
}

TEST(Refusal, OfTheLastOneThatLivesLeavesThePartitionOfflineUntilAnotherIsBack) {
  World world;
  world.create("t", 1, kAll);
  world.feed(DeathProven{life(3)});
  world.feed(DeathProven{life(1)});
  ASSERT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_EQ(refuse_while_it_leads(world, 2), 1);
  const PartitionRecord offline = world.partition("t");
  EXPECT_EQ(offline.leader, BrokerId());
  EXPECT_TRUE(offline.isr.empty());
  EXPECT_EQ(offline.eligible, brokers({1, 2}));
  for (int i = 0; i < 100; ++i) world.pass(ms(100));
  world.stream(2, {world.dirty("t", 0, 7)});
  EXPECT_EQ(world.partition("t"), offline) << "nothing has changed, so nothing is written";

  world.feed(world.seen(1, 11, 1));
  world.stream(1, {world.clean("t")});
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  EXPECT_FALSE(world.partition("t").unclean);
}

TEST(Refusal, HandsLeadershipToAnotherMemberOfTheIsr) {
  World world;
  world.create("t", 1, kAll);
  refuse(world, 1);
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(world.partition("t").isr, brokers({2, 3})) << "whoever is dirty counts for nothing until it has entered";
}

TEST(Refusal, IsForgottenWhenTheReplicaHasEnteredTheIsr) {
  World world;
  world.create("t", 1, kAll);
  refuse(world, 1);
  world.feed(world.isr_request("t", 2, {2, 3, 1}));
  world.feed(DeathProven{life(2)});
  world.feed(DeathProven{life(3)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  EXPECT_FALSE(world.partition("t").unclean);
}

// R8: all of them are back and none is clean.
TEST(Refusal, OfTheOnlyReplicaMakesItLeadAsWhatItIs) {
  World world(3, 1);
  world.create("t", 1, {brokers({1})});
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  refuse(world, 1);
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
  EXPECT_TRUE(world.partition("t").unclean);
}

TEST(Refusal, EvenAsADirtyOneIsFinalForThatLife) {
  World world(3, 1);
  world.create("t", 1, {brokers({1})});
  EXPECT_EQ(refuse_while_it_leads(world, 1), 2);
  EXPECT_EQ(world.partition("t").leader, BrokerId());
  const PartitionRecord offline = world.partition("t");
  for (int i = 0; i < 100; ++i) world.pass(ms(100));
  EXPECT_EQ(world.partition("t"), offline);

  world.feed(world.seen(1, 11, 1));
  world.stream(1, {world.dirty("t", 0, 7)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(1)) << "started again, it is asked again";
}

// What the one that refused holds is compared with what the others hold.
TEST(Refusal, TellsHowMuchTheDirtyLogHolds) {
  for (const int64_t end : {5, 9}) {
    World world;
    world.create("t", 1, {brokers({1, 2})});
    world.feed(DeathProven{life(1)});
    refuse(world, 2, 0, end);
    ASSERT_EQ(world.partition("t").leader, BrokerId());
    world.feed(world.seen(1, 11, 1));
    world.stream(1, {world.dirty("t", 0, 7)});
    EXPECT_EQ(world.partition("t").leader, BrokerId(end < 7 ? 1 : 2));
    EXPECT_TRUE(world.partition("t").unclean);
  }
}

TEST(Refusal, OfAnElectionThatCountedOnTheFlushPolicyIsFollowedByOneThatDoesNot) {
  ControllerConfig config = World::config(1);
  config.commit_flush_policy = true;
  World world(3, config);
  world.create("t", 1, {brokers({1})});
  world.feed(world.seen(1, 11, 1));
  world.stream(1, {world.dirty("t", 0, 7)});
  ASSERT_EQ(world.partition("t").leader, BrokerId(1));
  ASSERT_FALSE(world.partition("t").unclean);
  refuse(world, 1);
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  EXPECT_TRUE(world.partition("t").unclean);
}

TEST(Refusal, OfAFormerEpochIsIgnored) {
  World world;
  world.create("t", 1, kAll);
  const IsrRequested before = world.isr_request("t", 1, {1, 2, 3});
  refuse(world, 1);
  const PartitionRecord record = world.partition("t");
  world.feed(OwnWord{BrokerId(1), before.asker_epoch, {{record.key, LeaderEpoch(0), 7, {}, true, LeaderEpoch(0)}}});
  EXPECT_EQ(world.partition("t"), record);
}

}  // namespace
}  // namespace baton::decision
