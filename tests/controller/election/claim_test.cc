#include "controller/election/claim.h"

#include <gmock/gmock.h>

#include "controller/coordination/paths.h"
#include "tests/controller/election/world.h"

namespace baton::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ClaimTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(world.violations, IsEmpty()); }

  void start(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      world.start(name);
      world.run();
    }
  }
  // Runs one process until the multi that claims stands at the front of its requests.
  void run_up_to_the_claim(const std::string& name) {
    for (int steps = 0; steps < 100; ++steps) {
      auto& requests = world.process(name).requests;
      if (!requests.empty() && claims(requests.front())) return;
      ASSERT_TRUE(world.serve(name) || world.deliver(name)) << name << " never claims";
    }
    FAIL() << name << " never claims";
  }
  static bool claims(const StoreCall& call) {
    const auto* multi = std::get_if<store::Multi>(&call.request);
    if (multi == nullptr || multi->ops.size() < 3) return false;
    const auto* create = std::get_if<store::Create>(&multi->ops.back());
    return create != nullptr && create->path == paths::kController;
  }
  std::string data(const char* path) {
    const auto* node = world.tree.find(path);
    return node ? node->data : "(none)";
  }

  World world;
};

TEST_F(ClaimTest, TheFirstRuleOfAnEmptyStoreIsEpochOne) {
  start({"a"});
  EXPECT_EQ(world.take_log(), "a nominated\na rules 1\n");
  EXPECT_EQ(data(paths::kControllerEpoch), "1");
  EXPECT_EQ(data(paths::kController), "a at 1");
  EXPECT_EQ(world.owner_of_controller(), world.process("a").session);
}

TEST_F(ClaimTest, ALostReplyToASuccessfulClaimIsReadBack) {
  start({"a"});
  world.crash("a");
  world.expire("a");
  world.start("b");
  run_up_to_the_claim("b");
  world.serve("b", World::Fate::kLostAfter);
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a nominated\na rules 1\nb nominated\nb rules 2\n");
  EXPECT_EQ(data(paths::kControllerEpoch), "2");
}

TEST_F(ClaimTest, AClaimThatWasLostItselfIsMadeAgain) {
  world.start("a");
  run_up_to_the_claim("a");
  world.serve("a", World::Fate::kLostBefore);
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a nominated\na rules 1\n");
}

TEST_F(ClaimTest, AClaimThatArrivesLateIsTakenForOurOwnWhenTheRetryIsRefused) {
  world.start("a");
  run_up_to_the_claim("a");
  store::Request late = world.process("a").requests.front().request;
  world.serve("a", World::Fate::kLostBefore);
  world.deliver("a");
  run_up_to_the_claim("a");
  world.tree.apply(world.process("a").session, late);  // the old connection's copy comes through first
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a nominated\na rules 1\n");
}

TEST_F(ClaimTest, AnotherRulersSuccessIsNotTakenForOurOwn) {
  world.start("a");
  run_up_to_the_claim("a");
  world.serve("a", World::Fate::kLostBefore);
  // Meanwhile somebody else wins the very epoch that a tried for.
  auto other = world.tree.open_session([](const store::WatchFired&) {});
  auto won = world.tree.apply(other, store::Multi{{store::SetData{paths::kControllerEpoch, "1", StoreVersion(0)},
                                                   store::Create{paths::kController, "other", store::NodeKind::kEphemeral}}});
  ASSERT_TRUE(won.ok());
  world.run_for(seconds(10));
  EXPECT_EQ(world.take_log(), "a nominated\n") << "it waits for the live controller, without abdicating";
  world.tree.expire(other);
  world.run();
  EXPECT_EQ(world.take_log(), "a rules 2\n");
}

TEST_F(ClaimTest, OfTwoNomineesOneRules) {
  // Both are nominated, as with an elector that errs: b takes a for dead.
  world.start("a");
  world.start("b");
  run_up_to_the_claim("a");
  while (world.serve("b") || world.deliver("b")) {
  }
  world.give("b", DeathProven{"a"});
  run_up_to_the_claim("b");
  world.run_for(milliseconds(100));
  EXPECT_EQ(world.rulers().size(), 1u);
}

TEST_F(ClaimTest, ALiveControllerIsWaitedForWhateverTheElectorSays) {
  start({"a", "b"});
  world.give("a", Yield{});
  world.take_log();
  world.run_for(seconds(10));
  EXPECT_EQ(world.take_log(), "b nominated\n");
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(ClaimTest, AControllerThatIsProvenDeadIsRemovedByTheClaim) {
  start({"a", "b"});
  world.crash("a");
  world.prove_death("a");
  world.run();
  EXPECT_EQ(data(paths::kController), "b at 2");
  EXPECT_THAT(world.queue(), ElementsAre("b"));
  world.expire("a");
  EXPECT_EQ(data(paths::kController), "b at 2");
}

TEST_F(ClaimTest, AControllerThatDiesBehindUsInTheQueueIsRemovedToo) {
  start({"a", "b"});
  world.give("a", Yield{});
  world.run();
  world.crash("a");
  world.prove_death("a");
  world.run();
  EXPECT_THAT(world.rulers(), ElementsAre("b"));
}

TEST_F(ClaimTest, ADeadSessionThatExpiresWhileWeClaimIsNoHindrance) {
  start({"a", "b"});
  world.crash("a");
  world.prove_death("a");
  run_up_to_the_claim("b");
  world.expire("a");
  world.run_for(seconds(1));
  EXPECT_THAT(world.rulers(), ElementsAre("b"));
}

TEST_F(ClaimTest, ADeposedRulerHearsOfIt) {
  start({"a", "b"});
  world.take_log();
  world.give("b", DeathProven{"a"});  // a wrong proof: a lives
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "b nominated over dead a\nb rules 2\na lost: deposed\na withdrawn\n");
  EXPECT_THAT(world.queue(), ElementsAre("b", "a"));
}

TEST_F(ClaimTest, AnExpiredRulerDoesNotRule) {
  start({"a"});
  world.take_log();
  world.disconnect("a");
  world.expire("a");
  world.reconnect("a");
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a withdrawn\na lost: session-expired\na nominated\na rules 2\n");
}

TEST_F(ClaimTest, WhoseClaimIsUnderWayWhenTheSessionExpiresDoesNotRule) {
  world.start("a");
  run_up_to_the_claim("a");
  world.expire("a");
  world.disconnect("a");
  world.reconnect("a");
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a nominated\na withdrawn\na nominated\na rules 1\n");
}

TEST_F(ClaimTest, ResignationFreesTheController) {
  start({"a"});
  world.give("a", Retire{});
  world.give_claim("a", Resign{});
  world.take_log();
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a lost: resigned\n");
  EXPECT_EQ(data(paths::kController), "(none)");
}

TEST_F(ClaimTest, AResignationWhoseReplyWasLostIsRepeated) {
  start({"a"});
  world.give("a", Retire{});
  world.run();
  world.take_log();
  world.give_claim("a", Resign{});
  world.serve("a", World::Fate::kLostAfter);
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a lost: resigned\n");
}

TEST_F(ClaimTest, ANomineeThatIsCutOffFromTheStoreAbdicates) {
  world.start("a");
  run_up_to_the_claim("a");
  world.disconnect("a");
  world.run_for(seconds(3));
  EXPECT_EQ(world.take_log(), "a nominated\na abdicates\na withdrawn\n");
  world.reconnect("a");
  world.run_for(seconds(5));
  EXPECT_THAT(world.rulers(), ElementsAre("a"));
}

TEST_F(ClaimTest, AWinThatBecomesKnownAfterAbdicationIsStillARule) {
  world.start("a");
  run_up_to_the_claim("a");
  world.serve("a", World::Fate::kLostAfter);
  world.disconnect("a");
  world.run_for(seconds(3));
  EXPECT_EQ(world.take_log(), "a nominated\na abdicates\na withdrawn\n");
  world.reconnect("a");
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "a rules 1\na nominated\n") << "or its /controller would keep everyone waiting";
}

TEST_F(ClaimTest, AnEpochThatIsNoNumberIsNeverGuessed) {
  Claim claim(ClaimOptions{.controller_json = [](ControllerEpoch) { return std::string(); }});
  auto decisions = claim.step(world.now, Nominated{Nomination{.candidate = "/election/candidates/a-n_0", .session = 7, .dead = {}}});
  ASSERT_EQ(decisions.size(), 2u);
  store::Reply epoch{.data = "seven"};
  store::Reply absent{.error = store::StoreError::kNoNode};
  claim.step(world.now, StoreReplied{std::get<StoreCall>(decisions[0]).call, epoch});
  for (const ClaimDecision& next : claim.step(world.now, StoreReplied{std::get<StoreCall>(decisions[1]).call, absent})) {
    EXPECT_FALSE(std::holds_alternative<store::Multi>(std::get<StoreCall>(next).request));
  }
}

}  // namespace
}  // namespace baton::election
