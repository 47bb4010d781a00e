// R1 with real processes: a second process with a live id, a copied data directory, a restart.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

class Identity : public testing::Test {
 protected:
  // A session far longer than anything here takes, so that what waits for its end shows.
  explicit Identity(const std::string& session_ms = "20000")
      : rig({{"zookeeper.session.timeout.ms", session_ms}, {"broker.supervised", "false"}}) {
    must(bed.prepare(), "preparing");
  }
  // Other ports, so that the id alone is what clashes.
  std::map<std::string, std::string> elsewhere(const std::string& directory) {
    return {{"listeners", "PLAINTEXT://127.0.0.1:0"},
            {"control.listener", "127.0.0.1:0"},
            {"metrics.listener", "127.0.0.1:0"},
            {"log.dirs", directory}};
  }
  // A second process of broker 2 ends by itself, saying so, while the first goes on as if nothing were.
  void expect_refused(const std::map<std::string, std::string>& overrides, const std::string& words) {
    Standing before = Standing::of(rig.state());
    uint64_t acknowledged = bed.probe().acknowledged();
    std::string output = rig.dir() / "second.log";
    std::filesystem::remove(output);
    support::ChildProcess second = rig.start_another(2, overrides, output);
    auto exit = second.wait(kPatience);
    std::string said = support::text_of(output);
    ASSERT_TRUE(exit) << "it still runs; it says: " << said;
    EXPECT_EQ(exit->code, 1) << said;
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_EQ(said.find("registered as broker"), std::string::npos) << said;
    await("the first broker goes on", [&] { return bed.probe().acknowledged() >= acknowledged + 200; });
    EXPECT_EQ(Standing::of(rig.state()), before);
    EXPECT_EQ(refused_between(bed.probe(), Instant{}, clock.now()), 0u);
  }
  std::string copy_of_2() {
    std::string copy = rig.dir() / "copy";
    std::error_code ignored;  // the original goes on writing: a careless copy, as they are made
    std::filesystem::copy(rig.cluster().directory().broker(2) / "data", copy, std::filesystem::copy_options::recursive, ignored);
    return copy;
  }

  SystemClock clock;
  LocalCluster rig;
  drills::Bed bed{rig.place(), "identity", {2, 1, 3}};
};

TEST_F(Identity, ASecondProcessInTheSameDirectoryIsRefused) {
  expect_refused(elsewhere((rig.cluster().directory().broker(2) / "data").string()), "another process");
  expect_nothing_lost(bed);
}

TEST_F(Identity, ARestartedBrokerIsBackAtOnce) {
  for (int round = 0; round < 3; ++round) {
    cluster::ClusterState before = rig.state();
    must(rig.cluster().hold_broker(2), "holding");
    rig.kill(rig.broker(2));
    Instant started = clock.now();
    must(rig.cluster().start_broker(2), "starting");
    await("broker 2 is registered again", [&] {
      cluster::ClusterState now = rig.state();
      return now.brokers[1].state == "live" && now.brokers[1].epoch > before.brokers[1].epoch;
    });
    Duration took = clock.now() - started;
    std::cout << "registered and ready " << std::chrono::duration<double, std::milli>(took).count() << " ms after its start\n";
    EXPECT_LT(took, std::chrono::seconds(10)) << "it waited for its predecessor's session";
    rig.await_health();
  }
  expect_nothing_lost(bed);
}

// Whether an id is in use by somebody alive is told by sessions: short ones here.
class CopiedIdentity : public Identity {
 protected:
  CopiedIdentity() : Identity("1000") {}
};

TEST_F(CopiedIdentity, ALiveIdIsRefusedElsewhereWithAnEmptyDirectoryAndWithACopiedOne) {
  for (const std::string& directory : {rig.dir() / "empty", copy_of_2()}) {
    expect_refused(elsewhere(directory), "broker.id 2 is in use by a live process");
  }
  expect_nothing_lost(bed);
}

TEST_F(CopiedIdentity, IsNoBounceWhileTheOriginalIsStopped) {
  // Stopped, it can not object; its lease may still run. The copy has to wait until the controller has removed the original.
  std::string copy = copy_of_2();
  std::string output = rig.dir() / "second.log";
  cluster::send_signal(rig.broker(2), SIGSTOP);
  Instant stopped = clock.now();
  support::ChildProcess second = rig.start_another(2, elsewhere(copy), output);
  await("the copy is registered", [&] { return support::text_of(output).find("registered as broker") != std::string::npos; });
  // Silence is noticed after control.timeout.ms, and the lease and its drift are waited out after that.
  EXPECT_GT(clock.now() - stopped, std::chrono::milliseconds(600)) << "taken for a bounce: " << support::text_of(output);
  await("another leads", [&] {
    const auto now = rig.state();
    const cluster::PartitionState* partition = now.partition("identity", 0);
    return partition->leader > 0 && partition->leader != 2;
  });
  EXPECT_TRUE(second.running());
  // The original wakes up, finds its registration taken over, and gives up instead of fighting for it.
  cluster::send_signal(rig.broker(2), SIGCONT);
  EXPECT_TRUE(cluster::wait_until_gone(rig.broker(2), kPatience));
  EXPECT_TRUE(second.running());
  second.kill();
  must(rig.cluster().start_broker(2), "starting the original again");
  rig.await_health();
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
