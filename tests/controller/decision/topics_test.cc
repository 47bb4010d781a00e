#include <algorithm>
#include <map>

#include "controller/decision/placement.h"
#include "controller/decision/topic_rules.h"
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

ErrorCode outcome(const World& world) {
  return std::get<std::vector<TopicOutcome>>(world.said<Reply>().back().answer).at(0).error.code;
}

TEST(Topics, PagesAreWrittenBeforeTheEntryThatCommitsThem) {
  World world;
  world.by_hand();
  world.create("t", 4);
  const auto& changes = world.pending()->changes;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<PutPage>(changes[0]));
  EXPECT_TRUE(std::holds_alternative<PutTopic>(changes[1]));
}

TEST(Topics, PartitionsWithoutAnEntryAreRemovedAtActivationAndNeverPublished) {
  World world;
  world.create("t", 1);
  Loaded loaded;
  loaded.pages.push_back({0, {{world.partition("t").key.topic, "t", {world.partition("t")}}}});
  loaded.brokers = {world.seen(1, 1, 0), world.seen(2, 2, 0), world.seen(3, 3, 0)};
  World next(0);
  next.feed(loaded);
  EXPECT_TRUE(next.controller_.pages().entries().empty());
  for (const Publish& publish : next.said<Publish>()) EXPECT_TRUE(publish.partitions.empty());
}

TEST(Topics, AHalfDoneDeletionIsFinishedByTheNextController) {
  World world;
  world.create("t", 1);
  Loaded loaded;
  loaded.topics.push_back(world.controller_.topics().at("t"));
  loaded.topics[0].deleting = true;
  loaded.pages.push_back({0, {{world.partition("t").key.topic, "t", {world.partition("t")}}}});
  loaded.brokers = {world.seen(1, 1, 0)};
  World next(0);
  next.feed(loaded);
  EXPECT_TRUE(next.controller_.topics().empty());
  EXPECT_TRUE(next.controller_.pages().entries().empty());
}

TEST(Topics, DeletedAndCreatedAgainIsAnotherTopic) {
  World world;
  world.create("t", 1);
  const TopicId first = world.controller_.topics().at("t").id;
  world.feed(DeleteRequested{50, {TopicChoice{"t", {}}}});
  EXPECT_EQ(outcome(world), ErrorCode::kNone);
  world.create("t", 1);
  EXPECT_NE(world.controller_.topics().at("t").id, first);
}

// A controller hears from its brokers one after the other; a client would take a refusal in between for good.
TEST(Topics, ACreationWaitsForBrokersThatAreRegisteredAndNotHeardYet) {
  World world(0);
  Loaded loaded;
  for (int id : {1, 2, 3}) loaded.brokers.push_back(world.seen(id, id, 0));
  world.feed(loaded);
  world.stream(1);
  world.stream(2);
  world.create("t", 1);
  EXPECT_TRUE(world.said<Reply>().empty());
  world.stream(3);
  ASSERT_EQ(world.said<Reply>().size(), 1u);
  EXPECT_EQ(world.partition("t").replicas.size(), 3u);
}

TEST(Topics, AGrowthWaitsForThemToo) {
  World world(0);
  Loaded loaded;
  for (int id : {1, 2, 3}) loaded.brokers.push_back(world.seen(id, id, 0));
  PartitionRecord record;
  record.key = {TopicId(Uuid::from_bytes("0123456789abcdef")), 0};
  record.replicas = record.isr = brokers({1, 2, 3});
  record.leader = BrokerId(1);
  loaded.pages.push_back({0, {{record.key.topic, "t", {record}}}});
  TopicRecord topic;
  topic.name = "t";
  topic.id = record.key.topic;
  topic.partitions = 1;
  loaded.topics.push_back(topic);
  world.feed(loaded);
  world.stream(1);
  world.stream(2);
  world.feed(GrowRequested{++world.request_, {GrownTopic{"t", 2, {}}}, false, {}});
  world.feed(GrowRequested{++world.request_, {GrownTopic{"t", 3, {}}}, false, {}});
  EXPECT_TRUE(world.said<Reply>().empty());
  world.stream(3);
  ASSERT_EQ(world.said<Reply>().size(), 2u);
  EXPECT_EQ(world.partition("t", 1).replicas.size(), 3u);
  EXPECT_EQ(world.partition("t", 2).replicas.size(), 3u) << "one after the other";
  for (const Reply& reply : world.said<Reply>()) {
    EXPECT_EQ(std::get<std::vector<TopicOutcome>>(reply.answer)[0].error.code, ErrorCode::kNone);
  }
}

TEST(Topics, ACreationDoesNotWaitForABrokerThatIsNeverHeard) {
  World world(0);
  Loaded loaded;
  for (int id : {1, 2, 3}) loaded.brokers.push_back(world.seen(id, id, 0));
  world.feed(loaded);
  world.stream(1);
  world.stream(2);
  world.create("t", 1);
  world.pass(ms(1000));
  ASSERT_EQ(world.said<Reply>().size(), 1u);
  EXPECT_EQ(std::get<std::vector<TopicOutcome>>(world.said<Reply>()[0].answer)[0].error.code, ErrorCode::kInvalidReplicationFactor);
}

TEST(Topics, Refusals) {
  World world;
  world.create("t", 1);
  world.create("t", 1);
  EXPECT_EQ(outcome(world), ErrorCode::kTopicAlreadyExists);
  world.create("no/slash", 1);
  EXPECT_EQ(outcome(world), ErrorCode::kInvalidTopicException);
  world.create("none", 0);
  EXPECT_EQ(outcome(world), ErrorCode::kInvalidPartitions);
  world.feed(CreateRequested{60, {NewTopic{"wide", 1, 4, {}, {}}}, false});
  EXPECT_EQ(outcome(world), ErrorCode::kInvalidReplicationFactor);
  world.create("twice", -1, {brokers({1, 1})});
  EXPECT_EQ(outcome(world), ErrorCode::kInvalidReplicaAssignment);
  world.feed(CreateRequested{61, {NewTopic{"min", 1, 3, {{"min.insync.replicas", "many"}}, {}}}, false});
  EXPECT_EQ(outcome(world), ErrorCode::kInvalidConfig);
  world.feed(DeleteRequested{62, {TopicChoice{"nowhere", {}}}});
  EXPECT_EQ(outcome(world), ErrorCode::kUnknownTopicOrPartition);
}

TEST(Topics, ManyTopicsInOneRequestSpreadTheirLeaders) {
  World world;
  CreateRequested request{70, {}, false};
  for (int i = 0; i < 9; ++i) request.topics.push_back(NewTopic{"t" + std::to_string(i), 1, 3, {}, {}});
  world.feed(request);
  std::map<BrokerId, int> leaders;
  for (const auto& [key, entry] : world.controller_.pages().entries()) ++leaders[entry.record.leader];
  for (int id : {1, 2, 3}) EXPECT_EQ(leaders[BrokerId(id)], 3);
}

TEST(Placement, LeadersDifferByAtMostOneAndRacksAreAllUsed) {
  std::vector<PlacementBroker> rooms;
  for (int id = 1; id <= 7; ++id) rooms.push_back({BrokerId(id), "rack" + std::to_string(id % 3)});
  auto placed = place(rooms, 100, 3, {});
  ASSERT_TRUE(placed.has_value());
  std::map<BrokerId, int> leaders;
  for (const auto& replicas : *placed) {
    ++leaders[replicas.front()];
    std::set<int> racks;
    for (BrokerId id : replicas) racks.insert(id.value() % 3);
    EXPECT_EQ(racks.size(), 3u);
  }
  const auto [least, most] = std::minmax_element(leaders.begin(), leaders.end(), [](auto& a, auto& b) { return a.second < b.second; });
  EXPECT_LE(most->second - least->second, 1);
}

TEST(Placement, TheDeathOfOneBrokerLandsOnAllOthersEvenly) {
  std::vector<PlacementBroker> rooms;
  for (int id = 1; id <= 3; ++id) rooms.push_back({BrokerId(id), ""});
  auto placed = place(rooms, 60, 3, {});
  std::map<BrokerId, int> heirs;
  for (const auto& replicas : *placed) {
    if (replicas[0] == BrokerId(1)) ++heirs[replicas[1]];
  }
  EXPECT_EQ(heirs[BrokerId(2)], 10);
  EXPECT_EQ(heirs[BrokerId(3)], 10);
}

TEST(PageTable, FillsPagesBeforeItOpensOthers) {
  PageTable pages;
  const auto rooms = pages.room_for(PageTable::kPartitionsPerPage + 1);
  EXPECT_EQ(rooms.front(), 0);
  EXPECT_EQ(rooms.back(), 1);
}

}  // namespace
}  // namespace baton::decision
