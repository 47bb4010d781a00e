// The commands as a user types them, about real brokers whose ZooKeeper is somebody else's: one cluster for all of these tests.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/cluster/rig/store_reader.h"
#include "tests/support/child_process.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"
#include "tests/support/zookeeper_server.h"

namespace baton {
namespace {

using nlohmann::json;
using rig::await;
using Outcome = support::CommandOutcome;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class WholeCluster : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("BATON_HOME", BATON_SOURCE_DIR, 1);
    dir_ = std::make_unique<support::TempDir>();
    zookeeper_ = std::make_unique<support::ZooKeeperServer>();
    zookeeper_->start();
    first_up_ = baton("up --json --brokers 2 --port-base " + std::to_string(rig::free_port_base(3)) + " --zookeeper " +
                      zookeeper_->connect_string() + "/of/commands --set num.io.threads=16");
  }
  static void TearDownTestSuite() {
    baton("down --purge");
    zookeeper_.reset();
    dir_.reset();
  }
  void SetUp() override { ASSERT_EQ(first_up_.code, 0) << first_up_.error; }

  // The commands' other tests name a stand-in in BATON_BROKER.
  static Outcome baton(const std::string& arguments) {
    return support::run_command("BATON_BROKER=" BATON_BINARY_DIR "/bin/baton-broker " BATON_BINARY_DIR "/bin/baton-cli " + arguments +
                                " --dir " + directory());
  }
  static std::string directory() { return *dir_ / "cluster"; }
  static json status() { return json::parse(baton("status --json").out); }

  static std::unique_ptr<support::TempDir> dir_;
  static std::unique_ptr<support::ZooKeeperServer> zookeeper_;
  static Outcome first_up_;
};

std::unique_ptr<support::TempDir> WholeCluster::dir_;
std::unique_ptr<support::ZooKeeperServer> WholeCluster::zookeeper_;
Outcome WholeCluster::first_up_;

TEST_F(WholeCluster, LivesUnderTheChrootOfTheZooKeeperThatWasNamed) {
  EXPECT_FALSE(std::filesystem::exists(directory() + "/zookeeper")) << "a ZooKeeper of its own was started";
  rig::StoreReader root(zookeeper_->connect_string());
  EXPECT_TRUE(root.find("/of/commands/controller_epoch"));
  EXPECT_TRUE(root.find("/of/commands/brokers/ids/1"));
  EXPECT_FALSE(root.find("/controller_epoch"));
  EXPECT_FALSE(root.find("/brokers"));
}

TEST_F(WholeCluster, LabDrawsTheElectionOfItsController) {
  const std::string page = *dir_ / "live.html";
  const Outcome drawn = baton("lab show --live --html " + page);
  ASSERT_EQ(drawn.code, 0) << drawn.error;
  const std::string ruler = std::to_string(status()["controller"]["id"].get<int>());
  EXPECT_NE(drawn.out.find(ruler + " rules: epoch 1"), std::string::npos) << drawn.out;
  EXPECT_NE(drawn.out.find("create /controller"), std::string::npos) << drawn.out;
  EXPECT_NE(support::text_of(page).find("zookeeper, as it happened"), std::string::npos);
  EXPECT_EQ(baton("lab show --live --all").code, 0);
  EXPECT_NE(baton("lab show").error.find("--live"), std::string::npos);
}

TEST_F(WholeCluster, UpPrintsWhatStatusPrintsBothTimes) {
  EXPECT_NE(first_up_.error.find("--set num.io.threads=16 is without effect"), std::string::npos) << first_up_.error;
  json first = json::parse(first_up_.out);
  EXPECT_EQ(first["brokers"].size(), 2u);
  Outcome again = baton("up --json");
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.error.find("is up already"), std::string::npos) << again.error;
  json second = json::parse(again.out);
  EXPECT_EQ(second, status());
  for (const char* same : {"cluster_id", "bootstrap", "controller", "brokers"}) EXPECT_EQ(second[same], first[same]) << same;
}

TEST_F(WholeCluster, TopicsAreListedDescribedAndDeleted) {
  ASSERT_EQ(baton("topic create two -p 2 -r 2 --config retention.ms=3600000").code, 0);
  ASSERT_EQ(baton("topic create one --replica-assignment 2").code, 0);
  EXPECT_EQ(baton("topic list").out, "one\ntwo\n");

  Outcome one = baton("topic describe one");
  EXPECT_EQ(one.code, 0) << one.error;
  std::vector<std::string> described = lines_of(one.out);
  ASSERT_EQ(described.size(), 2u) << one.out;
  EXPECT_TRUE(described[0].starts_with("Topic: one\tTopicId: ")) << described[0];
  EXPECT_TRUE(described[0].ends_with("\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: ")) << described[0];
  EXPECT_EQ(described[1], "\tTopic: one\tPartition: 0\tLeader: 2\tReplicas: 2\tIsr: 2");
  std::vector<std::string> all = lines_of(baton("topic describe").out);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0], described[0]);
  EXPECT_TRUE(all[2].ends_with("\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: retention.ms=3600000")) << all[2];
  EXPECT_EQ(baton("topic describe --unavailable-partitions").out, "");
  EXPECT_EQ(baton("topic describe --at-min-isr-partitions two").out.find("Topic: one"), std::string::npos);

  Outcome missing = baton("topic describe three");
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.error, "baton: there is no topic three\n");

  Outcome deleted = baton("topic delete one two");
  EXPECT_EQ(deleted.code, 0) << deleted.error;
  EXPECT_EQ(deleted.out, "Deleted topic one.\nDeleted topic two.\n");
  EXPECT_EQ(baton("topic list").out, "");
  Outcome gone = baton("topic delete one");
  EXPECT_EQ(gone.code, 2);
  EXPECT_EQ(lines_of(gone.error).size(), 1u) << gone.error;
  EXPECT_NE(gone.error.find("one"), std::string::npos) << gone.error;
  EXPECT_EQ(baton("topic delete one --if-exists").code, 0);
}

// One broker of two dies: the partitions that miss it are named, and those that had nothing else.
TEST_F(WholeCluster, DescribePicksThePartitionsThatAil) {
  ASSERT_EQ(baton("topic create both --replica-assignment 1:2").code, 0);
  ASSERT_EQ(baton("topic create alone --replica-assignment 2").code, 0);
  ASSERT_EQ(baton("kill 2").code, 0);
  await("the partition of broker 2 alone is without a leader", [] {
    return baton("topic describe --unavailable-partitions").out ==
           "\tTopic: alone\tPartition: 0\tLeader: none\tReplicas: 2\tIsr: \tno leader: waits for broker 2\n";
  });
  await("the partition of both is under-replicated", [] {
    return baton("topic describe --under-replicated-partitions both").out ==
           "\tTopic: both\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1\n";
  });
  EXPECT_EQ(baton("topic describe --under-min-isr-partitions both").out, "\tTopic: both\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1\n");
  EXPECT_EQ(baton("start 2").code, 0);
  EXPECT_EQ(baton("status --wait --timeout 60").code, 0);
  EXPECT_EQ(baton("topic describe --unavailable-partitions").out, "");
  EXPECT_EQ(baton("topic delete both alone").code, 0);
}

TEST_F(WholeCluster, LogsGoOnWithWhatComes) {
  std::string output = *dir_ / "logs";
  const std::string program = BATON_BINARY_DIR "/bin/baton-cli";
  auto logs = support::ChildProcess::start({program, "logs", "-f", "-n", "1", "2", "--dir", directory()}, output);
  await("the last line so far", [&] { return !support::text_of(output).empty(); });
  ASSERT_EQ(baton("kill 2 --signal TERM").code, 0);
  await("what the broker says as it ends", [&] { return support::text_of(output).find("shut down in good order") != std::string::npos; });
  EXPECT_EQ(baton("start 2").code, 0);
  EXPECT_EQ(baton("status --wait --timeout 60").code, 0);
  EXPECT_TRUE(logs.running());
  for (const std::string& line : lines_of(support::text_of(output))) EXPECT_TRUE(line.starts_with("broker-2  | ")) << line;
}

// A broker by itself, in a cluster of its own.
TEST_F(WholeCluster, ABrokerWarnsOfAKeyThatItDoesNotKnowAndStarts) {
  std::string file = *dir_ / "broker.properties", output = *dir_ / "broker.out";
  int port = rig::free_port_base(3);
  std::ofstream(file) << "broker.id=7\nzookeeper.connect=" << zookeeper_->connect_string() << "/alone\nlog.dirs=" << (*dir_ / "alone")
                      << "\nlisteners=PLAINTEXT://127.0.0.1:" << port << "\ncontrol.listener=127.0.0.1:" << port + 1
                      << "\nlog.segement.bytes=5\n";
  auto broker = support::ChildProcess::start({BATON_BINARY_DIR "/bin/baton-broker", file}, output);
  await("it is registered",
        [&] { return support::text_of(output).find("registered as broker 7") != std::string::npos || !broker.running(); });
  std::string said = support::text_of(output), warning = "unknown key log.segement.bytes, ignored; did you mean log.segment.bytes?";
  ASSERT_NE(said.find(warning), std::string::npos) << said;
  EXPECT_EQ(said.find(warning), said.rfind(warning)) << "said twice: " << said;
  EXPECT_TRUE(broker.running()) << support::text_of(output);
  broker.signal(SIGTERM);
  auto exit = broker.wait(rig::kPatience);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 0);
  EXPECT_EQ(exit->signal, 0);
}

TEST(BrokerProgram, AnInvalidValueStopsTheStartWithKeyValueAndRange) {
  support::TempDir dir;
  std::ofstream(dir / "broker.properties") << "broker.id=1\nzookeeper.connect=127.0.0.1:1\nlog.dirs=" << (dir / "data") << "\n";
  std::string command = BATON_BINARY_DIR "/bin/baton-broker " + (dir / "broker.properties");
  Outcome invalid = support::run_command(command + " --override log.segment.bytes=5");
  EXPECT_EQ(invalid.code, 1);
  std::string said = invalid.out + invalid.error;
  EXPECT_EQ(lines_of(said).size(), 1u) << said;
  EXPECT_NE(said.find("log.segment.bytes=5: wanted an integer from 14 to 2147483647 (bytes)"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(dir / "data"));
  EXPECT_EQ(support::run_command(command + "-of-nobody").code, 1);
}

}  // namespace
}  // namespace baton
