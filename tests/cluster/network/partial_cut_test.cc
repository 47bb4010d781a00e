// A broker that is cut off from one party only: from ZooKeeper, from the controller, from its peers. No packet gets a reset or an
// answer; everything else works.
#include "tests/cluster/network/cut.h"
#include "tests/cluster/rig/store_reader.h"

namespace baton::rig {
namespace {

// A lease, and what an answer that left in time may need to be seen on a busy machine.
constexpr Duration kLeaseAndDelivery = std::chrono::milliseconds(600 + 50);

class PartialCut : public Cut {};

class SessionExpiry : public Cut {
 protected:
  // Whoever has a stream and no session is given up after control.timeout.ms: here long after its session has ended.
  SessionExpiry() : Cut(3, {{"control.timeout.ms", "15000"}}) {}
};

TEST_F(SessionExpiry, IsSurvivedByTheProcessWithIncarnationAndRoles) {
  begin({cast.others[0], cast.others[1], cast.controller});
  StoreReader store(rig.zookeeper_connect());
  std::string node = "/brokers/ids/" + std::to_string(leader);
  auto session = store.find(node);
  ASSERT_TRUE(session);
  rig.lab().drop(rig.host(leader), rig.zookeeper_host());
  const Instant dropped = clock.now();  // until here a renewal may have come through
  await("the session ends", [&] { return !store.find(node); });
  await("acks=1 is refused", [&] { return refused_between(*stubborn, cut, clock.now()) > 0; });
  Instant healing = clock.now();
  EXPECT_EQ(acknowledged_between(*stubborn, dropped + kLeaseAndDelivery, healing), 0u);
  rig.lab().heal();
  await("acks=1 is acknowledged again", [&] { return acknowledged_between(*stubborn, healing, clock.now()) >= 100; });
  auto another = store.find(node);
  ASSERT_TRUE(another);
  EXPECT_NE(another->ephemeral_owner, session->ephemeral_owner) << "the same session";
  EXPECT_EQ(refused_between(bed->probe(), cut, clock.now()), 0u) << "acks=all rests on no lease";
  rig.await_health();
  EXPECT_EQ(Standing::of(rig.state()), before);
  EXPECT_EQ(detected(leader), "");
  stubborn->stop();
  for (const drills::Outcome& outcome : stubborn->outcomes()) {
    // No leader changed, so what was acknowledged with acks=1 has to be there too.
    if (outcome.error == 0) bed->ledger().acknowledged("stubborn", outcome.sequence, outcome.offset);
  }
  expect_nothing_lost(*bed);
}

TEST_F(PartialCut, FromZooKeeperForLongIsReplacedAfterItsLease) {
  begin({cast.others[0], cast.others[1], cast.controller});
  rig.lab().drop(rig.host(leader), rig.zookeeper_host());
  const Instant dropped = clock.now();
  await_successor();
  EXPECT_EQ(detected(leader), "silence");
  EXPECT_EQ(acknowledged_between(*stubborn, dropped + kLeaseAndDelivery, clock.now()), 0u);
  expect_deposed_was_silent();
  EXPECT_EQ(rig.state().controller_id, cast.controller);
  heal_and_count();
}

TEST_F(PartialCut, FromTheControllerOnlyIsSilenceThoughItsLeaseIsRenewed) {
  begin({cast.others[0], cast.others[1], cast.controller});
  rig.lab().drop(rig.host(leader), rig.host(cast.controller));
  await_successor();
  EXPECT_EQ(detected(leader), "silence");
  expect_deposed_was_silent();
  EXPECT_EQ(rig.state().controller_id, cast.controller);
  heal_and_count();
}

TEST_F(PartialCut, TheControllerFromZooKeeperOnlyIsDeposed) {
  int controller_epoch = rig.state().controller_epoch;
  begin({cast.others[0], cast.others[1], cast.controller});
  rig.lab().drop(rig.host(cast.controller), rig.zookeeper_host());
  await("another controller", [&] {
    cluster::ClusterState now = rig.state();
    return now.controller_epoch > controller_epoch && now.controller_id > 0 && now.controller_id != cast.controller;
  });
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 500; });
  EXPECT_EQ(bed->partition().leader, leader);
  heal_and_count();
}

class CutFromPeers : public Cut {
 protected:
  // The controller is a fourth broker without a replica, so that it stays in reach.
  CutFromPeers() : Cut(4, {{"replica.lag.time.max.ms", "2000"}}) {}
};

TEST_F(CutFromPeers, LosesItsIsrButNoRecordAndNobodyIsTakenForDead) {
  begin({cast.others[0], cast.others[1], cast.others[2]});
  rig.lab().drop(rig.host(leader), rig.host(cast.others[1]));
  rig.lab().drop(rig.host(leader), rig.host(cast.others[2]));
  await("the ISR is the leader alone", [&] { return bed->partition().isr == std::vector<int>{leader}; });
  Instant alone = clock.now();
  await("acks=all is refused", [&] { return refused_between(bed->probe(), alone, clock.now()) >= 100; });
  EXPECT_EQ(acknowledged_between(bed->probe(), alone, clock.now()), 0u) << "below min.insync.replicas";
  EXPECT_EQ(Standing::of(rig.state()), before);
  heal_and_count();
  EXPECT_EQ(Standing::of(rig.state()).broker_epochs, before.broker_epochs);
}

TEST_F(CutFromPeers, FromOneOfTwoGoesOnWithTheOther) {
  begin({cast.others[0], cast.others[1], cast.others[2]});
  rig.lab().drop(rig.host(leader), rig.host(cast.others[1]));
  await("the unreachable follower leaves the ISR", [&] { return bed->partition().isr.size() == 2; });
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 300; });
  EXPECT_EQ(Standing::of(rig.state()), before);
  heal_and_count();
}

TEST_F(PartialCut, OneWayFromTheControllerIsSilenceToo) {
  // It hears nothing of the controller, which hears all of it.
  begin({cast.others[0], cast.others[1], cast.controller});
  rig.lab().drop_one_way(rig.host(cast.controller), rig.host(leader));
  await_successor();
  EXPECT_EQ(detected(leader), "silence");
  expect_deposed_was_silent();
  heal_and_count();
}

}  // namespace
}  // namespace baton::rig
