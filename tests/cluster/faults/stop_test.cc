// A stop in good order (SIGTERM): leaderships are handed over by the leader's own word and the controller resigns, so nothing waits
// for a session or for the proof of a death.
#include <gtest/gtest.h>
#include <signal.h>

#include "cli/cluster/zookeeper.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

class Stop : public testing::Test {
 protected:
  std::string log_of(int id) { return cluster::tail_of(rig.cluster().directory().broker_log(id), 10); }
  // Stops the broker under load and returns the longest time without an acknowledged acks=all write.
  Duration stop_under_load(int id, const std::vector<int>& replicas) {
    drills::Bed bed(rig.place(), "stop-" + std::to_string(id), replicas);
    must(bed.prepare(), "preparing");
    cluster::PartitionState before = bed.partition();
    EXPECT_EQ(before.leader, replicas.front());
    cluster::ProcessId process = rig.broker(id);
    must(rig.cluster().signal_broker(id, SIGTERM), "stopping");
    Instant asked = clock.now();
    EXPECT_TRUE(cluster::wait_until_gone(process, kPatience));
    EXPECT_NE(log_of(id).find("shut down in good order"), std::string::npos) << log_of(id);
    EXPECT_EQ(log_of(id).find("could not be handed over"), std::string::npos) << log_of(id);
    await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 300; });
    cluster::PartitionState after = bed.partition();
    EXPECT_NE(after.leader, id);
    EXPECT_EQ(after.leader_epoch, before.leader_epoch + (before.leader == id ? 1 : 0));
    Duration gap(bed.probe().longest_gap_ns(asked, clock.now()));
    std::cout << "longest gap " << std::chrono::duration<double, std::milli>(gap).count() << " ms\n";
    must(rig.cluster().start_broker(id), "starting");
    rig.await_health();
    expect_nothing_lost(bed);
    return gap;
  }

  SystemClock clock;
  // Whoever waited for the end of a session would wait long.
  LocalCluster rig{{{"zookeeper.session.timeout.ms", "20000"}}};
};

TEST_F(Stop, ALeaderHandsOver) {
  drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  int controller_epoch = rig.state().controller_epoch;
  EXPECT_LT(stop_under_load(cast.others[0], {cast.others[0], cast.others[1], cast.controller}), std::chrono::seconds(5));
  EXPECT_EQ(rig.state().controller_epoch, controller_epoch);
}

TEST_F(Stop, TheControllerThatLeadsResignsAndHandsOver) {
  drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  int controller_epoch = rig.state().controller_epoch;
  EXPECT_LT(stop_under_load(cast.controller, {cast.controller, cast.others[0], cast.others[1]}), std::chrono::seconds(5));
  EXPECT_GT(rig.state().controller_epoch, controller_epoch);
  EXPECT_NE(rig.state().controller_id, cast.controller);
}

}  // namespace
}  // namespace baton::rig
