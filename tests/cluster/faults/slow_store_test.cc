// A ZooKeeper that answers late, that stalls again and again, and one whose sessions all end at once, again and again. What lives is not
// taken for dead in any of them, and a real death among them is still one.
#include <gtest/gtest.h>

#include "controller/coordination/paths.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/cluster/rig/store_reader.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/zookeeper_server.h"

namespace baton::rig {
namespace {

struct Served {
  Served() { server.start(); }
  support::ZooKeeperServer server;
};

// Everything that the brokers say to ZooKeeper, and hear of it, runs through a proxy.
class DistantStore : public testing::Test, private Served {
 protected:
  void begin() {
    before = rig.state();
    const int leader = before.controller_id == 1 ? 2 : 1;
    bed.emplace(rig.place(), "distant", std::vector<int>{leader, 3 - leader, 3});
    must(bed->prepare(), "preparing");
    one.emplace(writer(rig.bootstrap(), "distant", 1, "one"));
    one->start();
    await("acks=1 is acknowledged", [&] { return one->acknowledged() >= 100; });
    before = rig.state();
    began = clock.now();
  }
  // A record each millisecond.
  void await_records(uint64_t count) {
    const uint64_t from = bed->probe().acknowledged();
    await("acks=all goes on", [&] { return bed->probe().acknowledged() >= from + count; });
  }
  void expect_nobody_died() {
    EXPECT_EQ(Standing::of(rig.state()), Standing::of(before)) << "somebody was taken for dead";
    EXPECT_EQ(refused_between(bed->probe(), began, clock.now()), 0u) << "acks=all with a full ISR rests on no lease";
  }
  // No leader changed, so what was acknowledged with acks=1 has to be there too.
  void settle(bool leaders_kept) {
    one->stop();
    for (const drills::Outcome& outcome : one->outcomes()) {
      if (leaders_kept && outcome.error == 0) bed->ledger().acknowledged("one", outcome.sequence, outcome.offset);
    }
    expect_nothing_lost(*bed);
  }

  support::ZooKeeperServer& zookeeper() { return server; }

  SystemClock clock;
  support::TcpProxy proxy{server.port()};
  LocalCluster rig{"127.0.0.1:" + std::to_string(proxy.port())};
  cluster::ClusterState before;
  Instant began;
  std::optional<drills::Bed> bed;
  std::optional<drills::RawProbe> one;
};

// A round trip of 120 ms, which a lease of 600 ms bears. Then a leader is killed: its succession is a few round trips, and no more.
TEST_F(DistantStore, AnswersLateAndALeaderDies) {
  begin();
  proxy.slow_down(std::chrono::milliseconds(60));
  await_records(3000);
  expect_nobody_died();
  EXPECT_EQ(refused_between(*one, began, clock.now()), 0u) << "the lease is renewed in time";
  const int leader = bed->partition().leader;
  must(rig.cluster().hold_broker(leader), "holding");
  rig.kill(rig.broker(leader));
  const Instant killed = clock.now();
  await("another leads", [&] { return bed->partition().leader > 0 && bed->partition().leader != leader; });
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 300; });
  std::cout << "a leader's death at a round trip of 120 ms: longest gap "
            << static_cast<double>(bed->probe().longest_gap_ns(killed, clock.now())) / 1e6 << " ms\n";
  EXPECT_EQ(rig.state().controller_id, before.controller_id);
  proxy.restore();
  must(rig.cluster().start_broker(leader), "starting");
  rig.await_health();
  settle(false);
}

// Half of the time it is stopped, each time for half a lease.
TEST_F(DistantStore, StallsAgainAndAgain) {
  begin();
  for (int pulse = 0; pulse < 8; ++pulse) {
    zookeeper().pause();
    await_records(300);
    zookeeper().resume();
    await_records(300);
  }
  expect_nobody_died();
  rig.await_health();
  settle(true);
}

// Nothing passes until every session has ended: the controller's, every broker's. Each comes back as itself, with its roles.
TEST_F(DistantStore, SessionsExpireInStorms) {
  begin();
  StoreReader store(zookeeper().connect_string());
  const std::vector<std::string> nodes = {"/controller", "/brokers/ids/1", "/brokers/ids/2", "/brokers/ids/3"};
  auto there = [&] {
    return std::count_if(nodes.begin(), nodes.end(), [&](const std::string& node) { return store.find(node).has_value(); });
  };
  for (int storm = 0; storm < 4; ++storm) {
    proxy.freeze();
    await("all sessions end", [&] { return there() == 0; });
    proxy.restore();
    await("all are back", [&] { return there() == std::ssize(nodes); });
  }
  rig.await_health();
  await("acks=1 is acknowledged again", [&, from = clock.now()] { return acknowledged_between(*one, from, clock.now()) >= 100; });
  expect_nobody_died();
  EXPECT_GE(rig.state().controller_epoch, before.controller_epoch + 4) << "each storm ended the controller's session too";
  settle(true);
}

}  // namespace
}  // namespace baton::rig
