// Hand-overs of the rule as transcripts: what each process says, line by line, while the world does to it what the test's name
// says. In every one of them the world looks for two rulers of one epoch.
#include <gmock/gmock.h>

#include "tests/controller/election/world.h"

namespace baton::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HandoverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"a", "b", "c"}) {
      world.start(name);
      world.run();
    }
    ASSERT_EQ(world.take_log(), "a nominated\na rules 1\n");
  }
  void TearDown() override { EXPECT_THAT(world.violations, IsEmpty()); }

  World world;
};

TEST_F(HandoverTest, TheHeirRulesAndTheFormerRulerStandsLast) {
  world.hand_over("a", "c");
  world.run();
  EXPECT_EQ(world.take_log(),
            "a turns the queue to c\n"
            "a transferred to c\n"
            "a holds its writes\n"
            "a resigns\n"
            "a lost: resigned\n"
            "c nominated\n"
            "a withdrawn\n"
            "c rules 2\n"
            "a handed over: the heir rules\n");
  EXPECT_THAT(world.rulers(), ElementsAre("c"));
  EXPECT_EQ(world.queue().front(), "c");
  world.run_for(seconds(10));
  EXPECT_EQ(world.take_log(), "") << "and it stays so";
}

TEST_F(HandoverTest, NothingIsGivenUpBeforeTheWriteInFlightHasEnded) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run_for(milliseconds(1500));
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
  world.take_log();
  world.finish_write("a");
  world.run();
  EXPECT_EQ(world.take_log(),
            "a resigns\n"
            "a lost: resigned\n"
            "b rules 2\n"
            "a handed over: the heir rules\n");
}

TEST_F(HandoverTest, AWriteThatDoesNotEndKeepsTheRule) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run_for(seconds(5));
  EXPECT_EQ(world.take_log(),
            "a turns the queue to b\n"
            "a transferred to b\n"
            "a holds its writes\n"
            "b nominated\n"
            "a withdrawn\n"
            "a writes again\n"
            "a handed over: goes on, the write in flight did not end in time\n");
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(HandoverTest, AnHeirThatDoesNotStandIsRefusedByTheQueue) {
  world.hand_over("a", "z");
  world.run();
  EXPECT_EQ(world.take_log(),
            "a turns the queue to z\n"
            "a transfer failed: z does not stand for election\n"
            "a handed over: goes on, z does not stand for election\n");
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(HandoverTest, ToItselfNothingHappens) {
  world.hand_over("a", "a");
  world.run_for(seconds(5));
  EXPECT_EQ(world.take_log(), "");
}

TEST_F(HandoverTest, AnHeirThatDiesBeforeTheResignationCostsNothing) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.take_log();
  world.crash("b");
  world.prove_death("b");
  world.finish_write("a");
  world.run_for(seconds(5));
  EXPECT_EQ(world.take_log(),
            "a writes again\n"
            "a handed over: goes on, the heir died\n"
            "c nominated over dead b\n");
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

// Its death is known: the next in the queue does not wait for its session.
TEST_F(HandoverTest, AnHeirThatDiesAfterTheResignationIsFollowedAtOnce) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.crash("b");
  world.finish_write("a");
  world.run();
  world.take_log();
  world.prove_death("b");
  world.run();
  EXPECT_EQ(world.take_log(),
            "c nominated over dead b\n"
            "c rules 2\n"
            "a handed over: another rules, the heir did not claim\n");
}

// It holds its session, stands first, and cannot reach the store or does not act: nobody else in the queue may claim.
TEST_F(HandoverTest, AnHeirThatDoesNotClaimLosesItsPlaceToTheFormerRuler) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.process("b").running = false;  // hung, its session alive
  world.finish_write("a");
  world.run_for(seconds(2));
  EXPECT_THAT(world.rulers(), IsEmpty());
  world.take_log();
  world.run_for(seconds(3));
  EXPECT_EQ(world.take_log(),
            "a turns the queue to a\n"
            "a transferred to a\n"
            "a nominated\n"
            "a rules 2\n"
            "a handed over: rules again, the heir did not claim\n");
}

// Nominee cut off from the store: it cannot claim, nor can it abdicate; its session ends, and the queue goes on without it.
TEST_F(HandoverTest, ANomineeCutOffFromTheStoreIsPassedOver) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.disconnect("b");
  world.finish_write("a");
  world.run_for(seconds(1));
  EXPECT_THAT(world.rulers(), IsEmpty());
  world.take_log();
  world.expire("b");
  world.run();
  EXPECT_EQ(world.take_log(),
            "c nominated\n"
            "c rules 2\n"
            "a handed over: another rules, the heir did not claim\n");
  world.reconnect("b");
  world.run_for(seconds(5));
  EXPECT_THAT(world.rulers(), ElementsAre("c"));
}

TEST_F(HandoverTest, TheRulerDiesBeforeItHasResigned) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.crash("a");
  world.take_log();
  world.prove_death("a");
  world.run();
  EXPECT_EQ(world.take_log(), "b nominated over dead a\nb rules 2\n");
}

TEST_F(HandoverTest, TheRulerDiesHavingResigned) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.take_log();
  world.finish_write("a");
  while (world.serve("a")) {
  }
  world.crash("a");
  world.run();
  EXPECT_EQ(world.take_log(), "a resigns\nb rules 2\n");
}

TEST_F(HandoverTest, ALostReplyToTheTurnIsLookedUp) {
  world.hand_over("a", "b");
  auto turns = [&] {
    const auto& requests = world.process("a").requests;
    return !requests.empty() && std::holds_alternative<store::Multi>(requests.front().request);
  };
  while (!turns()) ASSERT_TRUE(world.serve("a") || world.deliver("a"));
  ASSERT_TRUE(world.serve("a", World::Fate::kLostAfter));
  world.run_for(seconds(5));
  EXPECT_THAT(world.rulers(), ElementsAre("b"));
}

TEST_F(HandoverTest, ALostReplyToTheResignationIsAskedAgain) {
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run();
  world.finish_write("a");
  ASSERT_TRUE(world.serve("a", World::Fate::kLostAfter));
  world.run_for(seconds(2));
  EXPECT_THAT(world.rulers(), ElementsAre("b"));
  EXPECT_FALSE(world.process("a").handover.under_way());
}

TEST_F(HandoverTest, WithoutAnAnswerOfTheStoreTheRuleIsKept) {
  world.disconnect("a");
  world.hand_over("a", "b");
  world.run_for(seconds(3));
  EXPECT_EQ(world.take_log(),
            "a turns the queue to b\n"
            "a handed over: goes on, the store did not answer in time\n");
  world.reconnect("a");
  world.run_for(seconds(5));
  EXPECT_EQ(world.rulers().size(), 1u);
}

// Back and forth, many times, no epoch ruled twice and none skipped.
TEST_F(HandoverTest, ManyInARow) {
  const char* names[] = {"a", "b", "c"};
  for (int i = 0; i < 30; ++i) {
    const std::string ruler = world.rulers().front();
    const std::string heir = names[(ruler[0] - 'a' + 1 + i % 2) % 3];
    world.hand_over(ruler, heir);
    world.run();
    ASSERT_THAT(world.rulers(), ElementsAre(heir)) << "round " << i;
  }
  EXPECT_EQ(world.process(world.rulers().front()).claim->ruling().value(), 31);
}

}  // namespace
}  // namespace baton::election
