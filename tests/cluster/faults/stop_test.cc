// A stop in good order (SIGTERM): leaderships are handed over by the leader's own word and the controller resigns, so nothing waits
// for a session or for the proof of a death.
#include <gtest/gtest.h>
#include <signal.h>

#include "cli/client/control_client.h"
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

  // Who led, as that node remembers it.
  std::vector<control::LeaderChange> history(int node, const std::string& topic) {
    const client::Address at{"127.0.0.1", rig.cluster().description().broker(node)->control_port};
    auto connection = must(client::Connection::open(at, client::after(kPatience)), "connecting");
    control::Request request;
    request.mutable_query_history()->set_topic(topic);
    const control::Response answer = must(client::ask(connection, request, client::after(kPatience)), "asking for the history");
    return {answer.history().changes().begin(), answer.history().changes().end()};
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

// The next controller knows of it, so the one that leaves goes in good order and gets no leadership back on its way; and when it is
// back nothing keeps it out.
TEST_F(Stop, TheControllerIsKilledWhileALeaderHandsOver) {
  for (const bool controller_first : {false, true}) {
    drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
    const int leaver = cast.others[0];
    const int witness = cast.others[1];
    drills::Bed bed(rig.place(), controller_first ? "killed-first" : "killed-then", {leaver, cast.controller, witness});
    must(bed.prepare(), "preparing");
    ASSERT_EQ(bed.partition().leader, leaver);
    const cluster::ProcessId process = rig.keeper(leaver);
    const cluster::ProcessId controller = rig.broker(cast.controller);
    if (!controller_first) must(rig.cluster().signal_broker(leaver, SIGTERM), "stopping");
    ASSERT_EQ(::kill(controller.pid, SIGKILL), 0);
    if (controller_first) must(rig.cluster().signal_broker(leaver, SIGTERM), "stopping");
    ASSERT_TRUE(cluster::wait_until_gone(process, kPatience)) << "it is still there";
    EXPECT_NE(log_of(leaver).find("shut down in good order"), std::string::npos) << log_of(leaver);
    EXPECT_EQ(log_of(leaver).find("could not be handed over"), std::string::npos) << log_of(leaver);
    await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 300; });
    for (const control::LeaderChange& change : history(witness, bed.topic())) {
      EXPECT_FALSE(change.leader() == leaver && change.former() != leaver && change.former() != -1) << change.ShortDebugString();
    }
    must(rig.cluster().start_broker(leaver), "starting");  // the other one's supervisor has started that
    rig.await_health();
    await("it leads again", [&] { return bed.partition().leader == leaver; });
    expect_nothing_lost(bed);
  }
}

}  // namespace
}  // namespace baton::rig
