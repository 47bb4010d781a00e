// The control plane with every elector, those that ask their peers among them: who dies is succeeded at once where the death is proven, and
// in time where it is not; promises outlive a restart; the rule is handed over; cuts between candidates are survived.
#include <gtest/gtest.h>

#include "controller/agent/registration_record.h"
#include "controller/coordination/paths.h"
#include "controller/election/catalog.h"
#include "controller/runtime/election_memory.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EveryElector : public ::testing::TestWithParam<std::string> {
 protected:
  void up(ClusterOptions options = {}) {
    options.election = GetParam();
    cluster_ = std::make_unique<Cluster>(std::move(options));
    cluster().start_all();
    ASSERT_TRUE(rules_anew(0, seconds(5))) << "no controller";
    cluster().run_for(milliseconds(500));
    cluster().create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5))) << "the topic is not led";
    cluster().run_for(milliseconds(500));
  }
  void TearDown() override {
    if (cluster_) {
      EXPECT_EQ(cluster().invariants.violation().value_or("none"), "none");
    }
  }
  Cluster& cluster() { return *cluster_; }
  bool converges(Duration limit) {
    return cluster().run_until([&] { return !cluster().topics().empty() && cluster().converged(); }, limit);
  }
  bool rules_anew(int former, Duration limit) {
    return cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != former; }, limit);
  }
  bool asks_peers() const { return (*election::find_elector(GetParam()))->asks_peers; }
  int another_than(int id) const { return id % 3 + 1; }

  std::unique_ptr<Cluster> cluster_;
};

TEST_P(EveryElector, AProvenDeathOfTheRulerIsNotWaitedFor) {
  up();
  // Each in turn, so that the nominee and others die, and come back to a rule that is not theirs.
  for (int round = 0; round < 4; ++round) {
    const int former = cluster().ruler();
    cluster().kill(former);
    // The herd alone waits for the session.
    ASSERT_TRUE(rules_anew(former, GetParam() == "herd" ? seconds(3) : milliseconds(60))) << "round " << round << ", of " << former;
    const int successor = cluster().ruler();
    cluster().run_for(seconds(2));
    cluster().start(former);
    cluster().run_for(seconds(2));
    EXPECT_EQ(cluster().ruler(), successor) << "who returns does not take the rule along";
  }
}

TEST_P(EveryElector, ARulerThatIsStoppedIsSucceededAndStaysSo) {
  up();
  const int former = cluster().ruler();
  cluster().process(former).pause();
  ASSERT_TRUE(rules_anew(former, seconds(5)));
  cluster().run_for(seconds(3));
  const int successor = cluster().ruler();
  cluster().process(former).resume();
  cluster().run_for(seconds(3));
  EXPECT_EQ(cluster().ruler(), successor);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_P(EveryElector, EverythingIsKilledAndStartedAgain) {
  up();
  for (int id : {1, 2, 3}) cluster().kill(id);
  cluster().run_for(milliseconds(100));
  cluster().start_all();
  ASSERT_TRUE(rules_anew(0, seconds(6)));
  ASSERT_TRUE(converges(seconds(6)));
}

TEST_P(EveryElector, TheRuleIsHandedOver) {
  up();
  cluster().run_for(seconds(1));
  for (int round = 0; round < 3; ++round) {
    const int heir = another_than(cluster().ruler());
    cluster().transfer(heir);
    ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() == heir; }, milliseconds(800))) << "round " << round;
    cluster().run_for(seconds(8));  // longer than an heir's name stands
    EXPECT_EQ(cluster().ruler(), heir);
  }
  ASSERT_TRUE(converges(seconds(3)));
}

TEST_P(EveryElector, ABetterCandidateTakesTheRule) {
  ClusterOptions options;
  options.priorities = {{1, 10}};
  up(options);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() == 1; }, seconds(30)));
  cluster().run_for(seconds(10));
  EXPECT_EQ(cluster().ruler(), 1);
}

TEST_P(EveryElector, ARulerThatStopsInGoodOrderIsSucceeded) {
  up();
  const int former = cluster().ruler();
  cluster().process(former).shut_down();
  ASSERT_TRUE(rules_anew(former, GetParam() == "zookeeper" ? milliseconds(200) : milliseconds(900)));
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_P(EveryElector, ControllersThatAreNoBrokersElectAmongThemselves) {
  ClusterOptions options;
  options.controllers = 3;
  up(options);
  const int former = cluster().ruler();
  EXPECT_GT(former, 3);
  cluster().kill(former);
  ASSERT_TRUE(rules_anew(former, GetParam() == "herd" ? seconds(3) : milliseconds(60)));
  EXPECT_GT(cluster().ruler(), 3);
}

// One candidate is cut off from its peers, not from the store: whoever is nominated on either side, one rules, and after the cut too.
TEST_P(EveryElector, ACutBetweenCandidatesNeverLeavesTwoRulersOrNone) {
  up();
  for (int round = 0; round < 3; ++round) {
    const int alone = cluster().ruler();
    for (int other : {1, 2, 3}) {
      if (other != alone) cluster().links.cut_both(alone, other);
    }
    cluster().run_for(seconds(6));
    EXPECT_NE(cluster().ruler(), 0) << "round " << round;
    EXPECT_NE(cluster().ruler(), alone) << "who hears no broker gives the rule up";
    cluster().links.heal_all();
    ASSERT_TRUE(converges(seconds(6))) << "round " << round;
    cluster().run_for(seconds(2));
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryElector,
                         ::testing::Values("zookeeper", "herd", "bully", "ring", "hirschberg-sinclair", "raft", "paxos", "lease"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Promises, ARestartIsGivenWhatWasPromised) {
  ClusterOptions options;
  options.election = "raft";
  Cluster cluster(options);
  cluster.start_all();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5)));
  cluster.run_for(seconds(1));
  const auto term_of = [&](int id) {
    const auto memory = node::from_file(cluster.machine(id).promises, "a file");
    EXPECT_TRUE(memory);
    EXPECT_EQ(memory->elector(), "raft");
    EXPECT_EQ(memory->voters_size(), 3);
    Reader in(memory->state());
    return in.varlong();
  };
  const int64_t before = term_of(1);
  EXPECT_GE(before, 1);
  for (int id : {1, 2, 3}) cluster.kill(id);
  cluster.start_all();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(6)));
  EXPECT_GT(term_of(1), before) << "the terms began anew";
}

// Others may count on what it forgot: until that is over, it neither asks nor answers.
TEST(Promises, WhoHasForgottenItsOwnWaits) {
  for (const char* elector : {"raft", "paxos"}) {
    ClusterOptions options;
    options.election = elector;
    Cluster cluster(options);
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5)));
    cluster.run_for(seconds(1));
    cluster.known_cluster = *agent::parse_cluster(cluster.store->tree().find(paths::kClusterId)->data);
    for (int id : {1, 2, 3}) cluster.kill(id);
    for (int id : {1, 2, 3}) cluster.machine(id).promises.clear();
    cluster.run_for(seconds(3));  // no session is left to be waited for
    cluster.start_all();
    const Duration pause = election::ElectionTiming().suspect * 2;
    EXPECT_FALSE(cluster.run_until([&] { return !cluster.machine(1).promises.empty() || cluster.ruler() != 0; }, pause)) << elector;
    EXPECT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5))) << elector;
    EXPECT_EQ(cluster.invariants.violation().value_or("none"), "none");
  }
}

TEST(Promises, ThoseOfAnotherClusterArePutAside) {
  ClusterOptions options;
  options.election = "raft";
  Cluster cluster(options);
  control::ElectionMemory memory;
  memory.set_cluster_id("another");
  memory.set_elector("raft");
  Writer term;
  term.varlong(1'000'000);
  term.varint(-1);
  memory.set_state(term.take());
  cluster.machine(1).promises = node::to_file(memory);
  cluster.start_all();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5)));
  cluster.run_for(seconds(1));
  const auto kept = node::from_file(cluster.machine(1).promises, "a file");
  ASSERT_TRUE(kept);
  EXPECT_NE(kept->cluster_id(), "another");
  Reader in(kept->state());
  EXPECT_LT(in.varlong(), 1000);
}

// A mistake in controller.election: the one that differs is not heard, and the others go on.
TEST(Promises, WhoElectsByAnotherWayIsNotHeard) {
  ClusterOptions options;
  options.election = "bully";
  Cluster cluster(options);
  cluster.elections = {{3, "ring"}};
  cluster.start_all();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5)));
  const int former = cluster.ruler();
  cluster.kill(former);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0 && cluster.ruler() != former; }, seconds(5)));
  EXPECT_EQ(cluster.invariants.violation().value_or("none"), "none");
}

}  // namespace
}  // namespace baton::simulation
