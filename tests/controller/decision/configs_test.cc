// Configurations that change while the cluster runs.
#include "controller/decision/config_change.h"
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

using Op = ConfigOp::Kind;
const auto kAll = std::vector<std::vector<BrokerId>>{brokers({1, 2, 3})};

ConfigChange topic_change(std::vector<ConfigOp> ops, const std::string& topic = "t") {
  return {{ConfigResource::kTopic, topic}, false, std::move(ops)};
}
ConfigChange broker_change(std::vector<ConfigOp> ops, const std::string& broker) {
  return {{ConfigResource::kBroker, broker}, false, std::move(ops)};
}

ErrorCode change(World& world, const ConfigChange& wanted, bool validate_only = false) {
  world.feed(ConfigsRequested{++world.request_, {wanted}, validate_only});
  return std::get<std::vector<ConfigOutcome>>(world.said<Reply>().back().answer).at(0).error.code;
}

Configs configs(const World& world) {
  return world.controller_.topics().at("t").configs;
}

TEST(ConfigChange, SetsDeletesAppendsAndSubtracts) {
  const auto after = [](const Configs& present, std::vector<ConfigOp> ops) {
    return changed_topic_configs(present, topic_change(std::move(ops))).value();
  };
  EXPECT_EQ(after({}, {{"retention.ms", Op::kSet, "5"}}), (Configs{{"retention.ms", "5"}}));
  EXPECT_EQ(after({{"retention.ms", "5"}}, {{"retention.ms", Op::kDelete, ""}}), Configs{});
  EXPECT_EQ(after({}, {{"cleanup.policy", Op::kAppend, "compact"}}), (Configs{{"cleanup.policy", "delete,compact"}}))
      << "to the default, where nothing is set";
  EXPECT_EQ(after({{"cleanup.policy", "compact"}}, {{"cleanup.policy", Op::kAppend, "compact"}}), (Configs{{"cleanup.policy", "compact"}}));
  EXPECT_EQ(after({{"cleanup.policy", "delete,compact"}}, {{"cleanup.policy", Op::kSubtract, "delete"}}),
            (Configs{{"cleanup.policy", "compact"}}));
  ConfigChange all = topic_change({{"segment.bytes", Op::kSet, "1048576"}});
  all.replace = true;
  EXPECT_EQ(changed_topic_configs({{"retention.ms", "5"}}, all).value(), (Configs{{"segment.bytes", "1048576"}}));
}

TEST(ConfigChange, RefusesWhatATopicCannotHave) {
  const auto error = [](std::vector<ConfigOp> ops) {
    auto after = changed_topic_configs({{"of.a.later.release", "1"}}, topic_change(std::move(ops)));
    return after ? ErrorCode::kNone : after.error().code;
  };
  EXPECT_EQ(error({{"no.such.key", Op::kSet, "1"}}), ErrorCode::kInvalidConfig);
  EXPECT_EQ(error({{"retention.ms", Op::kSet, "soon"}}), ErrorCode::kInvalidConfig);
  EXPECT_EQ(error({{"retention.ms", Op::kAppend, "5"}}), ErrorCode::kInvalidConfig);
  EXPECT_EQ(error({{"cleanup.policy", Op::kSubtract, "delete"}}), ErrorCode::kInvalidConfig) << "nothing would be left";
  EXPECT_EQ(error({{"retention.ms", Op::kSet, "1"}, {"retention.ms", Op::kDelete, ""}}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(error({{"retention.ms", static_cast<Op>(7), "1"}}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(error({{"retention.ms", Op::kSet, "1"}}), ErrorCode::kNone) << "what is not touched is not judged";
  EXPECT_EQ(error({{"of.a.later.release", Op::kDelete, ""}}), ErrorCode::kNone);
}

TEST(ConfigChange, OfBrokersOnlyWhatHasAnEffectWhileTheyRun) {
  const auto error = [](const std::string& key, const std::string& value, const std::string& broker) {
    auto after = changed_broker_configs({}, broker_change({{key, Op::kSet, value}}, broker));
    return after ? ErrorCode::kNone : after.error().code;
  };
  EXPECT_EQ(error("leader.replication.throttled.rate", "1000", "1"), ErrorCode::kNone);
  EXPECT_EQ(error("leader.replication.throttled.rate", "1000", ""), ErrorCode::kNone);
  EXPECT_EQ(error("leader.replication.throttled.rate", "-1", "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(error("controller.mutation.rate", "2.5", ""), ErrorCode::kNone);
  EXPECT_EQ(error("controller.mutation.rate", "2.5", "1"), ErrorCode::kInvalidRequest) << "one for all brokers";
  EXPECT_EQ(error("log.retention.ms", "5", "1"), ErrorCode::kInvalidRequest) << "only by a restart";
  EXPECT_EQ(error("no.such.key", "5", "1"), ErrorCode::kInvalidConfig);
}

TEST(Configs, AreWrittenToTheEntryThenToldAndAnswered) {
  World world;
  world.create("t", 2);
  world.by_hand();
  world.forget();
  world.feed(ConfigsRequested{1, {topic_change({{"retention.ms", Op::kSet, "5"}})}, false});
  ASSERT_EQ(world.pending()->changes.size(), 1u);
  EXPECT_TRUE(world.said<Reply>().empty());
  world.confirm();
  ASSERT_EQ(world.said<Publish>().size(), 1u);
  EXPECT_EQ(world.said<Publish>()[0].topics.at(0).configs, (Configs{{"retention.ms", "5"}}));
  EXPECT_TRUE(world.said<Publish>()[0].partitions.empty()) << "they are as they were";
  EXPECT_EQ(world.said<Reply>().size(), 1u);
}

TEST(Configs, WhatChangesNothingIsNotWritten) {
  World world;
  world.create("t", 1);
  EXPECT_EQ(change(world, topic_change({{"retention.ms", Op::kSet, "5"}}), true), ErrorCode::kNone);
  EXPECT_EQ(configs(world), Configs{});
  EXPECT_EQ(change(world, topic_change({{"retention.ms", Op::kSet, "5"}})), ErrorCode::kNone);
  world.by_hand();
  world.forget();
  EXPECT_EQ(change(world, topic_change({{"retention.ms", Op::kSet, "5"}})), ErrorCode::kNone);
  EXPECT_EQ(world.pending(), nullptr);
  EXPECT_EQ(change(world, topic_change({}, "nowhere")), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(change(world, {{8, "x"}, false, {}}), ErrorCode::kInvalidRequest);
}

TEST(Configs, OfBrokersStandInOneNodeAndAreToldWhole) {
  World world;
  EXPECT_EQ(change(world, broker_change({{"leader.replication.throttled.rate", Op::kSet, "7"}}, "2")), ErrorCode::kNone);
  EXPECT_EQ(change(world, broker_change({{"leader.replication.throttled.rate", Op::kSet, "9"}}, "")), ErrorCode::kNone);
  const BrokerConfigs both{{"", {{"leader.replication.throttled.rate", "9"}}}, {"2", {{"leader.replication.throttled.rate", "7"}}}};
  EXPECT_EQ(world.controller_.broker_configs(), both);
  EXPECT_EQ(world.said<Publish>().back().broker_configs, both);
  EXPECT_EQ(change(world, broker_change({{"leader.replication.throttled.rate", Op::kDelete, ""}}, "2")), ErrorCode::kNone);
  EXPECT_EQ(world.controller_.broker_configs().size(), 1u);
  EXPECT_EQ(change(world, broker_change({{"leader.replication.throttled.rate", Op::kSet, "7"}}, "9")), ErrorCode::kInvalidRequest)
      << "there is no such broker";
}

// ---- R8 ----------------------------------------------------------------------------------------------------------------

// 1 leads alone; 2 left when the ISR thereby fell below two.
World with_an_eligible_one() {
  World world;
  world.create("t", 1, kAll);
  world.feed(DeathProven{life(3)});
  world.feed(DeathProven{life(2)});
  EXPECT_EQ(world.partition("t").isr, brokers({1}));
  EXPECT_EQ(world.partition("t").eligible, brokers({2}));
  return world;
}

TEST(Minimum, TheWriteThatLowersItFirstEmptiesTheEligibleSet) {
  World world = with_an_eligible_one();
  world.by_hand();
  world.forget();
  const PartitionEpoch before = world.partition("t").partition_epoch;
  world.feed(ConfigsRequested{1, {topic_change({{"min.insync.replicas", Op::kSet, "1"}})}, false});
  const auto& changes = world.pending()->changes;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_TRUE(std::get<PutPage>(changes[0]).partitions.at(0).partition.eligible.empty()) << "before the minimum, or a crash between loses";
  EXPECT_EQ(std::get<PutTopic>(changes[1]).topic.min_insync_replicas, 1);
  world.confirm();
  // One message says both, so the leader never has the one without the other.
  ASSERT_EQ(world.said<Publish>().size(), 1u);
  EXPECT_EQ(world.said<Publish>()[0].topics.at(0).min_insync_replicas, 1);
  EXPECT_EQ(world.said<Publish>()[0].partitions.at(0).partition_epoch, before.next());
  // 1 commits alone from now on; if it goes, 2 must not lead.
  world.feed(DeathProven{life(1)});
  world.confirm_all();
  world.feed(world.seen(2, 12, 2));
  world.confirm_all();
  world.stream(2, {world.clean("t")});
  world.confirm_all();
  EXPECT_EQ(world.partition("t").leader, BrokerId());
}

TEST(Minimum, WhatIsBelowTheLowerOneTooKeepsItsEligibleSet) {
  World world(3, 3);
  world.create("t", 1, kAll);
  world.feed(DeathProven{life(3)});
  world.feed(DeathProven{life(2)});
  EXPECT_EQ(world.partition("t").eligible, brokers({2, 3}));
  EXPECT_EQ(change(world, topic_change({{"min.insync.replicas", Op::kSet, "2"}})), ErrorCode::kNone);
  EXPECT_EQ(world.partition("t").eligible, brokers({2, 3})) << "nothing can have been committed without them";
}

TEST(Minimum, ARaisedOneCountsForWhoLeavesFromNowOn) {
  World world(3, 1);
  world.create("t", 1, kAll);
  world.feed(DeathProven{life(3)});
  EXPECT_EQ(change(world, topic_change({{"min.insync.replicas", Op::kSet, "2"}})), ErrorCode::kNone);
  EXPECT_TRUE(world.partition("t").eligible.empty()) << "3 left under the lower one, and may lack what was committed since";
  world.feed(DeathProven{life(2)});
  EXPECT_EQ(world.partition("t").eligible, brokers({2}));
}

TEST(Minimum, GoesBackToTheClustersWhereTheTopicSaysNoMore) {
  World world;
  world.create("t", 1);
  EXPECT_EQ(change(world, topic_change({{"min.insync.replicas", Op::kSet, "3"}})), ErrorCode::kNone);
  EXPECT_EQ(world.controller_.topics().at("t").min_insync_replicas, 3);
  EXPECT_EQ(change(world, topic_change({{"min.insync.replicas", Op::kDelete, ""}})), ErrorCode::kNone);
  EXPECT_EQ(world.controller_.topics().at("t").min_insync_replicas, 2);
  EXPECT_EQ(change(world, topic_change({{"min.insync.replicas", Op::kSet, "0"}})), ErrorCode::kInvalidConfig);
}

TEST(UncleanElection, HappensAsSoonAsTheTopicAllowsIt) {
  World world(3, 1);
  world.create("t", 1, kAll);
  world.feed(world.isr_request("t", 1, {1}));
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId()) << "2 and 3 live, but left the ISR before";
  EXPECT_EQ(change(world, topic_change({{"unclean.leader.election.enable", Op::kSet, "true"}})), ErrorCode::kNone);
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_TRUE(world.partition("t").unclean);
}

}  // namespace
}  // namespace baton::decision
