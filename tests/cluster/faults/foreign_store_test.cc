// A store that lost its data, and one of another cluster: a broker refuses both, and keeps what it holds. Made anew there, a cluster would
// tell its brokers that none of their topics exists.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/cluster/rig/store_reader.h"
#include "tests/support/command.h"
#include "tests/support/zookeeper_server.h"

namespace baton::rig {
namespace {

// Bytes of all logs of a topic.
uintmax_t size_of_logs(const std::filesystem::path& data, const std::string& topic) {
  uintmax_t size = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(data)) {
    const std::string path = file.path().string();
    if (file.is_regular_file() && path.find("/" + topic) != std::string::npos && path.ends_with(".log")) size += file.file_size();
  }
  return size;
}

class ForeignStore : public testing::Test {
 protected:
  explicit ForeignStore(const std::optional<std::string>& zookeeper = std::nullopt)
      : rig(cluster::UpOptions{.zookeeper = zookeeper, .settings = {{"broker.supervised", "false"}}}) {}

  std::filesystem::path data_of(int id) { return rig.cluster().directory().broker(id) / "data"; }

  // Records that are there before, and afterwards.
  void write(drills::Bed& bed) {
    must(bed.prepare(), "preparing");
    await("records are acknowledged", [&] { return bed.probe().acknowledged() >= 500; });
  }
  // A broker that is not running is started against that store: it ends by itself and says why.
  void expect_refused(int id, const std::string& connect, const std::string& words) {
    const uintmax_t held = size_of_logs(data_of(id), "kept");
    ASSERT_GT(held, 0u);
    const std::string output = rig.dir() / "refused.log";
    std::filesystem::remove(output);
    support::ChildProcess second = rig.start_another(id, {{"zookeeper.connect", connect}}, output);
    const auto exit = second.wait(kPatience);
    const std::string said = support::text_of(output);
    ASSERT_TRUE(exit) << "it still runs; it says: " << said;
    EXPECT_NE(exit->code, 0) << said;
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_EQ(said.find("registered as broker"), std::string::npos) << said;
    EXPECT_EQ(size_of_logs(data_of(id), "kept"), held);
  }

  SystemClock clock;
  LocalCluster rig;
};

TEST_F(ForeignStore, AnEmptyOneAndOneOfAnotherClusterAreRefusedAtTheStart) {
  drills::Bed bed(rig.place(), "kept", {1, 2, 3});
  write(bed);
  must(rig.cluster().hold_broker(2), "holding");
  rig.kill(rig.broker(2));

  support::ZooKeeperServer other;
  other.start();
  expect_refused(2, other.connect_string() + "/nothing/here", "leads to an empty path of ZooKeeper");
  LocalCluster another(other.connect_string());
  expect_refused(2, other.connect_string(), "but zookeeper.connect leads to cluster");
  EXPECT_TRUE(another.state().ailments().empty()) << "the other cluster never knew";

  must(rig.cluster().start_broker(2), "starting where it belongs");
  rig.await_health();
  expect_nothing_lost(bed);
}

struct Served {
  Served() { server.start(); }
  support::ZooKeeperServer server;
};

class EmptiedStore : private Served, public ForeignStore {
 protected:
  EmptiedStore() : ForeignStore(server.connect_string()) {}
  support::ZooKeeperServer& zookeeper() { return server; }
};

// ZooKeeper's disk is replaced under live brokers. They have seen more than that server knows, and it refuses them: for them it is away,
// and what rests on a lease stops. One that is started anew refuses it in turn. Nobody makes a cluster there; when the data is restored,
// all is as it was.
TEST_F(EmptiedStore, UnderLiveBrokersIsRefusedUntilItIsRestored) {
  drills::Bed bed(rig.place(), "kept", {1, 2, 3});
  write(bed);
  drills::RawProbe one(writer(rig.bootstrap(), "kept", 1, "one"));
  one.start();
  await("acks=1 is acknowledged", [&] { return one.acknowledged() >= 100; });
  const Standing before = Standing::of(rig.state());
  const std::filesystem::path data = zookeeper().dir() / "data/version-2";
  const std::filesystem::path kept = zookeeper().dir() / "kept";
  ASSERT_TRUE(std::filesystem::exists(data));
  const Instant emptied = clock.now();
  zookeeper().kill();
  std::filesystem::rename(data, kept);
  zookeeper().start();
  await("acks=1 is refused", [&] { return refused_between(one, emptied, clock.now()) > 0; });
  await("acks=all goes on", [&, from = bed.probe().acknowledged()] { return bed.probe().acknowledged() >= from + 3000; });
  EXPECT_EQ(Standing::of(rig.state()), before) << "nobody is taken for dead";
  must(rig.cluster().hold_broker(3), "holding");
  rig.kill(rig.broker(3));
  expect_refused(3, zookeeper().connect_string(), "leads to an empty path of ZooKeeper");
  EXPECT_FALSE(StoreReader(zookeeper().connect_string()).find("/cluster/id")) << "somebody made a cluster there";

  one.stop();
  zookeeper().kill();
  std::filesystem::remove_all(data);
  std::filesystem::rename(kept, data);
  zookeeper().start();
  must(rig.cluster().start_broker(3), "starting");
  rig.await_health();
  await("the ISR is full", [&] { return bed.isr_full(); });
  const Standing after = Standing::of(rig.state());
  for (int id : {1, 2}) EXPECT_EQ(after.broker_epochs.at(id), before.broker_epochs.at(id)) << "it was taken for dead";
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
