#include <gmock/gmock.h>

#include "controller/coordination/paths.h"
#include "controller/election/queue.h"
#include "tests/controller/election/world.h"

namespace baton::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ElectorTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(world.violations, IsEmpty()); }
  void start(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      world.start(name);
      world.run();
    }
  }
  std::string node_of(const std::string& guid) {
    for (const std::string& name : world.tree.find(paths::kCandidates)->children) {
      if (parse_candidate(name)->guid == guid) return name;
    }
    return {};
  }

  World world;
};

TEST_F(ElectorTest, TheFirstInTheQueueIsNominatedAndTheOthersWait) {
  start({"a", "b", "c"});
  EXPECT_EQ(world.take_log(), "a nominated\na rules 1\n");
  EXPECT_THAT(world.queue(), ElementsAre("a", "b", "c"));
}

TEST_F(ElectorTest, AnExpiredPredecessorHandsOn) {
  start({"a", "b", "c"});
  world.take_log();
  world.crash("a");
  world.run();
  EXPECT_EQ(world.take_log(), "");
  world.expire("a");
  world.run();
  EXPECT_EQ(world.take_log(), "b nominated\nb rules 2\n");
}

TEST_F(ElectorTest, OnlyTheNextInTheQueueWakesWhenOneGoes) {
  start({"a", "b", "c", "d"});
  world.crash("b");
  world.expire("b");
  EXPECT_THAT(world.process("a").deliveries, IsEmpty());
  EXPECT_THAT(world.process("c").deliveries, SizeIs(1));
  EXPECT_THAT(world.process("d").deliveries, IsEmpty());
  world.run();
  world.crash("a");
  world.expire("a");
  world.run();
  EXPECT_THAT(world.rulers(), ElementsAre("c"));
}

TEST_F(ElectorTest, AProvenDeathIsNotWaitedFor) {
  start({"a", "b", "c"});
  world.take_log();
  world.crash("a");
  world.prove_death("a");
  EXPECT_EQ(world.take_log(), "b nominated over dead a\n") << "at once, without asking the store";
  world.run();
  EXPECT_EQ(world.take_log(), "b rules 2\n");
  EXPECT_TRUE(world.tree.alive(world.process("a").session));
  EXPECT_THAT(world.queue(), ElementsAre("b", "c")) << "the dead one's candidate went with its /controller";
}

TEST_F(ElectorTest, SeveralProvenDeathsAreSkippedTogether) {
  start({"a", "b", "c"});
  world.take_log();
  world.crash("a");
  world.crash("b");
  world.prove_death("b");
  world.run();
  EXPECT_EQ(world.take_log(), "");
  world.prove_death("a");
  world.run();
  EXPECT_EQ(world.take_log(), "c nominated over dead a over dead b\nc rules 2\n");
}

TEST_F(ElectorTest, ADeadPredecessorIsPassedOverToTheLiveOneBeforeIt) {
  start({"a", "b", "c"});
  world.crash("b");
  world.prove_death("b");
  world.run();
  world.take_log();
  world.crash("a");
  world.expire("a");
  world.run();
  EXPECT_EQ(world.take_log(), "c nominated over dead b\nc rules 2\n");
}

TEST_F(ElectorTest, ACreateWhoseReplyWasLostIsFoundByItsGuid) {
  world.start("a");
  world.deliver("a");
  world.serve("a");  // the empty list
  world.deliver("a");
  ASSERT_THAT(world.process("a").requests, SizeIs(1));
  world.serve("a", World::Fate::kLostAfter);
  world.run_for(seconds(1));
  EXPECT_THAT(world.queue(), ElementsAre("a"));
  EXPECT_EQ(world.take_log(), "a nominated\na rules 1\n");
}

TEST_F(ElectorTest, ACreateThatWasLostItselfIsRepeated) {
  world.start("a");
  world.deliver("a");
  world.serve("a");
  world.deliver("a");
  world.serve("a", World::Fate::kLostBefore);
  world.run_for(seconds(1));
  EXPECT_THAT(world.queue(), ElementsAre("a"));
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(ElectorTest, ASecondNodeOfOneProcessIsRemoved) {
  world.start("a");
  world.deliver("a");
  world.tree.apply(world.process("a").session,
                   store::Multi{{store::Create{candidate_prefix("a"), "", store::NodeKind::kEphemeralSequential},
                                 store::Create{candidate_prefix("a"), "", store::NodeKind::kEphemeralSequential}}});
  world.run();
  EXPECT_EQ(node_of("a"), "a-n_0000000000");
  EXPECT_THAT(world.queue(), ElementsAre("a"));
}

TEST_F(ElectorTest, ALateCreateIsNoticedAndRemoved) {
  world.start("a");
  world.deliver("a");
  world.serve("a");
  world.deliver("a");
  store::Request late = world.process("a").requests.front().request;
  world.serve("a", World::Fate::kLostBefore);
  world.run_for(milliseconds(50));  // lists again, watching, and enlists once more
  world.tree.apply(world.process("a").session, late);
  world.run();
  EXPECT_THAT(world.queue(), ElementsAre("a"));
}

TEST_F(ElectorTest, ANodeOfAnOlderSessionIsReplacedByOneOfTheNew) {
  start({"a"});
  auto old = world.tree.open_session([](const store::WatchFired&) {});
  world.start("b");
  world.tree.apply(old, store::Multi{{store::Create{candidate_prefix("b"), "", store::NodeKind::kEphemeralSequential}}});
  world.run();
  EXPECT_EQ(world.tree.find(std::string(paths::kCandidates) + "/" + node_of("b"))->stat.ephemeral_owner, world.process("b").session);
  EXPECT_THAT(world.queue(), ElementsAre("a", "b"));
}

TEST_F(ElectorTest, AfterExpiryOneEnlistsAgainAtTheEnd) {
  start({"a", "b"});
  world.take_log();
  world.disconnect("a");
  world.run();
  world.expire("a");
  world.run();
  EXPECT_EQ(world.take_log(), "b nominated\nb rules 2\n");
  world.reconnect("a");
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a withdrawn\na lost: session-expired\n");
  EXPECT_THAT(world.queue(), ElementsAre("b", "a"));
}

TEST_F(ElectorTest, AReconnectionWithinTheSessionChangesNothing) {
  start({"a", "b"});
  world.take_log();
  world.disconnect("a");
  world.run();
  world.reconnect("a");
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "");
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(ElectorTest, YieldingIsStandingAgainAtTheEnd) {
  start({"a", "b"});
  world.take_log();
  world.give("a", Yield{});
  world.run();
  EXPECT_EQ(world.take_log(), "a withdrawn\nb nominated\n") << "b waits for the ruler to resign";
  world.give_claim("a", Resign{});
  world.run();
  EXPECT_EQ(world.take_log(), "a lost: resigned\nb rules 2\n");
  EXPECT_THAT(world.queue(), ElementsAre("b", "a"));
}

TEST_F(ElectorTest, YieldingWithBackoffStaysOutForThatLong) {
  start({"a"});
  world.give_claim("a", Resign{});
  world.run();
  world.give("a", Yield{seconds(5)});
  world.run_for(seconds(4));
  EXPECT_THAT(world.queue(), IsEmpty());
  world.run_for(seconds(2));
  EXPECT_THAT(world.queue(), ElementsAre("a"));
}

TEST_F(ElectorTest, TheEndOfTheBackoffIsNotForgottenOverOtherEvents) {
  start({"a"});
  world.give("a", Yield{seconds(1)});
  world.run();
  world.now = world.now + seconds(2);
  world.give("a", StoreHappened{store::WatchFired{store::WatchKind::kChanged, paths::kController}});
  EXPECT_LE(world.process("a").elector->wake_at(), world.now);
  world.run_for(seconds(1));
  EXPECT_THAT(world.queue(), ElementsAre("a"));
}

TEST_F(ElectorTest, TwoTransfersDoNotUndoEachOtherForEver) {
  start({"a", "b", "c", "d"});
  world.give("a", TransferTo{"c"});
  world.give("b", TransferTo{"d"});
  world.run_for(seconds(1));
  EXPECT_THAT(world.queue(), SizeIs(4));
}

TEST_F(ElectorTest, TransferPutsTheHeirFirst) {
  start({"a", "b", "c"});
  world.take_log();
  world.give("a", TransferTo{"c"});
  world.run();
  EXPECT_EQ(world.queue().front(), "c");
  EXPECT_THAT(world.queue(), SizeIs(3));
  world.give_claim("a", Resign{});
  world.run();
  EXPECT_THAT(world.rulers(), ElementsAre("c"));
}

TEST_F(ElectorTest, TransferToOneWhoDoesNotStandIsRefused) {
  start({"a", "b"});
  world.take_log();
  world.give("a", TransferTo{"z"});
  world.run();
  EXPECT_EQ(world.take_log(), "a transfer failed: z does not stand for election\n");
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(ElectorTest, TheObserverHearsOfTheQueueWithItsData) {
  start({"a", "b"});
  world.give("a", Observe{true});
  world.run();
  ASSERT_THAT(world.process("a").queue, SizeIs(2));
  EXPECT_EQ(world.process("a").queue[1].data, "data of b");
  start({"c"});
  ASSERT_THAT(world.process("a").queue, SizeIs(3));
  EXPECT_EQ(world.process("a").queue[2].data, "data of c");
  world.expire("b");
  world.run();
  EXPECT_THAT(world.process("a").queue, SizeIs(2));
}

TEST_F(ElectorTest, ANewIncarnationStandsUnderItsNewName) {
  start({"a", "b"});
  world.give("b", Rename{"b2", "data of b2"});
  world.run();
  EXPECT_THAT(world.queue(), ElementsAre("a", "b2"));
}

TEST_F(ElectorTest, WhoRetiresIsGone) {
  start({"a", "b"});
  world.give("b", Retire{});
  world.run_for(seconds(1));
  EXPECT_THAT(world.queue(), ElementsAre("a"));
}

TEST_F(ElectorTest, TheQueueKeepsItsOrderWhenTheSequenceOverflows) {
  world.tree.set_next_sequence(paths::kCandidates, INT32_MAX - 1);
  start({"a", "b", "c", "d"});
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
  world.crash("a");
  world.expire("a");
  world.run();
  EXPECT_THAT(world.rulers(), ElementsAre("b"));
  world.crash("b");
  world.expire("b");
  world.run();
  EXPECT_THAT(world.rulers(), ElementsAre("c"));
}

TEST(QueueTest, NamesThatAreNoCandidatesAreIgnored) {
  EXPECT_FALSE(parse_candidate("x"));
  EXPECT_FALSE(parse_candidate("-n_1"));
  EXPECT_FALSE(parse_candidate("a-n_"));
  EXPECT_FALSE(parse_candidate("a-n_12x"));
  EXPECT_FALSE(parse_candidate("a-n_99999999999"));
  EXPECT_EQ(parse_candidate("a-n_b-n_-2147483648")->guid, "a-n_b");
  EXPECT_EQ(parse_candidate("a-n_b-n_-2147483648")->sequence, INT32_MIN);
}

}  // namespace
}  // namespace baton::election
