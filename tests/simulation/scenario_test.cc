// The scenarios of docs/protocol.md by name, on the control plane: elector, claim, agent and controller as they ship, over a
// simulated network, store and clock.
#include <gtest/gtest.h>

#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Scenario : public ::testing::Test {
 protected:
  void up(ClusterOptions options = {}) {
    cluster_ = std::make_unique<Cluster>(std::move(options));
    cluster().start_all();
    ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(5))) << "no controller";
    cluster().run_for(milliseconds(200));
    cluster().create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5))) << "the topic is not led";
  }
  void TearDown() override {
    clear_mutants();
    if (cluster_) {
      EXPECT_EQ(cluster().invariants.violation().value_or("none"), "none");
    }
  }
  Cluster& cluster() { return *cluster_; }
  bool converges(Duration limit) {
    return cluster().run_until([&] { return !cluster().topics().empty() && cluster().converged(); }, limit);
  }
  int leader(int index = 0) { return cluster().partition("t", index)->leader(); }
  int full_isrs() {
    int full = 0;
    for (int i = 0; i < 6; ++i) full += cluster().partition("t", i)->isr_size() == 3;
    return full;
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(Scenario, EmptyStart) {
  up();
}

TEST_F(Scenario, LeaderKilledIsSucceededByProofWithinMilliseconds) {
  up();
  const int victim = leader();
  const int other = victim == cluster().ruler() ? 0 : victim;
  cluster().kill(victim);
  ASSERT_TRUE(
      cluster().run_until([&] { return leader() != victim && cluster().converged(); }, other ? milliseconds(30) : milliseconds(60)));
}

TEST_F(Scenario, ControllerKilledIsSucceededByProofWithinMilliseconds) {
  up();
  const int former = cluster().ruler();
  cluster().kill(former);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().converged(); }, milliseconds(60)));
}

TEST_F(Scenario, EverythingKilledAndRestarted) {
  up();
  for (int id : {1, 2, 3}) cluster().kill(id);
  cluster().run_for(seconds(3));
  cluster().start_all();
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, EverythingKilledAndRestartedTheStoreToo) {
  up();
  for (int id : {1, 2, 3}) cluster().kill(id);
  cluster().store->set_down(true);
  cluster().run_for(seconds(3));
  cluster().store->set_down(false);
  cluster().start_all();
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, RollingRestart) {
  up();
  for (int id : {1, 2, 3}) {
    cluster().kill(id);
    cluster().run_for(milliseconds(300));
    cluster().start(id);
    ASSERT_TRUE(converges(seconds(5))) << "after " << id;
  }
}

TEST_F(Scenario, KilledAndRestartedWithinFiveMilliseconds) {
  up();
  for (int round = 0; round < 6; ++round) {
    const int id = 1 + round % 3;
    cluster().kill(id);
    cluster().run_for(milliseconds(round));
    cluster().start(id);
    ASSERT_TRUE(converges(seconds(5))) << "round " << round;
  }
}

TEST_F(Scenario, LeaderStoppedTenSecondsThenResumed) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().process(victim).pause();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().converged(); }, seconds(4))) << "silence is bounded";
  cluster().run_for(seconds(10));
  cluster().process(victim).resume();
  cluster().run_for(seconds(2));
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ControllerStoppedWithWritesInFlightThenResumed) {
  up();
  const int former = cluster().ruler();
  cluster().create_topic("u", 3);
  cluster().run_for(milliseconds(1));
  cluster().process(former).pause();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != former; }, seconds(4)));
  cluster().run_for(seconds(3));
  cluster().process(former).resume();
  cluster().run_for(seconds(2));
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, BrokerCutOffFromTheStoreOnly) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().links.cut_both(victim, kStore);
  cluster().run_for(seconds(6));
  EXPECT_TRUE(cluster().run_until([&] { return leader() != 0; }, seconds(1)));
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, BrokerCutOffFromTheControllerOnly) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().links.cut_both(victim, controller);
  cluster().run_for(seconds(6));
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, ControllerCutOffFromTheStoreOnly) {
  up();
  const int former = cluster().ruler();
  cluster().links.cut_both(former, kStore);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != former; }, seconds(5)));
  cluster().run_for(seconds(3));
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, OneWayCutsThatNeverHeal) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 3 ? 2 : 3;
  cluster().links.cut(victim, controller);
  cluster().run_for(seconds(10));
  const int ruler = cluster().ruler();
  ASSERT_NE(ruler, 0);
  int led = 0;
  for (int i = 0; i < 6; ++i) led += leader(i) != -1;
  EXPECT_EQ(led, 6);
}

TEST_F(Scenario, StoreGoneForAMinute) {
  up();
  cluster().store->set_down(true);
  cluster().run_for(seconds(60));
  cluster().store->set_down(false);
  ASSERT_TRUE(converges(seconds(10)));
}

TEST_F(Scenario, ResetForgedByAFirewallIsSilenceOnly) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  const int32_t epoch = cluster().partition("t", 0)->leader_epoch();
  cluster().network->forge_reset(victim, controller);
  cluster().run_for(seconds(3));
  EXPECT_EQ(cluster().partition("t", 0)->leader_epoch(), epoch);
}

TEST_F(Scenario, MutantResetTakenForProofIsCaught) {
  plant(Mutant::reset_taken_for_proof);
  up();
  const int controller = cluster().ruler();
  for (int id : {1, 2, 3}) {
    if (id != controller) cluster().network->forge_reset(id, controller);
  }
  cluster().run_for(seconds(3));
  ASSERT_TRUE(cluster().invariants.violation().has_value());
  EXPECT_NE(cluster().invariants.violation()->find("StoppedBeforeSucceeded"), std::string::npos) << *cluster().invariants.violation();
  cluster_.reset();
}

TEST_F(Scenario, ReplyLostAtTheClaim) {
  ClusterOptions options;
  cluster_ = std::make_unique<Cluster>(options);
  for (int id : {1, 2, 3}) cluster().store->lose_reply_touching(id, paths::kControllerEpoch);
  cluster().start_all();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(10)));
}

TEST_F(Scenario, ReplyLostAtTheTombstone) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().store->lose_reply_touching(controller, paths::kBrokerEpochs);
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtThePages) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().store->lose_reply_touching(controller, paths::kPages);
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtTheMark) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().store->lose_reply_touching(controller, paths::kBrokersRemoved);
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(5)));
  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtTheRegistration) {
  up();
  const int victim = cluster().ruler() == 1 ? 2 : 1;
  cluster().kill(victim);
  cluster().run_for(milliseconds(200));
  cluster().store->lose_reply_touching(victim, paths::kBrokerEpochs);
  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

// Dies at every step of burying another: between tombstone and pages, between pages and mark, and everywhere else.
TEST_F(Scenario, ControllerDeadBetweenTombstonePagesAndMark) {
  for (int step = 1; step < 60; ++step) {
    ClusterOptions options;
    options.seed = static_cast<uint64_t>(step);
    up(options);
    const int controller = cluster().ruler();
    const int victim = controller == 1 ? 2 : 1;
    cluster().kill(victim);
    cluster().run_for(std::chrono::microseconds(100 * step));
    cluster().kill(controller);
    cluster().run_for(seconds(1));
    cluster().start_all();
    ASSERT_TRUE(converges(seconds(8))) << "step " << step;
    ASSERT_EQ(cluster().invariants.violation().value_or("none"), "none");
  }
}

TEST_F(Scenario, SessionExpiredOnly) {
  up();
  for (int id : {1, 2, 3}) {
    cluster().store->expire(id);
    ASSERT_TRUE(converges(seconds(8))) << id;
  }
}

TEST_F(Scenario, MachineRebooted) {
  up();
  cluster().reboot(leader());
  cluster().run_for(seconds(1));
  cluster().start_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, SilentDeathsIdStartedElsewhereBeforeD) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().process(victim).pause();
  cluster().run_for(milliseconds(1300));
  cluster().replace_disk(victim);  // gone for good, and the id comes back on another machine at once
  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, TopicDeletedAndCreatedAgainWhileABrokerWasDown) {
  ClusterOptions options;
  options.brokers = 4;
  up(options);
  cluster().kill(3);
  cluster().delete_topic("t");
  ASSERT_TRUE(cluster().run_until([&] { return cluster().topics().empty(); }, seconds(3)));
  cluster().create_topic("t", 6);
  cluster().start(3);
  ASSERT_TRUE(converges(seconds(5)));
}

}  // namespace
}  // namespace baton::simulation
