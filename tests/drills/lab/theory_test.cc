// What each election costs, against its theory. Convention: without the claim; announcements, beats and acknowledgements are counted
// apart. Where all begin, all begin at once; where one begins, the others vote but do not stand.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "drills/lab/simulation.h"

namespace baton::lab {
namespace {

using election::MessageKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

Conditions quiet(const std::string& elector, int nodes) {
  Conditions setup;
  setup.elector = elector;
  setup.nodes = nodes;
  setup.claim = false;
  setup.even = true;
  return setup;
}

std::vector<int> random_order(int nodes, uint64_t seed) {
  std::vector<int> order(static_cast<size_t>(nodes));
  std::iota(order.begin(), order.end(), 1);
  SeededRandom random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

// Everybody starts at once; the election messages of the first election.
int64_t all_begin(Conditions setup) {
  Simulation world(std::move(setup));
  world.start_all();
  EXPECT_TRUE(world.run_until([&] { return !world.believers().empty(); }, seconds(20)));
  world.run_for(milliseconds(50));
  EXPECT_EQ(world.believers(), (std::vector<int>{world.nodes()}));
  return world.tally().sent(MessageKind::kElection);
}

// The highest dies, and only `witness` knows.
Tally after_death_seen_by(int witness, int nodes) {
  Simulation world(quiet("bully", nodes));
  world.start_all();
  world.run_for(milliseconds(500));
  EXPECT_EQ(world.believers(), (std::vector<int>{nodes}));
  const Tally before = world.tally();
  const std::string guid = world.guid(nodes);
  world.crash(nodes);
  world.give(witness, election::DeathProven{guid, BrokerId(nodes)});
  world.run_for(milliseconds(60));
  EXPECT_EQ(world.believers(), (std::vector<int>{nodes - 1}));
  Tally after = world.tally();
  for (size_t kind = 0; kind < kMessageKinds; ++kind) after.messages[kind] -= before.messages[kind];
  return after;
}

TEST(TheoryTest, BullyAsksOneAtBestAndAllAtWorst) {
  for (int n : {3, 5, 10, 30}) {
    SCOPED_TRACE(n);
    const Tally worst = after_death_seen_by(1, n);
    EXPECT_EQ(worst.sent(MessageKind::kElection), (n - 1) * (n - 1));
    EXPECT_EQ(worst.sent(MessageKind::kAnnouncement), n - 1);
    const Tally best = after_death_seen_by(n - 1, n);
    EXPECT_EQ(best.sent(MessageKind::kElection), 1);
  }
}

TEST(TheoryTest, RingCostsBetweenTwoNLessOneAndHalfOfNSquared) {
  for (int n : {3, 5, 10, 50}) {
    SCOPED_TRACE(n);
    Conditions uphill = quiet("ring", n);
    EXPECT_EQ(all_begin(uphill), 2 * n - 1);
    Conditions downhill = quiet("ring", n);
    for (int id = n; id >= 1; --id) downhill.order.push_back(id);
    EXPECT_EQ(all_begin(downhill), n * (n + 1) / 2);
  }
}

TEST(TheoryTest, RingCostsNTimesTheHarmonicNumberOnTheMean) {
  constexpr int kNodes = 20;
  constexpr int kOrders = 400;
  double sum = 0;
  for (int i = 1; i <= kOrders; ++i) {
    Conditions setup = quiet("ring", kNodes);
    setup.order = random_order(kNodes, static_cast<uint64_t>(i));
    sum += static_cast<double>(all_begin(std::move(setup)));
  }
  double harmonic = 0;
  for (int i = 1; i <= kNodes; ++i) harmonic += 1.0 / i;
  EXPECT_NEAR(sum / kOrders, kNodes * harmonic, 0.04 * kNodes * harmonic);
}

TEST(TheoryTest, HirschbergSinclairKeepsItsBoundWhateverTheOrder) {
  for (int n : {2, 3, 5, 8, 33, 64}) {
    const auto bound = static_cast<int64_t>(8.0 * n * (1 + std::ceil(std::log2(n))));
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Conditions setup = quiet("hirschberg-sinclair", n);
      setup.order = random_order(n, seed);
      EXPECT_LE(all_begin(std::move(setup)), bound) << n << " nodes, order " << seed;
    }
  }
  // Where the plain ring is at its worst, this one is not.
  Conditions downhill = quiet("hirschberg-sinclair", 100);
  for (int id = 100; id >= 1; --id) downhill.order.push_back(id);
  EXPECT_LT(all_begin(downhill), 100 * 101 / 2);
}

// The others can not claim, so they do not stand; they vote.
Tally one_stands(const std::string& elector, int nodes) {
  Simulation world(quiet(elector, nodes));
  for (int id = 2; id <= nodes; ++id) world.cut_from_store(id);
  world.start_all();
  EXPECT_TRUE(world.run_until([&] { return !world.believers().empty(); }, seconds(5)));
  world.run_for(milliseconds(10));
  return world.tally();
}

TEST(TheoryTest, RaftAndPaxosTakeTwoRoundTripsToEverybody) {
  for (int n : {3, 5, 9, 100}) {
    SCOPED_TRACE(n);
    EXPECT_EQ(one_stands("raft", n).sent(MessageKind::kElection), 4 * (n - 1));
    const Tally paxos = one_stands("paxos", n);
    EXPECT_EQ(paxos.sent(MessageKind::kElection), 4 * (n - 1));
    EXPECT_EQ(paxos.sent(MessageKind::kAnnouncement), n - 1);
  }
}

TEST(TheoryTest, RaftWithoutPreVoteTakesOne) {
  Conditions setup = quiet("raft", 5);
  setup.trace = true;
  Simulation world(setup);
  for (int id = 2; id <= 5; ++id) world.cut_from_store(id);
  world.start_all();
  world.run_for(milliseconds(500));
  int64_t pre = 0;
  int64_t votes = 0;
  for (const TraceEvent& event : world.trace()) {
    pre += event.name == "PreVote" || event.name == "PreVoteReply";
    votes += event.name == "Vote" || event.name == "VoteReply";
  }
  EXPECT_EQ(pre, 2 * 4);
  EXPECT_EQ(votes, 2 * 4);
}

TEST(TheoryTest, LeaseCostsOneCompareAndSetARetryPeriod) {
  Simulation world(quiet("lease", 1));
  world.start_all();
  world.run_for(seconds(2));
  const Tally& tally = world.tally();
  EXPECT_EQ(world.believers(), (std::vector<int>{1}));
  EXPECT_LE(std::abs(tally.store_reads - tally.store_writes), 1);
  // A period of 20 ms, up to a fifth more, and two round trips of 2 ms.
  EXPECT_GE(tally.store_writes, 2000 / 28 - 1);
  EXPECT_LE(tally.store_writes, 2000 / 24 + 1);
}

int64_t notified_by_a_death(const std::string& elector, int nodes) {
  Simulation world(quiet(elector, nodes));
  world.start_all();
  world.run_for(seconds(1));
  EXPECT_EQ(world.believers().size(), 1U);
  const int leader = world.believers().front();
  world.crash(leader);
  world.run_for(milliseconds(90));
  const int64_t before = world.tally().notifications;
  world.run_for(milliseconds(12));  // the session ends, and the watches fire
  const int64_t notified = world.tally().notifications - before;
  world.run_for(seconds(1));
  EXPECT_EQ(world.believers().size(), 1U);
  return notified;
}

TEST(TheoryTest, TheQueueWakesOneAndTheHerdAll) {
  for (int n : {3, 10, 50}) {
    SCOPED_TRACE(n);
    EXPECT_EQ(notified_by_a_death("zookeeper", n), 1);
    EXPECT_EQ(notified_by_a_death("herd", n), n - 1);
  }
}

}  // namespace
}  // namespace baton::lab
