// Scenarios of docs/protocol.md in which supervisors have their say (R6), and hosts that stall: the control plane as it ships, over
// a simulated network, store and clock. The supervisor's words are delivered by hand, as from a connection of its own.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/mutants.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SupervisorScenario : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5))) << "no controller";
    cluster.run_for(milliseconds(200));
    for (int id : {1, 2, 3}) cluster.create_topic("led-by-" + std::to_string(id), 1, {id, id % 3 + 1, (id + 1) % 3 + 1});
    ASSERT_TRUE(cluster.run_until([&] { return cluster.topics().size() == 3 && cluster.converged(); }, seconds(5)));
    cluster.run_for(milliseconds(300));
    controller = cluster.ruler();
    victim = controller % 3 + 1;
    other = victim % 3 + 1;
  }
  void TearDown() override {
    clear_mutants();
    const std::string violation = cluster.invariants.violation().value_or("none");
    const bool as_told =
        std::any_of(violated.begin(), violated.end(), [&](const char* name) { return violation.find(name) != std::string::npos; });
    EXPECT_TRUE(as_told) << violation;
  }

  struct Life {
    int id = 0;
    std::string incarnation;
    int64_t epoch = -1;
  };
  Life life_of(int id) {
    const auto* known = cluster.process(cluster.ruler()).node()->controller()->members().registration(BrokerId(id));
    return {id, std::string(known->incarnation.raw()), known->epoch.value()};
  }
  std::string cluster_id() { return status(controller).cluster_id(); }

  void say(int to, control::Request request) {
    control::Frame frame;
    *frame.mutable_request() = std::move(request);
    cluster.process(to).deliver(node::FrameReceived{stream_ += 2, std::move(frame)});
  }
  void report(int to, const Life& life) {
    control::Request request;
    control::BrokerDied& died = *request.mutable_broker_died();
    died.set_broker_id(life.id);
    died.set_incarnation(life.incarnation);
    died.set_broker_epoch(life.epoch);
    died.set_cluster_id(cluster_id_);
    died.set_how("killed by signal 9");
    say(to, std::move(request));
  }
  void ask_to_kill(int to, const Life& life) {
    control::Request request;
    control::AskToKill& asked = *request.mutable_ask_to_kill();
    asked.set_broker_id(life.id);
    asked.set_incarnation(life.incarnation);
    asked.set_broker_epoch(life.epoch);
    asked.set_cluster_id(cluster_id_);
    say(to, std::move(request));
  }
  void stalled(int id, bool is) {
    control::Request request;
    request.set_correlation(++correlation_);
    request.mutable_host_stalled()->set_stalled(is);
    cluster.process(id).host()->submit(request);
  }
  control::Status status(int id) {
    control::Request query;
    query.set_correlation(++correlation_);
    query.mutable_query_status();
    cluster.process(id).host()->submit(query);
    RoleKeeper& host = cluster.host(id);
    EXPECT_TRUE(cluster.run_until([&, at = correlation_] { return host.responses.contains(at); }, seconds(1)));
    return host.responses[correlation_].status();
  }
  // How often this node has told of the stage.
  int64_t stages(int node, int broker, const std::string& name) {
    const control::Status told = status(node);
    return std::count_if(told.recent().begin(), told.recent().end(),
                         [&](const control::FailoverStage& stage) { return stage.broker_id() == broker && stage.stage() == name; });
  }
  int leader_of(int id) { return cluster.partition("led-by-" + std::to_string(id), 0)->leader(); }
  // No watch connection of this broker can prove its death any more.
  void forbid_proof(int id) {
    for (int watcher : {1, 2, 3}) {
      if (watcher != id) cluster.network->forge_reset(id, watcher);
    }
    cluster.run_for(milliseconds(1));
  }

  std::vector<const char*> violated = {"none"};  // what must have been, any of these
  Cluster cluster{ClusterOptions{}};
  int controller = 0, victim = 0, other = 0;
  std::string cluster_id_;
  uint64_t correlation_ = 0;
  node::StreamId stream_ = 1'000'000;
};

TEST_F(SupervisorScenario, AReportIsProofWhereNoConnectionTells) {
  cluster_id_ = cluster_id();
  const Life life = life_of(victim);
  forbid_proof(victim);
  cluster.kill(victim);
  cluster.run_for(milliseconds(20));
  ASSERT_EQ(leader_of(victim), victim) << "something else has proven it: this would prove nothing";
  report(controller, life);
  EXPECT_TRUE(cluster.run_until([&] { return leader_of(victim) != victim; }, milliseconds(50)));
  EXPECT_EQ(stages(controller, victim, "reported_by_supervisor"), 1);
}

TEST_F(SupervisorScenario, AReportIsPutAsideWhileAStreamOfThatLifeStands) {
  cluster_id_ = cluster_id();
  const Life life = life_of(victim);
  // The host is cut off and then dies: nobody sees its connections end, so they stand until they are silent.
  for (int end : {kStore, controller, other}) cluster.links.cut_both(victim, end);
  cluster.kill(victim);
  report(controller, life);
  cluster.run_for(milliseconds(700));
  EXPECT_EQ(leader_of(victim), victim);
  // Then it is proven: without the report, the lease and its drift would be waited out besides.
  EXPECT_TRUE(cluster.run_until([&] { return leader_of(victim) != victim; }, milliseconds(600)));
}

TEST_F(SupervisorScenario, AReportOfALivingBrokerKillsNobody) {
  cluster_id_ = cluster_id();
  const Life broker = life_of(victim), ruler = life_of(controller);
  for (int to : {1, 2, 3}) {
    report(to, broker);
    report(to, ruler);
  }
  cluster.run_for(seconds(12));
  EXPECT_TRUE(cluster.converged());
  EXPECT_EQ(cluster.ruler(), controller);
  for (int id : {1, 2, 3}) EXPECT_EQ(leader_of(id), id);
  EXPECT_EQ(life_of(victim).incarnation, broker.incarnation);
  EXPECT_EQ(life_of(controller).epoch, ruler.epoch);
}

TEST_F(SupervisorScenario, AReportOfAnotherLifeKillsNobody) {
  cluster_id_ = cluster_id();
  const Life former = life_of(victim);
  cluster.kill(victim);
  cluster.run_for(milliseconds(5));
  cluster.start(victim);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.converged() && life_of(victim).incarnation != former.incarnation; }, seconds(5)));
  const Life now = life_of(victim);
  report(controller, former);
  report(controller, {victim, now.incarnation, former.epoch});
  report(controller, {victim, former.incarnation, now.epoch});
  cluster.run_for(seconds(12));
  EXPECT_EQ(life_of(victim).incarnation, now.incarnation);
  EXPECT_EQ(stages(controller, victim, "reported_by_supervisor"), 0);
}

// Who lives and is taken for dead acts still when its successor does, or when it is marked removed: whichever comes first.
const std::vector<const char*> kTakenForDead = {"StoppedBeforeSucceeded", "MarkAfterLease"};

TEST_F(SupervisorScenario, MutantReportOfAnyLifeIsCaught) {
  plant(Mutant::report_of_any_life);
  violated = kTakenForDead;
  cluster_id_ = cluster_id();
  const Life life = life_of(victim);
  report(controller, {victim, life.incarnation, life.epoch - 1});
  cluster.run_for(seconds(1));
}

TEST_F(SupervisorScenario, MutantReportAgainstTheStreamIsCaught) {
  plant(Mutant::report_against_the_stream);
  violated = kTakenForDead;
  cluster_id_ = cluster_id();
  report(controller, life_of(victim));
  cluster.run_for(seconds(1));
}

TEST_F(SupervisorScenario, TheStandbyTakesTheReportOfTheControllersDeath) {
  cluster_id_ = cluster_id();
  const Life life = life_of(controller);
  forbid_proof(controller);
  cluster.kill(controller);
  cluster.run_for(milliseconds(20));
  ASSERT_EQ(cluster.ruler(), 0);
  for (int to : {victim, other}) report(to, life);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, milliseconds(100)));
}

TEST_F(SupervisorScenario, TheControllerGrantsOneKillAtATime) {
  cluster_id_ = cluster_id();
  ask_to_kill(controller, life_of(victim));
  ask_to_kill(controller, life_of(other));
  ask_to_kill(controller, life_of(controller));
  EXPECT_EQ(stages(controller, victim, "kill_granted"), 1);
  EXPECT_EQ(stages(controller, other, "kill_granted"), 0);
  EXPECT_EQ(stages(controller, controller, "kill_granted"), 0);
  // Nobody was killed: the grant runs out.
  cluster.run_for(milliseconds(200));
  ask_to_kill(controller, life_of(other));
  EXPECT_EQ(stages(controller, other, "kill_granted"), 1);
}

TEST_F(SupervisorScenario, NobodyIsKilledWhileTheStoreIsAway) {
  cluster_id_ = cluster_id();
  cluster.store->set_down(true);
  cluster.run_for(milliseconds(700));
  ask_to_kill(controller, life_of(victim));
  EXPECT_EQ(stages(controller, victim, "kill_granted"), 0);
  cluster.store->set_down(false);
  cluster.run_for(seconds(2));
  ask_to_kill(controller, life_of(victim));
  EXPECT_EQ(stages(controller, victim, "kill_granted"), 1);
}

TEST_F(SupervisorScenario, ASecondKillWaitsUntilTheFirstOneIsBack) {
  cluster_id_ = cluster_id();
  ask_to_kill(controller, life_of(victim));
  cluster.kill(victim);
  cluster.run_for(milliseconds(500));
  ask_to_kill(controller, life_of(other));
  EXPECT_EQ(stages(controller, other, "kill_granted"), 0);
  cluster.start(victim);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.converged(); }, seconds(5)));
  cluster.run_for(milliseconds(500));
  ask_to_kill(controller, life_of(other));
  EXPECT_EQ(stages(controller, other, "kill_granted"), 1);
}

TEST_F(SupervisorScenario, AStandbyGrantsTheKillOfAControllerThatItDoesNotHearAndOfNobodyElse) {
  cluster_id_ = cluster_id();
  const Life ruler = life_of(controller), broker = life_of(victim);
  const int first = std::min(victim, other), second = std::max(victim, other);
  cluster.run_for(milliseconds(150));
  ask_to_kill(first, broker);
  cluster.process(controller).pause();
  cluster.run_for(milliseconds(20));
  for (int to : {first, second}) ask_to_kill(to, ruler);
  EXPECT_EQ(stages(first, controller, "kill_granted"), 0) << "it was heard a moment ago";
  cluster.run_for(milliseconds(300));
  for (int to : {first, second}) {
    ask_to_kill(to, broker);
    ask_to_kill(to, {controller, broker.incarnation, ruler.epoch});
    ask_to_kill(to, ruler);
  }
  EXPECT_EQ(stages(first, controller, "kill_granted"), 1);
  EXPECT_EQ(stages(second, controller, "kill_granted"), 0) << "two voices";
  EXPECT_EQ(stages(first, victim, "kill_granted"), 0);
  cluster.kill(controller);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, milliseconds(100)));
}

TEST_F(SupervisorScenario, ANewControllerGrantsNothingWhileTheFormerOnesGrantsMayBeGood) {
  cluster_id_ = cluster_id();
  std::map<int, Life> lives;
  for (int id : {victim, other}) lives[id] = life_of(id);
  cluster.kill(controller);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5)));
  const int now = cluster.ruler(), hung = now == victim ? other : victim;
  ASSERT_TRUE(cluster.run_until([&] { return cluster.process(now).node()->controller() != nullptr; }, seconds(5)));
  for (int i = 0; i < 10; ++i) {
    ask_to_kill(now, lives[hung]);
    cluster.run_for(milliseconds(10));
  }
  EXPECT_EQ(stages(now, hung, "kill_granted"), 0);
}

TEST_F(SupervisorScenario, AStalledHostIsSilentAndIsSucceeded) {
  stalled(victim, true);
  EXPECT_TRUE(cluster.run_until([&] { return leader_of(victim) != victim; }, milliseconds(2500)));
  stalled(victim, false);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.converged(); }, seconds(10)));
}

TEST_F(SupervisorScenario, AStallThatEndsSoonCostsNothing) {
  const Life before = life_of(victim);
  stalled(victim, true);
  cluster.run_for(milliseconds(400));
  stalled(victim, false);
  cluster.run_for(seconds(5));
  EXPECT_EQ(life_of(victim).incarnation, before.incarnation);
  EXPECT_EQ(leader_of(victim), victim);
}

}  // namespace
}  // namespace baton::simulation
