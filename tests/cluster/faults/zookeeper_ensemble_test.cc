// A ZooKeeper of three servers loses its leader, gets it back, and loses the next one. A change of its leader is short: sessions
// are carried over, nobody is taken for dead, and the controller goes on writing through the servers that are left.
#include <gtest/gtest.h>

#include "cli/client/topic_admin.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/zookeeper_ensemble.h"

namespace baton::rig {
namespace {

class ZooKeeperLeader : public testing::Test {
 protected:
  // kill -9 of the ensemble's leader under load. Returns which one it was.
  int lose_the_leader(drills::Bed& bed, drills::RawProbe& one, const std::string& new_topic) {
    const int former = zookeeper.leader();
    EXPECT_GE(former, 0);
    const Standing before = standing();
    const Instant struck = clock.now();
    zookeeper.server(former).kill();
    const uint64_t at_once = bed.probe().acknowledged();
    await("acks=all goes on", [&] { return bed.probe().acknowledged() >= at_once + 300; });
    await("another server leads", [&] { return zookeeper.leader() >= 0; });
    EXPECT_NE(zookeeper.leader(), former);
    // The controller writes: a topic's pages and its entry. As long as it has not found the new leader it refuses that, for nothing is
    // done.
    await("a topic is created", [&] {
      const Status made =
          client::create_topic(rig.bootstrap(), {.name = new_topic, .partitions = 3, .replication_factor = 3}, client::after(kPatience));
      if (!made) {
        EXPECT_EQ(made.error().code, ErrorCode::kRequestTimedOut) << made.error().message;
      }
      return made.has_value();
    });
    await("acks=1 is acknowledged", [&, from = clock.now()] { return acknowledged_between(one, from, clock.now()) >= 100; });
    await("all is well", [&] { return rig.state().ailments().empty(); });
    EXPECT_EQ(standing(), before) << "somebody was taken for dead";
    EXPECT_EQ(refused_between(bed.probe(), struck, clock.now()), 0u) << "acks=all with a full ISR rests on no lease";
    const double gap_ms = static_cast<double>(bed.probe().longest_gap_ns(struck, clock.now())) / 1e6;
    std::cout << "server " << former << " killed; longest gap of acks=all writes " << gap_ms << " ms\n";
    return former;
  }
  // Of the brokers and of the topic that is written to.
  Standing standing() const {
    Standing all = Standing::of(rig.state());
    std::erase_if(all.leaders, [](const auto& each) { return !each.first.starts_with("written-"); });
    return all;
  }

  support::ZooKeeperEnsemble zookeeper;
  LocalCluster rig{zookeeper.connect_string()};
  SystemClock clock;
};

TEST_F(ZooKeeperLeader, IsKilledComesBackAndTheNextOneIsKilled) {
  std::vector<cluster::ProcessId> processes;
  for (int id : {1, 2, 3}) processes.push_back(rig.broker(id));
  drills::Bed bed(rig.place(), "written", {1, 2, 3});
  must(bed.prepare(), "preparing");
  drills::RawProbe one(writer(rig.bootstrap(), "written", 1, "one"));
  one.start();
  await("acks=1 is acknowledged", [&] { return one.acknowledged() >= 100; });

  const int first = lose_the_leader(bed, one, "after-the-first");
  zookeeper.server(first).start();
  EXPECT_EQ(zookeeper.server(first).mode(), "follower") << "who comes back does not depose who leads";
  const int second = lose_the_leader(bed, one, "after-the-second");
  EXPECT_NE(second, first);
  zookeeper.server(second).start();

  for (const cluster::ProcessId& process : processes) EXPECT_TRUE(cluster::alive(process));
  one.stop();
  for (const drills::Outcome& outcome : one.outcomes()) {
    // No leader changed, so what was acknowledged with acks=1 has to be there too.
    if (outcome.error == 0) bed.ledger().acknowledged("one", outcome.sequence, outcome.offset);
  }
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
