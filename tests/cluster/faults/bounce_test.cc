// A leader that is killed and back faster than its death can be noticed: no connection proves it, and no silence has lasted long enough.
// Its new registration tells; its former life leaves every role first (R1).
#include <gtest/gtest.h>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

class Bounce : public testing::Test {
 protected:
  // How the last death of the broker was detected, as the controller tells.
  std::string detected(int broker, Instant since) {
    std::string how;
    const auto status = rig.ask(rig.state().controller_id);
    if (!status) return how;
    for (const control::FailoverStage& stage : status->recent()) {
      if (stage.broker_id() == broker && stage.stage() == "detected" && stage.boottime_ns() >= since.ns) how = stage.detail();
    }
    return how;
  }

  // Silence is long, so that it never is what tells.
  LocalCluster rig{{{"proof.of.death", "false"},
                    {"broker.supervised", "false"},
                    {"zookeeper.session.timeout.ms", "10000"},
                    {"control.timeout.ms", "10000"}}};
  SystemClock clock;
};

TEST_F(Bounce, FasterThanDetectionIsADeathAllTheSame) {
  const int victim = rig.state().controller_id == 1 ? 2 : 1;
  drills::Bed bed(rig.place(), "bounced", {victim, 3 - victim, 3});
  must(bed.prepare(), "preparing");
  for (int round = 0; round < 3; ++round) {
    const Standing before = Standing::of(rig.state());
    const Instant killed = clock.now();
    must(rig.cluster().hold_broker(victim), "holding");
    rig.kill(rig.broker(victim));
    must(rig.cluster().start_broker(victim), "starting");
    await("its new life is registered", [&] { return Standing::of(rig.state()).broker_epochs[victim] > before.broker_epochs.at(victim); });
    await("the controller tells how it knew", [&] { return !detected(victim, killed).empty(); });
    EXPECT_EQ(detected(victim, killed), "registration");
    rig.await_health();
    await("the ISR is full", [&] { return bed.isr_full(); });
    await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 200; });
    const Standing after = Standing::of(rig.state());
    if (before.leaders.at("bounced-0").first == victim) {
      EXPECT_GT(after.leaders.at("bounced-0").second, before.leaders.at("bounced-0").second) << "it led on as if nothing had been";
    }
    for (const auto& [id, epoch] : before.broker_epochs) {
      if (id == victim) continue;
      EXPECT_EQ(after.broker_epochs.at(id), epoch);
    }
    EXPECT_LT(clock.now() - killed, std::chrono::seconds(30));
  }
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
