// Where each algorithm breaks on its own, shown, and that the claim mends it. And what some of them promise by themselves.
#include <gmock/gmock.h>

#include "drills/lab/simulation.h"

namespace baton::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Conditions setup_of(const std::string& elector, bool claim, uint64_t seed = 1) {
  Conditions setup;
  setup.elector = elector;
  setup.claim = claim;
  setup.seed = seed;
  return setup;
}

int settle(Simulation& world) {
  world.start_all();
  EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(5)));
  world.run_for(milliseconds(600));
  EXPECT_THAT(world.believers(), SizeIs(1));
  return world.believers().front();
}

// The leader and one other on one side, three on the other; the store is reached from both.
void split(Simulation& world, int leader) {
  const int friend_of_leader = leader == 1 ? 2 : 1;
  std::vector<std::vector<int>> groups = {{leader, friend_of_leader}, {}};
  for (int id = 1; id <= world.nodes(); ++id) {
    if (id != leader && id != friend_of_leader) groups[1].push_back(id);
  }
  world.partition(groups);
}

class NoMajority : public ::testing::TestWithParam<const char*> {};

TEST_P(NoMajority, TwoLeadInAPartition) {
  Simulation alone(setup_of(GetParam(), false));
  split(alone, settle(alone));
  alone.run_for(seconds(1));
  EXPECT_THAT(alone.believers(), SizeIs(2)) << "one on each side";
  EXPECT_GT(alone.tally().double_time, milliseconds(500));
  EXPECT_GT(alone.tally().deposed_writes, 10);
  alone.heal();
  alone.run_for(seconds(1));
  EXPECT_THAT(alone.believers(), SizeIs(1)) << "of two who hear of each other one gives way";

  Simulation claimed(setup_of(GetParam(), true));
  split(claimed, settle(claimed));
  claimed.run_for(seconds(1));
  EXPECT_THAT(claimed.nominees(), SizeIs(2)) << "the claim changes nothing of what is proposed";
  EXPECT_THAT(claimed.believers(), SizeIs(1));
  EXPECT_EQ(claimed.tally().deposed_writes, 0);
}

TEST_P(NoMajority, ASlowLeaderActsBesideItsSuccessor) {
  Simulation alone(setup_of(GetParam(), false));
  const int leader = settle(alone);
  alone.pause(leader);
  alone.run_for(milliseconds(400));
  ASSERT_THAT(alone.believers(), SizeIs(1));
  alone.resume(leader);
  EXPECT_TRUE(alone.run_until([&] { return alone.believers().size() == 2; }, milliseconds(1)));
  alone.run_for(milliseconds(100));
  EXPECT_GT(alone.tally().deposed_writes, 0);

  Simulation claimed(setup_of(GetParam(), true));
  const int ruler = settle(claimed);
  claimed.pause(ruler);
  claimed.run_for(seconds(1));
  ASSERT_THAT(claimed.believers(), SizeIs(1));
  claimed.resume(ruler);
  claimed.run_for(milliseconds(500));
  EXPECT_EQ(claimed.tally().deposed_writes, 0);
}

INSTANTIATE_TEST_SUITE_P(Each, NoMajority, ::testing::Values("bully", "ring", "hirschberg-sinclair", "template"), [](const auto& run) {
  std::string name = run.param;
  std::erase(name, '-');
  return name;
});

// It looks whether it leads, is stopped, and writes when it goes on: whatever elected it.
int64_t writes_of_the_stopped(const std::string& elector, bool claim) {
  int64_t deposed = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Simulation world(setup_of(elector, claim, seed));
    const int leader = settle(world);
    world.run_for(std::chrono::microseconds(250) * static_cast<int64_t>(seed));
    world.pause(leader);
    EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(3)));
    world.run_for(milliseconds(50));
    world.resume(leader);
    world.run_for(milliseconds(50));
    deposed += world.tally().deposed_writes;
    EXPECT_THAT(world.tally().violations, IsEmpty());
  }
  return deposed;
}

class StoppedHolder : public ::testing::TestWithParam<const char*> {};

TEST_P(StoppedHolder, WritesLateUnlessATokenFencesIt) {
  EXPECT_GT(writes_of_the_stopped(GetParam(), false), 0);
  EXPECT_EQ(writes_of_the_stopped(GetParam(), true), 0);
}

INSTANTIATE_TEST_SUITE_P(Each, StoppedHolder, ::testing::Values("lease", "raft", "paxos", "zookeeper", "herd"),
                         [](const auto& run) { return std::string(run.param); });

class Majority : public ::testing::TestWithParam<const char*> {};

TEST_P(Majority, NobodyStaysNominatedWithoutOne) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Simulation world(setup_of(GetParam(), false, seed));
    const int leader = settle(world);
    split(world, leader);
    EXPECT_TRUE(world.run_until([&] { return !world.nominated(leader); }, world.setup().timing.suspect + milliseconds(1)));
    EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(3)));
    EXPECT_EQ(world.tally().double_nominations, 0);
    EXPECT_EQ(world.tally().double_time, Duration{});
  }
}

TEST_P(Majority, NobodyIsNominatedWhereNoSideHasOne) {
  Simulation world(setup_of(GetParam(), false));
  const int leader = settle(world);
  world.partition({{1}, {2, 3}, {4, 5}});
  world.run_until([&] { return !world.nominated(leader); }, milliseconds(101));
  world.run_for(seconds(3));
  EXPECT_THAT(world.nominees(), IsEmpty());
  world.heal();
  EXPECT_TRUE(world.run_until([&] { return world.believers().size() == 1; }, seconds(3)));
}

INSTANTIATE_TEST_SUITE_P(Each, Majority, ::testing::Values("raft", "paxos"), [](const auto& run) { return std::string(run.param); });

TEST(WeaknessTest, WhoIsCutOffFromTheStoreGoesOnBelievingInTheQueueButNotInTheLease) {
  Simulation queue(setup_of("zookeeper", false));
  const int first = settle(queue);
  queue.cut_from_store(first);
  queue.run_for(seconds(1));
  EXPECT_THAT(queue.believers(), SizeIs(2)) << "nobody has told the first that its session is over";

  Simulation lease(setup_of("lease", false));
  const int holder = settle(lease);
  lease.cut_from_store(holder);
  lease.run_for(seconds(1));
  EXPECT_THAT(lease.believers(), SizeIs(1));
  EXPECT_EQ(lease.tally().double_time, Duration{});
}

TEST(WeaknessTest, AReturningBullyTakesOverFromAHealthyLeader) {
  Simulation world(setup_of("bully", false));
  ASSERT_EQ(settle(world), 5);
  world.crash(5);
  world.run_for(seconds(1));
  ASSERT_THAT(world.believers(), ElementsAre(4));
  world.start(5);
  world.run_for(seconds(1));
  EXPECT_THAT(world.believers(), ElementsAre(5));
}

class Patient : public ::testing::TestWithParam<const char*> {};

TEST_P(Patient, AReturningNodeDisturbsNobody) {
  Simulation world(setup_of(GetParam(), false));
  const int leader = settle(world);
  const int other = leader == 5 ? 4 : 5;
  world.crash(other);
  world.run_for(seconds(1));
  const int64_t before = world.tally().changes;
  world.start(other);
  world.run_for(seconds(1));
  EXPECT_THAT(world.believers(), ElementsAre(leader));
  EXPECT_EQ(world.tally().changes, before);
}

INSTANTIATE_TEST_SUITE_P(Each, Patient, ::testing::Values("ring", "raft", "paxos", "lease", "zookeeper", "herd"),
                         [](const auto& run) { return std::string(run.param); });

TEST(WeaknessTest, APriorityDecidesWhereAnAlgorithmRanks) {
  for (const char* elector : {"bully", "ring", "hirschberg-sinclair"}) {
    Conditions setup = setup_of(elector, true);
    setup.priorities[2] = 10;
    Simulation world(setup);
    EXPECT_EQ(settle(world), 2) << elector;
  }
}

}  // namespace
}  // namespace baton::lab
