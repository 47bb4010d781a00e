// Brokers that are emptied and restarted while clients go on: replicas move, nothing is lost, nobody waits for a lease.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <iostream>

#include "cli/client/control_client.h"
#include "cli/cluster/controller_request.h"
#include "drills/scenarios/rolling_restart.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

class Maintenance : public testing::Test {
 protected:
  control::Response ask(const control::Request& request) {
    return must(cluster::ask_controller(rig.cluster().description(), request, client::after(kPatience)), "asking the controller");
  }
  void order(int id, control::Maintenance what) {
    control::Request request;
    request.mutable_order_broker()->set_id(id);
    request.mutable_order_broker()->set_order(what);
    ask(request);
  }
  // Of that very node, which need not be found first: a stopped broker makes that take a second.
  control::Response ask(int controller, const control::Request& request) {
    const client::Address at{"127.0.0.1", rig.cluster().description().broker(controller)->control_port};
    auto connection = must(client::Connection::open(at, client::after(kPatience)), "connecting to the controller");
    return must(client::ask(connection, request, client::after(kPatience)), "asking the controller");
  }
  control::MoveResult reassign(const std::string& topic, const std::vector<int>& replicas, bool cancel = false) {
    return ask(reassignment(topic, replicas, cancel)).move_leaders().partitions(0);
  }
  static control::Request reassignment(const std::string& topic, const std::vector<int>& replicas, bool cancel = false) {
    control::Request request;
    control::Reassignment* wanted = request.mutable_reassign()->add_partitions();
    wanted->set_topic(topic);
    wanted->set_cancel(cancel);
    for (int id : replicas) wanted->add_replicas(id);
    return request;
  }
  static bool whole(const cluster::PartitionState& partition, std::vector<int> replicas) {
    std::vector<int> isr = partition.isr;
    std::sort(isr.begin(), isr.end());
    const bool placed = partition.replicas == replicas && !partition.reassigning;
    std::sort(replicas.begin(), replicas.end());
    return placed && isr == replicas;
  }

  explicit Maintenance(std::map<std::string, std::string> settings = {}) : rig(std::move(settings), 4) {}

  SystemClock clock;
  LocalCluster rig{patient()};
};

class MaintenanceByHand : public Maintenance {
 protected:
  // A stopped broker is to stay so.
  MaintenanceByHand() : Maintenance({{"broker.supervised", "false"}}) {}
};

TEST_F(Maintenance, ReplicasMoveUnderLoadLeaderAndAll) {
  drills::Bed bed(rig.place(), "moved", {1, 2, 3});
  must(bed.prepare(), "preparing");
  const Instant begun = clock.now();
  for (const std::vector<int>& target : std::vector<std::vector<int>>{{4, 2, 3}, {1, 2}, {3, 4, 1}}) {
    const control::MoveResult result = reassign(bed.topic(), target);
    EXPECT_EQ(result.error(), 0) << result.message();
    await("the replicas are where they ought to be", [&] { return whole(bed.partition(), target); });
    EXPECT_NE(std::find(target.begin(), target.end(), bed.partition().leader), target.end());
  }
  const Duration gap(bed.probe().longest_gap_ns(begun, clock.now()));
  std::cout << "longest gap of three reassignments " << std::chrono::duration<double, std::milli>(gap).count() << " ms\n";
  EXPECT_LT(gap, std::chrono::seconds(2));
  expect_nothing_lost(bed);
}

TEST_F(MaintenanceByHand, AReassignmentToADeadBrokerIsCancelled) {
  // Not the controller: it is to answer.
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  const int dead = cast.others.back();
  const std::vector<int> replicas{cast.others[0], cast.others[1], cast.controller};
  drills::Bed bed(rig.place(), "cancelled", replicas);
  must(bed.prepare(), "preparing");
  must(rig.cluster().signal_broker(dead, SIGSTOP), "stopping a broker");
  const auto begun = ask(cast.controller, reassignment(bed.topic(), {replicas[0], replicas[1], dead})).move_leaders().partitions(0);
  EXPECT_EQ(begun.error(), 0) << begun.message();
  await("it is under way", [&] { return bed.partition().reassigning; });
  EXPECT_EQ(reassign(bed.topic(), {}, true).error(), 0);
  await("it is as it was", [&] {
    const cluster::PartitionState now = bed.partition();
    return now.replicas == replicas && now.isr.size() == 3 && !now.reassigning;
  });
  must(rig.cluster().signal_broker(dead, SIGCONT), "continuing the broker");
  expect_nothing_lost(bed);
}

TEST_F(Maintenance, ADecommissionedBrokerIsEmptiedOverAChangeOfController) {
  drills::Bed bed(rig.place(), "emptied", {1, 2, 3});
  must(bed.prepare(), "preparing");
  order(1, control::DECOMMISSION);
  const int controller = rig.state().controller_id;
  rig.kill(rig.broker(controller));
  rig.start_everything();
  await("broker 1 holds nothing", [&] {
    const cluster::ClusterState now = rig.state();
    return !now.partitions.empty() && std::none_of(now.partitions.begin(), now.partitions.end(), [](const cluster::PartitionState& each) {
      return std::find(each.replicas.begin(), each.replicas.end(), 1) != each.replicas.end();
    });
  });
  await("the replicas are in sync", [&] { return bed.partition().isr.size() == 3 && !bed.partition().reassigning; });
  expect_nothing_lost(bed);
}

TEST_F(Maintenance, ARollingRestartLosesNothingAndMovesEveryLeader) {
  drills::Bed bed(rig.place(), "rolled", {1, 2, 3});
  must(bed.prepare(), "preparing");
  std::vector<int> restarted;
  drills::Report report =
      must(drills::rolling_restart(
               rig.cluster(), {}, [](const std::string&) {}, [&](const drills::Round& round) { restarted.push_back(round.victim); }),
           "restarting");
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass) << summary_for_people(report);
  std::sort(restarted.begin(), restarted.end());
  EXPECT_EQ(restarted, (std::vector<int>{1, 2, 3, 4}));
  expect_nothing_lost(bed);
}

// The controllers come after the brokers, the one that rules as the last of all.
TEST(RollingRestart, TakesControllersThatAreNoBrokersToo) {
  LocalCluster rig(cluster::UpOptions{.brokers = 3, .controllers = 2, .settings = patient()});
  const int ruler = rig.state().controller_id;
  const int standby = ruler == cluster::kFirstController ? ruler + 1 : cluster::kFirstController;
  std::vector<int> restarted;
  drills::Report report =
      must(drills::rolling_restart(
               rig.cluster(), {}, [](const std::string&) {}, [&](const drills::Round& round) { restarted.push_back(round.victim); }),
           "restarting");
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass) << summary_for_people(report);
  EXPECT_EQ(restarted, (std::vector<int>{1, 2, 3, standby, ruler}));
  EXPECT_EQ(rig.state().controller_id, standby);
}

TEST_F(Maintenance, ABrokerThatIsNeededIsNotRestarted) {
  drills::Bed bed(rig.place(), "needed", {1, 2});
  must(bed.prepare(), "preparing");
  auto refused = drills::rolling_restart(
      rig.cluster(), {std::chrono::seconds(1)}, [](const std::string&) {}, [](const drills::Round&) {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("not safe to stop"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(rig.state().ailments().empty());
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
