// Controllers that are no brokers, under supervisors: one that hangs is killed by leave of the other and proven dead, long before silence
// would tell of it, and comes back as a standby. Silence is slow here, and so is a standby's own doubt, which is a quarter of it.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/wait.h"

namespace baton::rig {
namespace {

constexpr std::chrono::seconds kLongBeforeSilence{15};

class ControllerHang : public testing::Test {
 protected:
  cluster::ProcessId own(int id) { return rig.cluster().description().process(id)->own(); }
  bool says(int id, const std::string& words) const {
    std::ifstream file(rig.cluster().directory().broker_log(id));
    return std::string(std::istreambuf_iterator<char>(file), {}).find(words) != std::string::npos;
  }
  void expect_killed_and_back(int id, const cluster::ProcessId& former) {
    EXPECT_TRUE(cluster::wait_until_gone(former, kPatience));
    await("it is started anew", [&] {
      const cluster::ProcessId now = own(id);
      return now.pid > 0 && !(now == former);
    });
    rig.await_health();
    EXPECT_TRUE(says(id, "was killed, as it hung"));
  }

  SystemClock clock;
  mutable LocalCluster rig{cluster::UpOptions{
      .brokers = 3,
      .controllers = 2,
      .settings = {{"zookeeper.session.timeout.ms", "20000"}, {"control.timeout.ms", "20000"}, {"leader.lease.ms", "5000"}}}};
};

TEST_F(ControllerHang, OfTheOneThatRulesIsAProvenDeath) {
  const cluster::ClusterState state = rig.state();
  const int ruler = state.controller_id;
  ASSERT_GE(ruler, cluster::kFirstController);
  drills::Bed bed(rig.place(), "hang", {1, 2, 3});
  must(bed.prepare(), "preparing");
  const Standing before = Standing::of(rig.state());
  const cluster::ProcessId former = own(ruler);
  ASSERT_TRUE(cluster::send_signal(former, SIGSTOP));
  const Instant stopped = clock.now();
  EXPECT_TRUE(support::wait_for(kLongBeforeSilence, [&] { return !cluster::alive(former); }));
  std::cout << "killed " << std::chrono::duration<double, std::milli>(clock.now() - stopped).count() << " ms after SIGSTOP\n";
  EXPECT_TRUE(support::wait_for(kLongBeforeSilence, [&] {
    const auto status = rig.ask(1);
    return status && status->controller_id() >= 0 && status->controller_id() != ruler;
  }));
  std::cout << "another rules " << std::chrono::duration<double, std::milli>(clock.now() - stopped).count() << " ms after SIGSTOP\n";
  expect_killed_and_back(ruler, former);
  EXPECT_EQ(Standing::of(rig.state()), before) << "no broker was taken for dead";
  EXPECT_TRUE(says(ruler == 101 ? 102 : 101, "and its supervisor may kill it"));
  expect_nothing_lost(bed);
}

TEST_F(ControllerHang, OfAStandbyIsSeenByTheOneThatRules) {
  const int ruler = rig.state().controller_id;
  const int standby = ruler == 101 ? 102 : 101;
  const cluster::ProcessId former = own(standby);
  ASSERT_TRUE(cluster::send_signal(former, SIGSTOP));
  expect_killed_and_back(standby, former);
  EXPECT_EQ(rig.state().controller_id, ruler);
  EXPECT_TRUE(says(ruler, "and its supervisor may kill it"));
}

// Nobody is there to grant it: it waits as it did before.
TEST_F(ControllerHang, OfTheLastOneIsNotKilled) {
  const int ruler = rig.state().controller_id;
  must(rig.cluster().signal_broker(ruler == 101 ? 102 : 101, SIGKILL), "killing the other for good");
  const cluster::ProcessId process = own(ruler);
  ASSERT_TRUE(cluster::send_signal(process, SIGSTOP));
  await("its supervisor asks", [&] { return says(ruler, "asking whether it may be killed"); });
  drills::Bed bed(rig.place(), "last", {1, 2, 3});
  EXPECT_TRUE(cluster::alive(process));
  ASSERT_TRUE(cluster::send_signal(process, SIGCONT));
  must(bed.prepare(), "preparing");
  EXPECT_EQ(own(ruler), process);
  must(rig.cluster().start_broker(ruler == 101 ? 102 : 101), "starting");
  rig.await_health();
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
