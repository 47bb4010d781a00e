// Real clusters whose controllers are elected by another algorithm than the queue: what kills, stops and hand-overs do is the same.
#include <gtest/gtest.h>
#include <signal.h>

#include "cli/cluster/controller_request.h"
#include "drills/scenarios/kill_leader.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

class Elections : public testing::TestWithParam<const char*> {
 protected:
  // Tests that stop a broker can not have it killed by its supervisor.
  LocalCluster rig{{{"controller.election", GetParam()}, {"broker.supervised", "false"}}};
};

TEST_P(Elections, AKilledControllerIsSucceededAndNothingIsLost) {
  const cluster::ClusterState before = rig.state();
  auto report = must(drills::kill_leader(rig.cluster(), {.victim = drills::Victim::kBoth},
                                         [](const drills::Round& round) { std::cout << drills::round_for_people(round); }),
                     "the drill");
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass) << drills::summary_for_people(report);
  ASSERT_EQ(report.rounds.size(), 1u);
  EXPECT_GT(report.rounds.front().findings.acknowledged, 0u);
  EXPECT_EQ(report.rounds.front().findings.lost, 0u);
  const cluster::ClusterState after = rig.state();
  EXPECT_NE(after.controller_id, before.controller_id);
  EXPECT_GT(after.controller_epoch, before.controller_epoch);
}

TEST_P(Elections, AStoppedControllerIsDeposedAndStaysSo) {
  const int stopped = rig.state().controller_id;
  const pid_t pid = rig.broker(stopped).pid;
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  await("another rules", [&] { return rig.state().controller_id > 0 && rig.state().controller_id != stopped; });
  const int successor = rig.state().controller_id;
  ASSERT_EQ(::kill(pid, SIGCONT), 0);
  rig.await_health();
  EXPECT_EQ(rig.state().controller_id, successor) << "who returns does not take over";
}

TEST_P(Elections, TheRuleIsHandedToWhomItIsWished) {
  for (int round = 0; round < 3; ++round) {
    rig.await_health();
    const int heir = rig.state().controller_id % 3 + 1;
    control::Request wish;
    wish.mutable_transfer_controller()->set_to(heir);
    // A candidate that has not followed for long enough is refused: it is asked for until it has.
    await("the rule is handed over", [&] {
      auto answer = cluster::ask_controller(rig.cluster().description(), wish, client::after(kPatience));
      return answer && answer->transferred().id() == heir;
    });
    await("every node knows who rules", [&] { return rig.state().controller_id == heir; });
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Elections, testing::Values("herd", "lease"), [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace baton::rig
