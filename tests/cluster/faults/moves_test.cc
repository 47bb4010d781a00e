// Leaderships that change hands at an operator's word, with real brokers under load: nothing is lost, nobody waits for long, and an
// order outlives the controller.
#include <gtest/gtest.h>

#include <iostream>

#include "cli/cluster/controller_request.h"
#include "cli/cluster/fates.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

class Moves : public testing::Test {
 protected:
  Moves() { must(bed.prepare(), "preparing"); }

  control::MoveResult move(control::MoveLeaders::Kind kind, int to = -1, Duration lasting = {}) {
    control::Request request;
    request.mutable_move_leaders()->set_kind(kind);
    request.mutable_move_leaders()->set_to(to);
    request.mutable_move_leaders()->set_lasting_ms(std::chrono::duration_cast<std::chrono::milliseconds>(lasting).count());
    control::PartitionName* partition = request.mutable_move_leaders()->add_partitions();
    partition->set_topic(bed.topic());
    return ask(request).move_leaders().partitions(0);
  }
  void order(int id, control::Maintenance order) {
    control::Request request;
    request.mutable_order_broker()->set_id(id);
    request.mutable_order_broker()->set_order(order);
    ask(request);
  }
  control::Response ask(const control::Request& request) {
    return must(cluster::ask_controller(rig.cluster().description(), request, client::after(kPatience)), "asking the controller");
  }
  void await_leader(int id) {
    await("broker " + std::to_string(id) + " leads", [&] { return bed.partition().leader == id; });
  }
  void await_writes(Instant from) {
    await("writing goes on", [&] { return acknowledged_between(bed.probe(), from, clock.now()) >= 300; });
  }

  SystemClock clock;
  LocalCluster rig{patient({{"leader.rebalance.delay.ms", "100"}})};
  drills::Bed bed{rig.place(), "moves", {1, 2, 3}};
};

TEST_F(Moves, ThereAndBackUnderLoadLosesNothingAndWaitsForNobody) {
  const Instant begun = clock.now();
  for (int round = 0; round < 5; ++round) {
    for (int to : {3, 2, 1}) {
      const Instant asked = clock.now();
      const control::MoveResult result = move(control::MoveLeaders::NAMED, to);
      EXPECT_EQ(result.error(), 0) << result.message();
      EXPECT_EQ(result.leader(), to);
      await_writes(asked);
    }
  }
  EXPECT_EQ(bed.partition().leader, 1);
  EXPECT_EQ(bed.partition().isr.size(), 3u);
  const Duration gap(bed.probe().longest_gap_ns(begun, clock.now()));
  std::cout << "longest gap of 15 moves " << std::chrono::duration<double, std::milli>(gap).count() << " ms\n";
  EXPECT_LT(gap, std::chrono::seconds(2)) << "nobody waited for a lease";
  expect_nothing_lost(bed);
}

TEST_F(Moves, AMoveForAWhileReturnsByItself) {
  EXPECT_EQ(move(control::MoveLeaders::NAMED, 2, std::chrono::seconds(2)).error(), 0);
  EXPECT_EQ(bed.partition().leader, 2);
  await_leader(1);
  expect_nothing_lost(bed);
}

TEST_F(Moves, ADrainOutlivesTheControllerAndABounceAndItsEndBringsTheLeaderBack) {
  order(1, control::DRAIN);
  await_leader(2);
  const int controller = rig.state().controller_id;
  rig.kill(rig.broker(controller));
  rig.start_everything();
  const Instant now = clock.now();
  await_writes(now);
  EXPECT_NE(bed.partition().leader, 1) << "it is drained still, whoever controls";
  rig.kill(rig.broker(1));
  rig.start_everything();
  EXPECT_NE(bed.partition().leader, 1);
  order(1, control::NONE);
  await_leader(1);
  expect_nothing_lost(bed);
}

TEST_F(Moves, WhatIfAgreesWithTheDeathThatFollows) {
  const control::Fates fates = must(cluster::ask_fates(rig.cluster(), {1}), "asking what if");
  ASSERT_GE(fates.partitions_size(), 1);
  rig.kill(rig.broker(1));
  for (const control::Fate& fate : fates.partitions()) {
    await("the prediction comes true", [&] {
      const cluster::ClusterState now = rig.state();
      const cluster::PartitionState* real = now.partition(fate.topic(), fate.before().index());
      return real != nullptr && real->leader == fate.after().leader() &&
             real->isr == std::vector<int>(fate.after().isr().begin(), fate.after().isr().end());
    });
  }
  rig.start_everything();
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
