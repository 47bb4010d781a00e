#include "controller/plugin/manager_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/election/catalog.h"
#include "controller/plugin/properties.h"

namespace baton {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

Properties least() {
  return {{"broker.id", "3"},
          {"zookeeper.connect", "a:2181,b:2181/baton"},
          {"listeners", "PLAINTEXT://127.0.0.1:9092"},
          {property::kDataDirectory, "AAECAwQFBgcICQoLDA0ODw"}};
}

TEST(ManagerConfig, TakesWhatTheHostSays) {
  Properties properties = least();
  properties["broker.rack"] = "r1";
  properties["leader.lease.ms"] = "1000";
  properties["clock.drift.percent"] = "5";
  properties[property::kBootId] = "boot";
  properties[property::kLockInode] = "4711";
  properties[property::kLocalFileSystem] = "true";
  const auto config = manager_config(properties);
  ASSERT_TRUE(config) << config.error().message;
  const agent::Config& agent = config->shell.node.agent;
  EXPECT_EQ(agent.id, BrokerId(3));
  EXPECT_EQ(agent.rack, "r1");
  EXPECT_EQ(config->zookeeper_connect, "a:2181,b:2181/baton");
  EXPECT_EQ(agent.data_directory.id.to_string(), "AAECAwQFBgcICQoLDA0ODw");
  EXPECT_EQ(agent.data_directory.boot_id, "boot");
  EXPECT_EQ(agent.data_directory.lock_inode, 4711u);
  EXPECT_TRUE(agent.data_directory.local_file_system);
  ASSERT_EQ(agent.endpoints.size(), 1u);
  EXPECT_EQ(agent.endpoints[0].host, "127.0.0.1");
  EXPECT_EQ(agent.endpoints[0].port, 9092);
  EXPECT_EQ(config->shell.node.controller.membership.lease, milliseconds(1000));
  EXPECT_EQ(config->shell.node.controller.membership.drift, milliseconds(50));
  EXPECT_TRUE(config->shell.node.candidate);
  EXPECT_TRUE(config->shell.proof_of_death);
}

TEST(ManagerConfig, AdvertisedListenersWin) {
  Properties properties = least();
  properties["advertised.listeners"] = "PLAINTEXT://[::1]:19092";
  const auto config = manager_config(properties);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shell.node.agent.endpoints[0].host, "::1");
  EXPECT_EQ(config->shell.node.agent.endpoints[0].port, 19092);
}

TEST(ManagerConfig, AProcessKnowsTheNewestFormsUnlessItIsToldToBehaveAsAnOlderOne) {
  Properties properties = least();
  EXPECT_EQ(manager_config(properties)->shell.node.agent.metadata_version, kMetadataNewest);
  properties["metadata.version.max"] = "1";
  EXPECT_EQ(manager_config(properties)->shell.node.agent.metadata_version, 1);
  for (const std::string& beyond : {std::to_string(kMetadataNewest + 1), std::string("0")}) {
    properties["metadata.version.max"] = beyond;
    const auto refused = manager_config(properties);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("metadata.version.max=" + beyond));
    EXPECT_THAT(refused.error().message, HasSubstr("from 1 to " + std::to_string(kMetadataNewest)));
  }
}

TEST(ManagerConfig, BrokerWithoutTheControllersRoleIsNoCandidate) {
  Properties properties = least();
  properties["process.roles"] = "broker";
  const auto config = manager_config(properties);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->shell.node.candidate);
}

TEST(ManagerConfig, AControllerWithoutTheBrokersRoleNeedsNoListeners) {
  Properties properties = least();
  properties["process.roles"] = "controller";
  properties["controller.priority"] = "7";
  properties.erase("listeners");
  const auto config = manager_config(properties);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->shell.node.candidate);
  EXPECT_FALSE(config->shell.node.agent.broker);
  EXPECT_TRUE(config->shell.node.agent.endpoints.empty());
  EXPECT_EQ(config->shell.node.priority, 7);
}

TEST(ManagerConfig, ReadsWhatTheDirectoryHeld) {
  Properties properties = least();
  properties[property::kReplicas] = "AAECAwQFBgcICQoLDA0ODw:0:7:100:clean,AAECAwQFBgcICQoLDA0ODw:1:-1:0:dirty";
  const auto config = manager_config(properties);
  ASSERT_TRUE(config) << config.error().message;
  const auto& replicas = config->shell.node.agent.replicas;
  ASSERT_EQ(replicas.size(), 2u);
  EXPECT_EQ(replicas[0].last_epoch(), 7);
  EXPECT_EQ(replicas[0].end_offset(), 100);
  EXPECT_FALSE(replicas[0].dirty());
  EXPECT_TRUE(replicas[1].dirty());
}

TEST(ManagerConfig, RefusesByName) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"broker.id", "-1"},
      {"broker.id", "x"},
      {"control.listener", "nowhere"},
      {"control.listener", "0.0.0.0:0"},
      {"listeners", "9092"},
      {"leader.lease.ms", "1"},
      {property::kDataDirectory, "short"},
      {property::kLockInode, "-5"},
      {property::kReplicas, "AAECAwQFBgcICQoLDA0ODw:0:7:100"},
  };
  for (const auto& [key, value] : wrong) {
    Properties properties = least();
    properties[key] = value;
    const auto config = manager_config(properties);
    ASSERT_FALSE(config) << key << "=" << value;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(config.error().message, HasSubstr(value));
  }
}

TEST(ManagerConfig, WildcardListenerNeedsAnAddressThatOthersReach) {
  Properties properties = least();
  properties["control.listener"] = "0.0.0.0:0";
  properties["control.advertised.host"] = "10.0.0.3";
  const auto config = manager_config(properties);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shell.control_advertised_host, "10.0.0.3");
}

// ---- electors that ask their peers ------------------------------------------------------------------------------------------

Properties voting() {
  Properties properties = least();
  properties["controller.election"] = "raft";
  properties["control.listener"] = "127.0.0.1:9193";
  properties["controller.quorum.voters"] = "3@127.0.0.1:9193, 1@[::1]:9191,2@b.example:9192";
  properties[property::kElectionDirectory] = "data";
  return properties;
}
std::string refusal_of(const Properties& properties) {
  const auto config = manager_config(properties);
  return config ? "" : config.error().message;
}

TEST(ManagerConfig, TakesTheVotersInOneOrder) {
  const auto config = manager_config(voting());
  ASSERT_TRUE(config) << config.error().message;
  const node::NodeConfig& node = config->shell.node;
  EXPECT_EQ(node.election, "raft");
  ASSERT_EQ(node.voters.size(), 3u);
  EXPECT_EQ(node.voters[0], (node::VoterAddress{BrokerId(1), "::1", 9191}));
  EXPECT_EQ(node.voters[2], (node::VoterAddress{BrokerId(3), "127.0.0.1", 9193}));
  EXPECT_EQ(node.timing.beat, milliseconds(100));
  EXPECT_EQ(node.timing.suspect, milliseconds(500));
  EXPECT_EQ(node.timing.answer, milliseconds(50));
  EXPECT_EQ(config->shell.election_directory, "data");
}

TEST(ManagerConfig, VotersThatCanNotBeAreRefusedWithTheReason) {
  Properties none = voting();
  none.erase("controller.quorum.voters");
  EXPECT_THAT(refusal_of(none), HasSubstr("controller.election=raft asks the other candidates: give controller.quorum.voters"));
  Properties without_self = voting();
  without_self["controller.quorum.voters"] = "1@a:9191,2@b:9192";
  EXPECT_THAT(refusal_of(without_self), HasSubstr("an entry for this candidate, 3@host:port"));
  Properties other_port = voting();
  other_port["control.listener"] = "127.0.0.1:9999";
  EXPECT_THAT(refusal_of(other_port), HasSubstr("wanted port 9999 for 3"));
  Properties free_port = voting();
  free_port["control.listener"] = "127.0.0.1:0";
  EXPECT_THAT(refusal_of(free_port), HasSubstr("must not be 0"));
  Properties advertised = voting();
  advertised["control.listener"] = "127.0.0.1:0";
  advertised["control.advertised.port"] = "9193";
  EXPECT_EQ(refusal_of(advertised), "");
  for (const auto& [voters, why] : std::map<std::string, std::string>{
           {"3@127.0.0.1:9193,b:9192", "b:9192: an id and an @ are lacking"},
           {"3@127.0.0.1:9193,x@b:9192", "x@b:9192: an id and an @ are lacking"},
           {"3@127.0.0.1:9193,-2@b:9192", "-2@b:9192: an id"},
           {"3@127.0.0.1:9193,2@b", "2@b: that is no host:port"},
           {"3@127.0.0.1:9193,2@b:0", "2@b:0: that is no host:port"},
           {"3@127.0.0.1:9193,2@:9192", "2@:9192: that is no host:port"},
           {"3@127.0.0.1:9193,2@b:99999", "2@b:99999: that is no host:port"},
           {"3@127.0.0.1:9193,3@b:9192", "3@b:9192: 3 is named twice"},
           {"3@127.0.0.1:9193,2@127.0.0.1:9193", "2@127.0.0.1:9193: 3 is there already"},
       }) {
    Properties properties = voting();
    properties["controller.quorum.voters"] = voters;
    EXPECT_THAT(refusal_of(properties), HasSubstr(why));
  }
}

TEST(ManagerConfig, WhoAsksNobodyNeedsNoVoters) {
  Properties lease = least();
  lease["controller.election"] = "lease";
  EXPECT_EQ(refusal_of(lease), "");
  Properties no_candidate = voting();
  no_candidate["process.roles"] = "broker";
  no_candidate.erase("controller.quorum.voters");
  EXPECT_EQ(refusal_of(no_candidate), "");
}

TEST(ManagerConfig, TheSettingAllowsEveryElectorOfTheCatalogAndNoOther) {
  for (const election::ElectorKind& kind : election::elector_kinds()) {
    Properties properties = voting();
    properties["controller.election"] = std::string(kind.name);
    EXPECT_EQ(refusal_of(properties), "") << kind.name;
  }
  Properties unknown = voting();
  unknown["controller.election"] = "rafd";
  for (const election::ElectorKind& kind : election::elector_kinds()) EXPECT_THAT(refusal_of(unknown), HasSubstr(std::string(kind.name)));
}

TEST(ManagerConfig, TimesOfAnElectionFitTogether) {
  Properties properties = voting();
  properties["controller.election.suspect.ms"] = "150";
  EXPECT_THAT(refusal_of(properties),
              HasSubstr("controller.election.beat.ms=100: wanted at most half of controller.election.suspect.ms, 75"));
  properties["controller.election.beat.ms"] = "50";
  EXPECT_EQ(refusal_of(properties), "");
}

}  // namespace
}  // namespace baton
