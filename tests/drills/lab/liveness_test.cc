// Faults that never heal must neither block nor livelock; and a planned change comes about, with every elector.
#include <gmock/gmock.h>

#include "drills/lab/simulation.h"

namespace baton::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EveryElector : public ::testing::TestWithParam<std::string> {
 protected:
  Conditions setup(bool claim) const {
    Conditions setup;
    setup.elector = GetParam();
    setup.claim = claim;
    return setup;
  }
  static int settle(Simulation& world) {
    world.start_all();
    EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(5)));
    world.run_for(milliseconds(600));
    EXPECT_THAT(world.believers(), SizeIs(1));
    return world.believers().empty() ? 1 : world.believers().front();
  }
};

TEST_P(EveryElector, ANomineeThatIsCutOffFromTheStoreForGoodDoesNotBlockTheOthers) {
  Simulation world(setup(true));
  const int first = settle(world);
  world.cut_from_store(first);
  const auto another_rules = [&] {
    for (int id : world.believers()) {
      if (id != first) return true;
    }
    return false;
  };
  EXPECT_TRUE(world.run_until(another_rules, seconds(5)));
  world.run_for(seconds(2));
  const int64_t changes = world.tally().changes;
  world.run_for(seconds(5));
  EXPECT_TRUE(another_rules());
  EXPECT_EQ(world.tally().changes, changes) << "the rule goes from hand to hand";
}

TEST_P(EveryElector, ALeaderThatNobodyHearsDoesNotLeaveTheClusterWithoutARuler) {
  Simulation world(setup(true));
  const int first = settle(world);
  for (int id = 1; id <= world.nodes(); ++id) {
    if (id != first) world.cut(first, id);
  }
  world.run_for(seconds(3));
  const Duration leaderless = world.tally().leaderless_time;
  const int64_t changes = world.tally().changes;
  world.run_for(seconds(5));
  EXPECT_EQ(world.tally().leaderless_time, leaderless);
  EXPECT_EQ(world.tally().changes, changes);
  EXPECT_THAT(world.believers(), SizeIs(1));
}

TEST_P(EveryElector, ALeaderThatHearsNobodyDoesNotLeaveTheClusterWithoutARuler) {
  Simulation world(setup(true));
  const int first = settle(world);
  for (int id = 1; id <= world.nodes(); ++id) {
    if (id != first) world.cut(id, first);
  }
  world.crash(first);
  world.start(first);
  EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(5)));
  world.run_for(seconds(2));
  const int64_t changes = world.tally().changes;
  world.run_for(seconds(5));
  EXPECT_THAT(world.believers(), SizeIs(1));
  EXPECT_EQ(world.tally().changes, changes);
}

TEST_P(EveryElector, ThreeOfFiveMayBeDead) {
  if (!GetParam().starts_with("raft") && !GetParam().starts_with("paxos")) {
    Simulation world(setup(true));
    settle(world);
    for (int id : {5, 4, 1}) world.crash(id);
    EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(5)));
    return;
  }
  // Not where a majority is asked for; but two may.
  Simulation world(setup(true));
  settle(world);
  for (int id : {5, 4, 1}) world.crash(id);
  world.run_for(seconds(2));
  EXPECT_THAT(world.nominees(), IsEmpty());
  world.start(4);
  EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(5)));
}

TEST_P(EveryElector, APlannedChangeNominatesTheHeir) {
  for (int heir = 1; heir <= 5; ++heir) {
    SCOPED_TRACE(heir);
    Simulation world(setup(false));
    const int leader = settle(world);
    if (heir == leader) continue;
    world.give(leader, election::TransferTo{world.guid(heir), BrokerId(heir)});
    world.run_for(milliseconds(90));
    if (GetParam() == "template") {
      EXPECT_THAT(world.take_transfers(leader), ElementsAre("failed: " + world.guid(heir) + " can not be preferred: the lowest leads"));
      continue;
    }
    EXPECT_THAT(world.take_transfers(leader), ElementsAre("transferred to " + world.guid(heir)));
    EXPECT_THAT(world.nominees(), ElementsAre(heir));
  }
}

TEST_P(EveryElector, AnHeirThatIsDeadChangesNothingForLong) {
  if (GetParam() == "template") return;
  Simulation world(setup(false));
  const int leader = settle(world);
  const int heir = leader == 3 ? 2 : 3;
  const std::string guid = world.guid(heir);
  world.crash(heir);
  world.run_for(milliseconds(300));
  world.give(leader, election::TransferTo{guid, BrokerId(heir)});
  world.run_for(seconds(2));
  EXPECT_THAT(world.believers(), SizeIs(1));
}

TEST_P(EveryElector, OneAloneLeadsItself) {
  Conditions alone = setup(true);
  alone.nodes = 1;
  Simulation world(alone);
  EXPECT_EQ(settle(world), 1);
  world.crash(1);
  world.run_for(milliseconds(300));
  world.start(1);
  EXPECT_TRUE(world.run_until([&] { return world.believes(1); }, seconds(3)));
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const election::ElectorKind& kind : electors()) names.emplace_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, EveryElector, ::testing::ValuesIn(names()), [](const auto& run) {
  std::string name = run.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace baton::lab
