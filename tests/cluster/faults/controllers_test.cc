// Controllers that are no brokers beside brokers that are no candidates: what each is, what becomes of the cluster when they die, one
// and all, and that the drill which kills the controller works there.
#include <gtest/gtest.h>

#include "drills/scenarios/kill_leader.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

class Controllers : public testing::Test {
 protected:
  support::CommandOutcome baton(const std::string& arguments) {
    return support::run_command(BATON_BINARY_DIR "/bin/baton-cli " + arguments + " --dir " + (rig.dir() / "cluster"));
  }

  SystemClock clock;
  LocalCluster rig{cluster::UpOptions{.brokers = 3, .controllers = 2, .settings = patient()}};
};

TEST_F(Controllers, RuleAndLeadNothing) {
  cluster::ClusterState state = rig.state();
  EXPECT_GE(state.controller_id, cluster::kFirstController);
  ASSERT_EQ(state.brokers.size(), 3u) << "a controller is registered as a broker";
  ASSERT_EQ(state.controllers.size(), 2u);
  for (const cluster::ControllerState& each : state.controllers) {
    EXPECT_EQ(each.state, each.id == state.controller_id ? "rules" : "stands by");
  }
  drills::Bed bed(rig.place(), "served", {1, 2, 3});
  must(bed.prepare(), "preparing");
  await("enough was written", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 600; });
  for (int id : bed.partition().replicas) EXPECT_LT(id, cluster::kFirstController);
  expect_nothing_lost(bed);
  // A file of theirs beside identity and lock would be a log.
  for (const auto& entry : std::filesystem::directory_iterator(rig.cluster().directory().broker(cluster::kFirstController) / "data")) {
    EXPECT_FALSE(entry.is_directory()) << entry.path();
  }
}

TEST_F(Controllers, TheDrillKillsTheOneThatRules) {
  const int ruler = rig.state().controller_id;
  const Standing before = Standing::of(rig.state());
  auto report = conclusive([&] {
    return drills::kill_leader(rig.cluster(), {.victim = drills::Victim::kController},
                               [](const drills::Round& round) { std::cout << drills::round_for_people(round); });
  });
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass) << drills::summary_for_people(report);
  ASSERT_EQ(report.rounds.size(), 1u);
  EXPECT_EQ(report.rounds.front().victim, ruler);
  EXPECT_EQ(report.rounds.front().roles, "controller");
  EXPECT_EQ(report.rounds.front().detected_by, "proof");
  EXPECT_EQ(report.rounds.front().findings.lost, 0u);
  EXPECT_EQ(Standing::of(rig.state()).broker_epochs, before.broker_epochs) << "no broker was taken for dead";
  rig.await_health();
  EXPECT_NE(rig.state().controller_id, ruler);
}

TEST_F(Controllers, WithoutAnyTheClusterSaysSoAndServesOn) {
  drills::Bed bed(rig.place(), "served", {1, 2, 3});
  must(bed.prepare(), "preparing");
  for (int id : {101, 102}) {
    auto killed = baton("kill " + std::to_string(id));
    EXPECT_EQ(killed.code, 0) << killed.error;
  }
  must(rig.cluster().refresh(), "refreshing");
  support::CommandOutcome shown;
  await("status says that nobody stands", [&] {
    shown = baton("status");
    return shown.out.find("nobody stands for election") != std::string::npos;
  });
  EXPECT_EQ(shown.code, 1);
  auto asked = baton("controller status");
  EXPECT_EQ(asked.code, 1) << asked.out;
  EXPECT_TRUE(asked.out.starts_with("No controller: nobody stands for election")) << asked.out;
  await("acks=all writes go on", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 300; });
  for (int id : {101, 102}) {
    auto started = baton("start " + std::to_string(id));
    // The first one waits until the other is there, too, or it is held down: either is well.
    EXPECT_EQ(started.code, 0) << started.error;
  }
  must(rig.cluster().refresh(), "refreshing");
  rig.await_health();
  expect_nothing_lost(bed);
}

TEST_F(Controllers, HandTheRuleToEachOther) {
  const int ruler = rig.state().controller_id;
  auto moved = baton("controller transfer");
  EXPECT_EQ(moved.code, 0) << moved.error;
  await("the other one rules", [&] { return rig.state().controller_id == (ruler == 101 ? 102 : 101); });
  auto refused = baton("controller transfer --to 1");
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.error.find("1 does not stand for election"), std::string::npos) << refused.error;
}

}  // namespace
}  // namespace baton::rig
