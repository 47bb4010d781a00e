// Each planted fault must be caught, by the random walk or, where chance needs too long, by a scenario that breaks an
// invariant with the fault and does not without it: a check that never failed proves nothing.
#include <gtest/gtest.h>

#include <functional>

#include "base/mutants.h"
#include "partitions/state/leader_state.h"
#include "tests/partitions/replica/random_walk.h"

namespace baton {
namespace {

using testing::RandomWalk;
using testing::TestCluster;
using Values = std::vector<std::string>;

class Planted : public ::testing::TestWithParam<Mutant> {
 protected:
  void TearDown() override { clear_mutants(); }
};

TEST_P(Planted, IsCaughtByTheRandomWalk) {
  plant(GetParam());
  for (uint64_t seed = 0; seed < 300; ++seed) {
    if (RandomWalk(seed).run(1500)) return;
  }
  FAIL() << name_of(GetParam()) << " was not caught";
}

INSTANTIATE_TEST_SUITE_P(Mutants, Planted,
                         ::testing::Values(Mutant::hw_on_current_isr_only, Mutant::hw_below_min_isr, Mutant::truncate_to_high_watermark,
                                           Mutant::no_producer_dedup, Mutant::lease_ignored, Mutant::pending_dropped_on_not_controller),
                         [](const auto& planted) { return std::string(name_of(planted.param)); });

TEST(NotPlanted, NothingIsCaught) {
  for (uint64_t seed = 1000; seed < 1030; ++seed) {
    std::optional<std::string> broken = RandomWalk(seed).run(1500);
    EXPECT_FALSE(broken) << seed << ": " << *broken;
  }
}

// -- Scenarios

class Scenario : public ::testing::Test {
 protected:
  void TearDown() override { clear_mutants(); }
  static void expect_caught(Mutant mutant, const std::function<bool()>& broken) {
    EXPECT_FALSE(broken()) << "without the fault";
    plant(mutant);
    EXPECT_TRUE(broken()) << "with it";
  }
  // StrongIsr: 3 is a member, and lacks what was committed.
  static bool third_lacks(TestCluster& cluster, const Values& committed) {
    Values held = cluster.holds(3);
    bool has_all = held.size() >= committed.size() && std::equal(committed.begin(), committed.end(), held.begin());
    return contains(cluster.state().isr, BrokerId(3)) && !has_all;
  }
};

// The new leader's high watermark lags; a follower reaches that, yet not what the former ISR had committed.
TEST_F(Scenario, IsrJoinBeforeEpochStart) {
  expect_caught(Mutant::isr_join_before_epoch_start, [] {
    TestCluster cluster(2);
    cluster.elect(1, {1, 2});
    cluster.tell_all();
    cluster.produce(1, "a");
    cluster.fetch(2);
    cluster.fetch(2);
    cluster.fetch(3);
    cluster.produce(1, "b");
    cluster.produce(1, "c");
    cluster.fetch(2);
    (void)cluster.ask(2);  // 1 commits all; 2 never hears of it
    EXPECT_EQ(cluster.consume(1), (Values{"a", "b", "c"}));
    cluster.kill(1);
    cluster.elect(2, {2});
    cluster.tell_all();
    (void)cluster.ask(3);  // the answer is lost
    cluster.settle_isr(2);
    return third_lacks(cluster, {"a", "b", "c"});
  });
}

// Broker 1 leads epochs 1 and 3, broker 2 leads 2 and does not know that it is over. 3 lives through them late.
TEST_F(Scenario, NoEpochInFetch) {
  expect_caught(Mutant::no_epoch_in_fetch, [] {
    TestCluster cluster(2);
    cluster.elect(1, {1, 2, 3});
    cluster.tell_all();
    cluster.produce(1, "a");
    cluster.replicate();
    cluster.elect(2, {1, 2, 3});
    Leadership second = cluster.image();
    cluster.tell(2);
    cluster.elect(1, {1, 3});
    cluster.tell(1);
    AppendOutcome b = cluster.produce(1, "b");
    cluster.fetch(3);
    cluster.fetch(3);
    bool acknowledged = cluster.replica(1).check(b.wait).error == ErrorCode::kNone && cluster.replica(1).check(b.wait).done;
    (void)cluster.replica(3).become_follower(second, cluster.now());
    cluster.fetch(3);
    return acknowledged && third_lacks(cluster, {"a", "b"});
  });
}

// After fast changes both logs are of one length, and differ in epochs that the other does not know.
TEST_F(Scenario, Kip279Ignored) {
  expect_caught(Mutant::kip_279_ignored, [] {
    TestCluster cluster(1);
    const auto lead = [&](int32_t leader, std::initializer_list<int32_t> isr) {
      cluster.elect(leader, isr);
      cluster.tell_all();
    };
    lead(1, {1, 2});
    cluster.produce(1, "shared");
    cluster.replicate();
    cluster.produce(1, "one-a", 1);  // 1 alone holds this
    cluster.kill(1);
    lead(2, {2});
    cluster.produce(2, "two-b", 1);
    cluster.produce(2, "two-c", 1);
    cluster.kill(2);
    cluster.start(1);
    lead(1, {1});
    cluster.produce(1, "three-a", 1);
    cluster.kill(1);
    cluster.start(2);
    lead(2, {2});
    cluster.produce(2, "four-b", 1);
    cluster.start(1);
    cluster.tell_all();
    cluster.replicate();
    EXPECT_EQ(cluster.holds(2), (Values{"shared", "two-b", "two-c", "four-b"}));
    return cluster.holds(1) != cluster.holds(2);
  });
}

// Replica 3 loses its disk; a fetch of its former life arrives after its new one is known.
TEST_F(Scenario, ReplicaEpochIgnored) {
  expect_caught(Mutant::replica_epoch_ignored, [] {
    TestCluster cluster(2);
    cluster.elect(1, {1, 2});
    cluster.tell_all();
    cluster.produce(1, "a");
    cluster.fetch(2);
    cluster.fetch(2);
    cluster.fetch(3);
    FetchPosition late = *cluster.replica(3).next_fetch();
    BrokerEpoch former = cluster.broker(3).epoch;
    cluster.kill(3);
    EXPECT_TRUE(cluster.broker(3).disk.remove_tree("log").has_value());
    cluster.broker(3).checkpoint = 0;
    cluster.start(3, true);
    cluster.tell_all();
    (void)cluster.replica(1).fetch_for_follower(BrokerId(3), former,
                                                {.offset = late.offset,
                                                 .max_bytes = 1000,
                                                 .current_leader_epoch = late.current_leader_epoch,
                                                 .last_fetched_epoch = late.last_fetched_epoch},
                                                cluster.now());
    cluster.settle_isr(1);
    return third_lacks(cluster, {"a"});
  });
}

// R8: the controller has raised the minimum, 2 left the ISR since, and the leader knows the former minimum: what it committed alone
// would be lost when 2, which is eligible, leads next.
TEST_F(Scenario, HwWhileOthersAreEligible) {
  expect_caught(Mutant::hw_while_others_are_eligible, [] {
    Leadership leadership;
    leadership.state.leader_epoch = LeaderEpoch(5);
    leadership.state.partition_epoch = PartitionEpoch(10);
    leadership.state.leader = BrokerId(1);
    leadership.state.replicas = {BrokerId(1), BrokerId(2), BrokerId(3)};
    leadership.state.isr = {BrokerId(1)};
    leadership.state.eligible = {BrokerId(2)};
    LeaderState leader(BrokerId(1), leadership, 100, 80, Instant{});
    leader.on_append(120);
    return leader.high_watermark() > 80 || !leader.under_min_isr();
  });
}

TEST_F(Scenario, DirtyMayLead) {
  expect_caught(Mutant::dirty_may_lead, [] {
    TestCluster cluster(1);
    cluster.kill(2);
    cluster.start(2, true);
    cluster.elect(2, {2});
    return cluster.tell(2).has_value();
  });
}

}  // namespace
}  // namespace baton
