// The drill that kills a broker, once for each role that can die, as `baton drill kill-leader --victim …` runs it: the death is
// proven, exactly the victim died, the roles passed on that it had and no others, and nothing is lost.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "drills/scenarios/kill_leader.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

struct Case {
  drills::Victim victim;
  const char* roles;
  bool leader_dies, controller_dies;
};

constexpr Case kCases[] = {{drills::Victim::kLeader, "leader", true, false},
                           {drills::Victim::kFollower, "follower", false, false},
                           {drills::Victim::kController, "controller and follower", false, true},
                           {drills::Victim::kBoth, "leader and controller", true, true}};

// Only the victim lives another life afterwards.
void expect_one_death(const Standing& before, const Standing& after, int victim) {
  ASSERT_EQ(before.broker_epochs.size(), 3u);
  ASSERT_EQ(after.broker_epochs.size(), 3u);
  for (const auto& [id, epoch] : before.broker_epochs) {
    if (id == victim) {
      EXPECT_GT(after.broker_epochs.at(id), epoch) << "broker " << id << " never died";
    } else {
      EXPECT_EQ(after.broker_epochs.at(id), epoch) << "broker " << id << " died too";
    }
  }
}

void expect_succession(const drills::Round& round, bool leader_dies) {
  if (leader_dies) {
    EXPECT_EQ(round.leader_before, round.victim);
    EXPECT_NE(round.leader_after, round.victim);
    EXPECT_GE(round.leader_after, 1);
    EXPECT_GT(round.epoch_after, round.epoch_before);
  } else {
    EXPECT_NE(round.leader_before, round.victim);
    EXPECT_EQ(round.leader_after, round.leader_before);
    EXPECT_EQ(round.epoch_after, round.epoch_before);
  }
}

void hold_drill(cluster::Cluster& cluster, const Case& one) {
  cluster::ClusterState before;
  auto report = conclusive([&] {
    before = cluster.state();
    return drills::kill_leader(cluster, {.victim = one.victim},
                               [](const drills::Round& round) { std::cout << drills::round_for_people(round); });
  });
  cluster::ClusterState after = cluster.state();
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass) << drills::summary_for_people(report);
  ASSERT_EQ(report.rounds.size(), 1u);
  const drills::Round& round = report.rounds.front();
  EXPECT_EQ(round.roles, one.roles);
  EXPECT_EQ(round.detected_by, "proof");
  EXPECT_GT(round.findings.acknowledged, 0u);
  EXPECT_EQ(round.findings.lost, 0u);
  EXPECT_EQ(round.findings.duplicated, 0u);
  expect_one_death(Standing::of(before), Standing::of(after), round.victim);
  expect_succession(round, one.leader_dies);
  EXPECT_EQ(round.victim == before.controller_id, one.controller_dies);
  EXPECT_EQ(after.controller_id != before.controller_id, one.controller_dies);
  EXPECT_EQ(after.controller_epoch > before.controller_epoch, one.controller_dies);
}

TEST(KillLeader, EveryRoleIsSucceededByProofAndNothingIsLost) {
  LocalCluster rig{patient()};
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.roles);
    hold_drill(rig.cluster(), one);
  }
}

TEST(KillLeader, TheCommandReportsOneObjectAndItsVerdictAsExitCode) {
  LocalCluster rig{patient()};
  auto outcome = support::run_command(BATON_BINARY_DIR "/bin/baton-cli drill kill-leader --json --dir " + (rig.dir() / "cluster"));
  must(rig.cluster().refresh(), "learning of the victim's new process");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  // For people, while it goes on.
  EXPECT_NE(outcome.error.find("Round 1: broker "), std::string::npos) << outcome.error;
  auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report["drill"], "kill-leader (leader)");
  EXPECT_EQ(report["verdict"], "PASS");
  EXPECT_EQ(report["command"], "baton drill kill-leader --victim leader --repeat 1");
  EXPECT_EQ(report["settings"]["acks"], "all");
  EXPECT_EQ(report["figures"]["first acknowledgement, raw probe, ms"]["count"], 1);
  EXPECT_EQ(report["figures"]["first acknowledgement, librdkafka, ms"]["count"], 1);
  EXPECT_EQ(report["figures"]["return to full ISR, ms"]["count"], 1);
  EXPECT_GT(report["findings"]["acknowledged"], 0);
  for (const char* harm : {"lost", "moved", "duplicated", "out_of_order", "retracted"}) EXPECT_EQ(report["findings"][harm], 0) << harm;
  ASSERT_EQ(report["rounds"].size(), 1u);
  const auto& round = report["rounds"][0];
  EXPECT_EQ(round["roles"], "leader");
  EXPECT_EQ(round["detected_by"], "proof");
  EXPECT_EQ(round["leader"]["before"], round["victim"]);
  EXPECT_NE(round["leader"]["after"], round["victim"]);
  EXPECT_GT(round["leader_epoch"]["after"], round["leader_epoch"]["before"]);
  EXPECT_TRUE(round["timeline"][0]["what"].get<std::string>().starts_with("kill -9 of broker ")) << round["timeline"];
}

}  // namespace
}  // namespace baton::rig
