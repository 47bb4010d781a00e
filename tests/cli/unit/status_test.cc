#include "cli/cluster/status.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/client/connection.h"

namespace baton::cluster {
namespace {

Description two_brokers() {
  Description description;
  description.brokers.push_back({1, 9092, 9192, identify(getpid()), false});
  description.brokers.push_back({2, 9093, 9193, {}, true});
  return description;
}

control::Status answer() {
  control::Status status;
  status.set_cluster_id("abc");
  status.set_controller_id(1);
  status.set_controller_epoch(4);
  for (int id : {1, 2}) {
    control::Broker& broker = *status.add_brokers();
    broker.set_id(id);
    broker.set_epoch(70 + id);
    broker.set_live(true);
    broker.set_ready(true);
    broker.set_streaming(true);
  }
  control::Topic& topic = *status.add_topics();
  topic.set_name("t");
  topic.set_topic_id("0123456789abcdef");
  topic.set_min_insync_replicas(2);
  for (int index : {1, 0}) {
    control::PartitionOf& entry = *status.add_partitions();
    entry.set_topic_id("0123456789abcdef");
    control::Partition& partition = *entry.mutable_state();
    partition.set_index(index);
    partition.add_replicas(1);
    partition.add_replicas(2);
    partition.add_isr(1);
    partition.set_leader(1);
    partition.set_leader_epoch(5);
    partition.set_partition_epoch(6);
  }
  return status;
}

// It could lead nothing yet, so whoever waits for a cluster to be ready waits for its stream too.
TEST(Status, ABrokerWithoutAControlStreamIsStillJoining) {
  control::Status status = answer();
  EXPECT_EQ(state_of(two_brokers(), status).brokers[0].state, "live");
  status.mutable_brokers(0)->set_streaming(false);
  EXPECT_EQ(state_of(two_brokers(), status).brokers[0].state, "joining");
}

// An upgrade under way: who is waited for.
TEST(Status, NamesWhoKeepsTheMetadataFromTheNextVersion) {
  control::Status status = answer();
  EXPECT_EQ(state_of(two_brokers(), status).why_no_higher_version(), "") << "nobody said anything";
  status.set_metadata_version(1);
  status.mutable_brokers(0)->set_metadata_version(2);
  status.mutable_brokers(1)->set_metadata_version(1);
  control::Candidate& candidate = *status.add_candidates();
  candidate.set_id(101);
  candidate.set_dedicated(true);
  EXPECT_EQ(state_of(two_brokers(), status).why_no_higher_version(), "version 2 waits for broker 2, controller 101");
  status.mutable_brokers(1)->set_metadata_version(2);
  status.mutable_candidates(0)->set_metadata_version(2);
  EXPECT_EQ(state_of(two_brokers(), status).why_no_higher_version(), "version 2 is about to begin");
  status.set_metadata_version(2);
  EXPECT_EQ(state_of(two_brokers(), status).why_no_higher_version(), "");
}

// A release from before there were levels can not say it itself.
TEST(Status, SaysThatABrokerOfAnEarlierReleaseIsRefused) {
  control::Status status = answer();
  status.set_metadata_version(2);
  status.mutable_brokers(0)->set_metadata_version(1);
  status.mutable_brokers(0)->set_streaming(false);
  EXPECT_EQ(state_of(two_brokers(), status).ailments().front(),
            "broker 1 is refused: it knows versions of the metadata up to 1 only; start a newer release there");
}

TEST(Status, JsonHoldsExactlyTheDocumentedFields) {
  auto json = nlohmann::json::parse(to_json(state_of(two_brokers(), answer())));
  EXPECT_EQ(json["cluster_id"], "abc");
  EXPECT_EQ(json["bootstrap"], "127.0.0.1:9092,127.0.0.1:9093");
  EXPECT_EQ(json["controller"], (nlohmann::json{{"id", 1}, {"epoch", 4}}));
  EXPECT_EQ(json["brokers"][0],
            (nlohmann::json{
                {"id", 1}, {"epoch", 71}, {"state", "live"}, {"address", "127.0.0.1:9092"}, {"pid", getpid()}, {"metadata_version", 0}}));
  EXPECT_EQ(json["metadata_version"], 0);
  EXPECT_EQ(json["partitions"][0], (nlohmann::json{{"topic", "t"},
                                                   {"partition", 0},
                                                   {"leader", 1},
                                                   {"leader_epoch", 5},
                                                   {"partition_epoch", 6},
                                                   {"replicas", {1, 2}},
                                                   {"isr", {1}}}));
  EXPECT_EQ(json.size(), 7u);
}

TEST(Status, ADeadProcessIsDeadWhateverTheImageSays) {
  ClusterState state = state_of(two_brokers(), answer());
  EXPECT_EQ(state.brokers[1].state, "killed");
  EXPECT_EQ(state.brokers[1].pid, -1);
}

TEST(Status, NamesWhatAils) {
  ClusterState state = state_of(two_brokers(), answer());
  EXPECT_EQ(state.ailments(), (std::vector<std::string>{"broker 2 is killed", "2 partition(s) are under-replicated"}));
  ClusterState silent = state_of(two_brokers(), std::nullopt);
  EXPECT_EQ(silent.ailments().front(), "no controller is elected: no node of this cluster answers, or none reaches ZooKeeper");
}

TEST(Status, AControllerThatNobodyFollowsIsNone) {
  control::Status status = answer();
  status.set_standing(0);
  ClusterState state = state_of(two_brokers(), status);
  EXPECT_EQ(state.controller_id, -1);
  EXPECT_EQ(state.ailments().front(),
            "no controller is elected: nobody stands for election; start a process whose process.roles names `controller`");
  status.set_standing(2);
  EXPECT_EQ(state_of(two_brokers(), status).why_uncontrolled(), "2 candidate(s) stand for election, and none rules yet");
}

TEST(Status, ControllersThatAreNoBrokersAreShownApart) {
  Description description = two_brokers();
  description.controllers.push_back({101, 0, 9392, identify(getpid()), false});
  description.controllers.push_back({102, 0, 9393, identify(getpid()), false});
  description.controllers.push_back({103, 0, 9394, {}, true});
  control::Status status = answer();
  status.set_controller_id(101);
  for (int id : {1, 101}) {
    control::Candidate& candidate = *status.add_candidates();
    candidate.set_id(id);
    candidate.set_dedicated(id > 100);
    candidate.set_control_host("127.0.0.1");
    candidate.set_control_port(9291 + id);
  }
  ClusterState state = state_of(description, status);
  ASSERT_EQ(state.controllers.size(), 3u);
  EXPECT_EQ(state.controllers[0].state, "rules");
  EXPECT_EQ(state.controllers[1].state, "joining");
  EXPECT_EQ(state.controllers[2].state, "killed");
  EXPECT_EQ(state.brokers.size(), 2u);
  const std::vector<std::string> ailments = state.ailments();
  EXPECT_NE(std::find(ailments.begin(), ailments.end(), "controller 103 is killed"), ailments.end());
}

// R8, R9: who may lead is the ISR and the eligible; a live one among them that does not lead has a dirty log, or is leaving.
TEST(Status, SaysWhomALeaderlessPartitionWaitsFor) {
  const auto why = [](std::vector<int> isr, std::vector<int> eligible) {
    control::Status status = answer();
    control::Partition& partition = *status.mutable_partitions(0)->mutable_state();
    partition.set_leader(-1);
    partition.mutable_isr()->Assign(isr.begin(), isr.end());
    partition.mutable_eligible()->Assign(eligible.begin(), eligible.end());
    ClusterState state = state_of(two_brokers(), status);
    return state.why_leaderless(*state.partition("t", partition.index()));
  };
  EXPECT_EQ(why({2}, {}), "no leader: waits for broker 2");
  EXPECT_EQ(why({}, {1, 2}), "no leader: waits for broker 2; 1 may not lead");
  EXPECT_EQ(why({}, {1}), "no leader: 1 may not lead");
}

TEST(Address, IsHostAndPort) {
  EXPECT_EQ(client::parse_address("localhost:9092")->port, 9092);
  EXPECT_EQ(client::parse_address("[::1]:9092")->host, "::1");
  for (const char* text : {"", "localhost", ":9092", "localhost:", "localhost:0", "localhost:65536", "localhost:9x"}) {
    EXPECT_FALSE(client::parse_address(text)) << text;
  }
}

}  // namespace
}  // namespace baton::cluster
