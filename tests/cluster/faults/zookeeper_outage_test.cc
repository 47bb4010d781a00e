// ZooKeeper is away for longer than a session and a lease (R1, R5): writes that another replica confirms go on, what rests on the
// lease stops with it, and nobody is taken for dead, neither meanwhile nor afterwards.
#include <gtest/gtest.h>
#include <signal.h>

#include "cli/client/topic_admin.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/zookeeper_ensemble.h"

namespace baton::rig {
namespace {

constexpr Duration kLease = std::chrono::milliseconds(600);  // the default of leader.lease.ms

class ZooKeeperOutage : public testing::Test {
 protected:
  // None: a ZooKeeper of the cluster's own.
  explicit ZooKeeperOutage(const std::optional<std::string>& zookeeper = std::nullopt) : rig(cluster::UpOptions{.zookeeper = zookeeper}) {}

  // acks=all by the bed's two producers, acks=1 and acks=0 beside them.
  void outage(const std::function<void()>& strike, const std::function<void()>& heal) {
    drills::Bed bed(rig.place(), "outage", {1, 2, 3});
    must(bed.prepare(), "preparing");
    drills::RawProbe one(writer(rig.bootstrap(), "outage", 1, "one"));
    one.start();
    await("acks=1 is acknowledged", [&] { return one.acknowledged() >= 100; });
    EXPECT_TRUE(takes_acks_0(rig.address(1), "outage"));
    Standing before = Standing::of(rig.state());
    int controller_epoch = rig.state().controller_epoch;

    strike();
    Instant struck = clock.now(), lease_over = struck + kLease;
    await("acks=1 is refused", [&] { return refused_between(one, struck, clock.now()) > 0; });
    // A record each millisecond: so many take as long as a session, a lease and more.
    uint64_t at_refusal = bed.probe().acknowledged();
    await("acks=all goes on", [&] { return bed.probe().acknowledged() >= at_refusal + 2500; });
    EXPECT_FALSE(takes_acks_0(rig.address(1), "outage"));
    expect_mutations_refused();
    EXPECT_EQ(Standing::of(rig.state()), before) << "in the outage";
    Instant healing = clock.now();
    EXPECT_GT(healing - struck, std::chrono::seconds(2)) << "shorter than a session and a lease";
    EXPECT_EQ(refused_between(bed.probe(), struck, healing), 0u) << "acks=all rests on no lease";
    EXPECT_EQ(acknowledged_between(one, lease_over, healing), 0u) << "acks=1 after the lease";
    EXPECT_LT(bed.probe().longest_gap_ns(struck, healing), 1'000'000'000);

    heal();
    await("acks=1 is acknowledged again", [&, from = clock.now()] { return acknowledged_between(one, from, clock.now()) >= 100; });
    rig.await_health();
    EXPECT_TRUE(takes_acks_0(rig.address(1), "outage"));
    await("a topic is created", [&] {
      return client::create_topic(rig.bootstrap(), {.name = "afterwards", .partitions = 3, .replication_factor = 3},
                                  client::after(kPatience))
          .has_value();
    });
    Standing after = Standing::of(rig.state());
    std::erase_if(after.leaders,
                  [](const auto& each) { return each.first.starts_with("afterwards") || each.first.starts_with("meanwhile"); });
    EXPECT_EQ(after, before) << "after the outage";
    EXPECT_GE(rig.state().controller_epoch, controller_epoch);
    one.stop();
    for (const drills::Outcome& outcome : one.outcomes()) {
      // No leader changed, so what was acknowledged with acks=1 has to be there too.
      if (outcome.error == 0) bed.ledger().acknowledged("one", outcome.sequence, outcome.offset);
    }
    expect_nothing_lost(bed);
  }

  // Whoever asks hears at once that it can not be done now, and why.
  void expect_mutations_refused() {
    const Instant asked = clock.now();
    const Status made = client::create_topic(rig.bootstrap(), {.name = "meanwhile", .partitions = 1, .replication_factor = 3},
                                             client::after(std::chrono::seconds(20)));
    ASSERT_FALSE(made) << "a topic that nobody can have stored";
    EXPECT_NE(made.error().message.find("ZooKeeper is out of the controller's reach"), std::string::npos) << made.error().message;
    EXPECT_LT(clock.now() - asked, std::chrono::seconds(5)) << "it waited for its own time-out";
    std::cout << "in the outage a topic is refused: " << made.error().message << "\n";
  }

  LocalCluster rig;
  SystemClock clock;
};

struct ThreeServers {
  support::ZooKeeperEnsemble zookeeper;
};

// Of three servers two are killed, their leader among them: the third answers nobody without a quorum.
class QuorumLoss : private ThreeServers, public ZooKeeperOutage {
 protected:
  QuorumLoss() : ZooKeeperOutage(zookeeper.connect_string()) {}
  void lose_quorum() {
    const int leader = zookeeper.leader();
    ASSERT_GE(leader, 0);
    lost_ = {leader, (leader + 1) % 3};
    for (int server : lost_) zookeeper.server(server).kill();
  }
  void restore_quorum() {
    for (int server : lost_) zookeeper.server(server).begin();
    for (int server : lost_) zookeeper.server(server).wait_until_it_serves();
  }

 private:
  std::vector<int> lost_;
};

TEST_F(QuorumLoss, ForLongerThanASessionAndALease) {
  outage([&] { lose_quorum(); }, [&] { restore_quorum(); });
}

TEST_F(ZooKeeperOutage, Stopped) {
  cluster::ProcessId zookeeper = rig.zookeeper();
  outage([&] { cluster::send_signal(zookeeper, SIGSTOP); }, [&] { cluster::send_signal(zookeeper, SIGCONT); });
}

TEST_F(ZooKeeperOutage, KilledAndStartedAgain) {
  outage([&] { rig.kill(rig.zookeeper()); }, [&] { rig.start_everything(); });
}

}  // namespace
}  // namespace baton::rig
