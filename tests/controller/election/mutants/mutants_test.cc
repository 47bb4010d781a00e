// Each planted fault must break what the suites next door hold the elector and the claim to; a check that cannot fail proves nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/election/queue.h"
#include "tests/controller/election/world.h"

namespace baton::election {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Planted in one of the two runs of each test: the same scenario must then end differently.
class ElectionMutants : public ::testing::TestWithParam<bool> {
 protected:
  ~ElectionMutants() override { clear_mutants(); }
  void maybe(Mutant mutant) {
    if (GetParam()) plant(mutant);
  }
  bool planted() const { return GetParam(); }

  void start(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      world.start(name);
      world.run();
    }
  }
  void end(const std::string& name) {
    world.crash(name);
    world.expire(name);
    world.run();
  }
  // Runs one process until the multi that claims stands at the front of its requests.
  void run_up_to_the_claim(const std::string& name) {
    auto claims = [&] {
      const auto& requests = world.process(name).requests;
      const auto* multi = requests.empty() ? nullptr : std::get_if<store::Multi>(&requests.front().request);
      const auto* create = multi == nullptr ? nullptr : std::get_if<store::Create>(&multi->ops.back());
      return create != nullptr && create->path == paths::kController;
    };
    while (!claims()) ASSERT_TRUE(world.serve(name) || world.deliver(name)) << name << " never claims";
  }
  store::SessionId owner_of_candidate(const std::string& guid) {
    for (const std::string& name : world.tree.find(paths::kCandidates)->children) {
      if (parse_candidate(name)->guid == guid) return world.tree.find(std::string(paths::kCandidates) + "/" + name)->stat.ephemeral_owner;
    }
    return 0;
  }

  World world;
};

// The sequence is an int32 that overflows.
TEST_P(ElectionMutants, SequenceTakenForEpoch) {
  maybe(Mutant::sequence_taken_for_epoch);
  world.tree.set_next_sequence(paths::kCandidates, INT32_MAX - 1);
  start({"a", "b", "c"});
  end("b");
  end("a");
  EXPECT_THAT(world.rulers(), ElementsAre("c"));
  if (planted()) {
    EXPECT_THAT(world.violations, Contains(HasSubstr("the controller epoch fell")));
  } else {
    EXPECT_THAT(world.violations, IsEmpty());
  }
}

// a's claim never arrives, and b, an elector that errs and takes a for dead, wins the very epoch that a tried for.
TEST_P(ElectionMutants, OwnerOfTheControllerUnchecked) {
  maybe(Mutant::owner_unchecked);
  start({"c"});
  end("c");
  world.start("a");
  run_up_to_the_claim("a");
  world.serve("a", World::Fate::kLostBefore);
  world.start("b");
  world.give("b", DeathProven{"a"});
  while (world.serve("b") || world.deliver("b")) {
  }
  ASSERT_THAT(world.rulers(), ElementsAre("b"));
  world.run_for(seconds(1));
  if (planted()) {
    EXPECT_THAT(world.violations, Contains(HasSubstr("ruled by b and again by a")));
  } else {
    EXPECT_THAT(world.violations, IsEmpty());
  }
}

// A node of our name that another session owns vanishes with that session, and with it our place.
TEST_P(ElectionMutants, OwnerOfTheCandidateUnchecked) {
  maybe(Mutant::owner_unchecked);
  auto former = world.tree.open_session([](const store::WatchFired&) {});
  world.tree.apply(former, store::Multi{{store::Create{candidate_prefix("a"), "", store::NodeKind::kEphemeralSequential}}});
  start({"a"});
  EXPECT_EQ(owner_of_candidate("a") == former, planted());
  EXPECT_EQ(owner_of_candidate("a") == world.process("a").session, !planted());
}

TEST_P(ElectionMutants, ClaimOverALiveController) {
  maybe(Mutant::claim_over_live_controller);
  start({"a", "b"});
  world.give("a", Yield{});  // b is nominated while a rules on
  world.run_for(seconds(10));
  EXPECT_EQ(world.rulers() == std::vector<std::string>{"a"}, !planted());
}

// The heir stands first in the queue while the holder's last write is on its way.
TEST_P(ElectionMutants, TransferThatClaimsBeforeTheResignation) {
  maybe(Mutant::claim_over_live_controller);
  start({"a", "b"});
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(world.rulers() == std::vector<std::string>{"b"}, planted());
  EXPECT_EQ(world.take_log().find("a lost: deposed") != std::string::npos, planted()) << "it was to resign, not to be deposed";
}

TEST_P(ElectionMutants, GivenUpWithAWriteInFlight) {
  maybe(Mutant::given_up_with_write_in_flight);
  start({"a", "b"});
  world.process("a").writing = true;
  world.hand_over("a", "b");
  world.run_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(world.rulers() == std::vector<std::string>{"b"}, planted());
}

// /controller names a, which takes its own success for another's: a ghost for which all wait, a itself too.
TEST_P(ElectionMutants, ClaimNotReadBack) {
  maybe(Mutant::claim_not_read_back);
  world.start("a");
  run_up_to_the_claim("a");
  world.serve("a", World::Fate::kLostAfter);
  world.start("b");
  world.run_for(std::chrono::milliseconds(10));
  EXPECT_EQ(world.tree.find(paths::kControllerEpoch)->data == "1", !planted()) << "it ruled epoch 1 already";
}

INSTANTIATE_TEST_SUITE_P(PlantedOrNot, ElectionMutants, ::testing::Bool(),
                         [](const auto& run) { return run.param ? std::string("planted") : std::string("sound"); });

}  // namespace
}  // namespace baton::election
