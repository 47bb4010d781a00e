#include "cli/cluster/directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cli/cluster/cluster.h"
#include "cli/cluster/zookeeper.h"
#include "tests/support/temp_dir.h"

namespace baton::cluster {
namespace {

Description three_brokers() {
  Description description;
  description.cluster_id = "c";
  description.port_base = 9092;
  description.settings = {{"log.segment.bytes", "1048576"}};
  description.zookeeper = {"127.0.0.1:9191", true, 9191, {7, 8, "boot"}};
  for (int id = 1; id <= 3; ++id) description.brokers.push_back({id, 9091 + id, 9191 + id, {}, id == 2});
  description.voters = {1, 3};
  return description;
}

TEST(Directory, WhatIsSavedIsLoadedAgain) {
  support::TempDir dir;
  Directory directory(dir.path());
  ASSERT_TRUE(directory.save(three_brokers()));
  Result<Description> loaded = directory.load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->bootstrap(), "127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094");
  EXPECT_EQ(loaded->zookeeper.process, (ProcessId{7, 8, "boot"}));
  EXPECT_TRUE(loaded->broker(2)->held);
  EXPECT_FALSE(loaded->broker(3)->held);
  EXPECT_EQ(loaded->broker(4), nullptr);
  EXPECT_EQ(loaded->settings, three_brokers().settings);
  EXPECT_EQ(loaded->voters, three_brokers().voters);
}

TEST(Directory, AnEmptyOneSaysHowToStartACluster) {
  support::TempDir dir;
  Result<Description> loaded = Directory(dir.path()).load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("baton up"), std::string::npos);
}

TEST(Directory, ADamagedFileIsAnErrorNotACrash) {
  support::TempDir dir;
  for (const char* text : {"", "{", "[]", R"({"format":1})", R"({"format":"x"})", R"({"format":99})"}) {
    std::ofstream(dir / "cluster.json", std::ios::trunc) << text;
    EXPECT_FALSE(Directory(dir.path()).load()) << text;
  }
}

TEST(Directory, AForeignDirectoryIsLeftAlone) {
  support::TempDir dir;
  std::ofstream(dir / "thesis.txt") << "dear";
  Directory directory(dir.path());
  EXPECT_FALSE(directory.may_hold_new_cluster());
  Result<Cluster> cluster = Cluster::open_or_create(directory, {});
  ASSERT_FALSE(cluster);
  EXPECT_NE(cluster.error().message.find("thesis.txt"), std::string::npos);
  ASSERT_TRUE(directory.save(three_brokers()));
  directory.purge();
  EXPECT_TRUE(std::filesystem::exists(dir / "thesis.txt"));
  EXPECT_FALSE(directory.holds_cluster());
}

TEST(Cluster, OtherOptionsThanItWasMadeWithAreRefused) {
  support::TempDir dir;
  Directory directory(dir.path());
  ASSERT_TRUE(directory.save(three_brokers()));
  EXPECT_TRUE(Cluster::open_or_create(directory, {}));
  EXPECT_TRUE(Cluster::open_or_create(directory, {.brokers = 3, .port_base = 9092}));
  EXPECT_FALSE(Cluster::open_or_create(directory, {.brokers = 5}));
  EXPECT_FALSE(Cluster::open_or_create(directory, {.port_base = 1000}));
  EXPECT_FALSE(Cluster::open_or_create(directory, {.zookeeper = "elsewhere:2181"}));
}

TEST(Cluster, ASettingWithASlipIsRefusedAndTheNearestKeyNamed) {
  support::TempDir dir;
  Directory directory(dir / "c");
  std::vector<std::string> warnings;
  auto message = [&](const std::map<std::string, std::string>& settings) {
    Result<Cluster> cluster = Cluster::open_or_create(directory, {.settings = settings}, &warnings);
    return cluster ? "taken" : cluster.error().message;
  };
  EXPECT_EQ(message({{"log.segement.bytes", "1048576"}}), "--set: unknown key log.segement.bytes; did you mean log.segment.bytes?");
  EXPECT_EQ(message({{"zzzzzz", "1"}, {"num.partitons", "3"}}),
            "--set: unknown key num.partitons; did you mean num.partitions?\n--set: unknown key zzzzzz");
  EXPECT_NE(message({{"log.segment.bytes", "many"}}).find("log.segment.bytes=many: wanted an integer"), std::string::npos);
  EXPECT_TRUE(warnings.empty());
  EXPECT_FALSE(std::filesystem::exists(dir / "c"));
}

TEST(Cluster, ASettingWithoutEffectIsTakenWithAWarning) {
  support::TempDir dir;
  std::vector<std::string> warnings;
  Result<Cluster> cluster = Cluster::open_or_create(
      Directory(dir / "c"), {.settings = {{"num.io.threads", "16"}, {"num.partitions", "3"}, {"baton.internal.fail", "x"}}}, &warnings);
  ASSERT_TRUE(cluster) << cluster.error().message;
  EXPECT_EQ(warnings, std::vector<std::string>{"num.io.threads=16 is without effect in this release"});
  EXPECT_EQ(cluster->description().settings.at("num.io.threads"), "16");
}

TEST(Cluster, ReplicationFollowsTheNumberOfBrokers) {
  Description description = three_brokers();
  Directory directory("/c");
  auto properties = broker_properties(directory, description, description.brokers[0]);
  EXPECT_EQ(properties["default.replication.factor"], "3");
  EXPECT_EQ(properties["min.insync.replicas"], "2");
  EXPECT_EQ(properties["log.segment.bytes"], "1048576");
  description.brokers.resize(1);
  properties = broker_properties(directory, description, description.brokers[0]);
  EXPECT_EQ(properties["offsets.topic.replication.factor"], "1");
  EXPECT_EQ(properties["min.insync.replicas"], "1");
}

TEST(Cluster, ControllersOfTheirOwnHaveNoListenerAndBrokersAreNoCandidatesThen) {
  support::TempDir dir;
  Result<Cluster> cluster = Cluster::open_or_create(Directory(dir / "c"), {.brokers = 3, .controllers = 2, .port_base = 9092});
  ASSERT_TRUE(cluster) << cluster.error().message;
  const Description& made = cluster->description();
  ASSERT_EQ(made.controllers.size(), 2u);
  EXPECT_EQ(made.controllers[0].id, 101);
  EXPECT_EQ(made.controllers[1].control_port, 9393);
  EXPECT_EQ(made.bootstrap(), "127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094");
  auto controller = broker_properties(cluster->directory(), made, made.controllers[0]);
  EXPECT_EQ(controller["process.roles"], "controller");
  EXPECT_FALSE(controller.contains("listeners"));
  EXPECT_EQ(controller["default.replication.factor"], "3") << "it decides for the brokers";
  EXPECT_EQ(broker_properties(cluster->directory(), made, made.brokers[0])["process.roles"], "broker");
  EXPECT_FALSE(Cluster::open_or_create(Directory(dir / "d"), {.controllers = 10}));
}

TEST(Directory, ControllersAreSavedBesideTheBrokers) {
  support::TempDir dir;
  Directory directory(dir.path());
  Description description = three_brokers();
  description.controllers.push_back({101, 0, 9392, {}, true});
  ASSERT_TRUE(directory.save(description));
  Result<Description> loaded = directory.load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_NE(loaded->process(101), nullptr);
  EXPECT_TRUE(loaded->process(101)->held);
  EXPECT_EQ(loaded->broker(101), nullptr);
  EXPECT_EQ(loaded->processes().size(), 4u);
  EXPECT_EQ(directory.broker_log(101).filename(), "controller.log");
  EXPECT_FALSE(Cluster::open_or_create(directory, {.controllers = 2}));
}

TEST(Template, FillsWordsAndRefusesUnknownOnes) {
  EXPECT_EQ(*fill_template("a=${A}\nb=${B}${A} ${}", {{"A", "1"}, {"B", "2"}}), "a=1\nb=21 ${}");
  EXPECT_EQ(*fill_template("open ${A", {{"A", "1"}}), "open ${A");
  EXPECT_FALSE(fill_template("${C}", {}));
}

}  // namespace
}  // namespace baton::cluster
