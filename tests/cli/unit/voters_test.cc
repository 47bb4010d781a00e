// Who is written down as a voter when a cluster's candidates ask each other, and who is not.
#include "cli/cluster/voters.h"

#include <gtest/gtest.h>

#include "cli/cluster/cluster.h"
#include "tests/support/temp_dir.h"

namespace baton::cluster {
namespace {

UpOptions electing_by(const std::string& word) {
  UpOptions options;
  options.port_base = 20000;
  options.settings = {{"controller.election", word}};
  return options;
}

Description made(const UpOptions& options) {
  support::TempDir dir;
  Result<Cluster> cluster = Cluster::open_or_create(Directory(dir / "cluster"), options);
  EXPECT_TRUE(cluster) << cluster.error().message;
  return cluster->description();
}

std::map<std::string, std::string> properties_of(const Description& description, int id) {
  return broker_properties(Directory("somewhere"), description, *description.process(id));
}

TEST(Voters, AreEveryBrokerWhereTheyAskEachOther) {
  for (const char* word : {"bully", "ring", "hirschberg-sinclair", "raft", "paxos"}) {
    const Description description = made(electing_by(word));
    EXPECT_EQ(properties_of(description, 2).at("controller.quorum.voters"), "1@127.0.0.1:20100,2@127.0.0.1:20101,3@127.0.0.1:20102")
        << word;
    EXPECT_EQ(properties_of(description, 2).at("control.listener"), "127.0.0.1:20101");
  }
}

TEST(Voters, AreNotWrittenWhereTheStoreIsAsked) {
  for (const char* word : {"zookeeper", "herd", "lease"}) {
    EXPECT_FALSE(properties_of(made(electing_by(word)), 1).contains("controller.quorum.voters")) << word;
  }
}

TEST(Voters, AreTheControllersWhereThereAreAny) {
  UpOptions options = electing_by("raft");
  options.controllers = 3;
  const Description description = made(options);
  EXPECT_EQ(properties_of(description, 102).at("controller.quorum.voters"), "101@127.0.0.1:20300,102@127.0.0.1:20301,103@127.0.0.1:20302");
  EXPECT_EQ(properties_of(description, 102).at("process.roles"), "controller");
  EXPECT_EQ(properties_of(description, 1).at("process.roles"), "broker");
}

TEST(Voters, ABrokerThatIsAddedIsNoCandidate) {
  Description description = made(electing_by("bully"));
  description.brokers.push_back({4, 20003, 20103, {}, false, false});
  settle_voters(description);
  EXPECT_EQ(properties_of(description, 4).at("process.roles"), "broker");
  EXPECT_EQ(properties_of(description, 1).at("controller.quorum.voters"), "1@127.0.0.1:20100,2@127.0.0.1:20101,3@127.0.0.1:20102");
  EXPECT_FALSE(properties_of(description, 1).contains("process.roles"));
}

TEST(Voters, AreMadeAnewWhenTheWayChanges) {
  Description description = made(electing_by("lease"));
  description.brokers.push_back({4, 20003, 20103, {}, false, false});
  description.settings["controller.election"] = "raft";
  settle_voters(description);
  EXPECT_EQ(description.voters, (std::vector<int>{1, 2, 3, 4}));
  description.settings["controller.election"] = "zookeeper";
  settle_voters(description);
  EXPECT_TRUE(description.voters.empty());
}

TEST(Voters, AnUnknownWayIsRefusedBeforeAnythingIsMade) {
  support::TempDir dir;
  Result<Cluster> cluster = Cluster::open_or_create(Directory(dir / "cluster"), electing_by("rafd"));
  ASSERT_FALSE(cluster);
  EXPECT_NE(cluster.error().message.find(
                "controller.election=rafd: wanted one of zookeeper,herd,bully,ring,hirschberg-sinclair,raft,paxos,lease"),
            std::string::npos)
      << cluster.error().message;
  EXPECT_FALSE(std::filesystem::exists(dir / "cluster"));
}

}  // namespace
}  // namespace baton::cluster
