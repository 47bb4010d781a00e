// More partitions for topics that are there.
#include <algorithm>

#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

TopicOutcome last_outcome(const World& world) {
  return std::get<std::vector<TopicOutcome>>(world.said<Reply>().back().answer).at(0);
}

void grow(World& world, const std::string& topic, int32_t partitions, std::vector<std::vector<BrokerId>> assignments = {},
          bool validate_only = false) {
  world.feed(GrowRequested{++world.request_, {{topic, partitions, std::move(assignments)}}, validate_only});
}

std::vector<int32_t> published(const World& world) {
  std::vector<int32_t> indexes;
  for (const Publish& publish : world.said<Publish>()) {
    for (const PartitionRecord& record : publish.partitions) indexes.push_back(record.key.index);
  }
  return indexes;
}

TEST(Growth, PagesComeBeforeTheEntryWhoseCountCommitsThem) {
  World world;
  world.create("t", 2);
  world.by_hand();
  world.forget();
  grow(world, "t", 5);
  const auto& changes = world.pending()->changes;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(std::get<PutPage>(changes[0]).partitions.size(), 3u);
  EXPECT_EQ(std::get<PutTopic>(changes[1]).topic.partitions, 5);
  EXPECT_TRUE(published(world).empty()) << "nothing is told before it stands";
  world.confirm();
  EXPECT_EQ(published(world), (std::vector<int32_t>{2, 3, 4})) << "the others are known";
  EXPECT_EQ(last_outcome(world).partitions, 5);
  for (int32_t index : {2, 3, 4}) EXPECT_EQ(world.partition("t", index).isr.size(), 3u);
}

TEST(Growth, GoesWhereItIsAssignedOrWhereThereIsRoom) {
  World world;
  world.create("t", -1, {brokers({1, 2})});
  grow(world, "t", 3, {brokers({3, 1}), brokers({2, 3})});
  EXPECT_EQ(world.partition("t", 1).replicas, brokers({3, 1}));
  EXPECT_EQ(world.partition("t", 1).leader, BrokerId(3));
  EXPECT_EQ(world.partition("t", 2).replicas, brokers({2, 3}));
  grow(world, "t", 6);
  std::map<BrokerId, int> leaders;
  for (int index = 0; index < 6; ++index) {
    EXPECT_EQ(world.partition("t", index).replicas.size(), 2u) << "as many as the topic has";
    ++leaders[world.partition("t", index).leader];
  }
  for (int id : {1, 2, 3}) EXPECT_EQ(leaders[BrokerId(id)], 2);
}

TEST(Growth, Refusals) {
  World world;
  world.create("t", 3);
  const auto error = [&](int32_t partitions, std::vector<std::vector<BrokerId>> assignments = {}, const std::string& topic = "t") {
    grow(world, topic, partitions, std::move(assignments));
    return last_outcome(world).error.code;
  };
  EXPECT_EQ(error(3), ErrorCode::kInvalidPartitions);
  EXPECT_EQ(error(1), ErrorCode::kInvalidPartitions);
  EXPECT_EQ(error(-1), ErrorCode::kInvalidPartitions);
  EXPECT_EQ(error(5, {}, "nowhere"), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(error(5, {brokers({1, 2, 3})}), ErrorCode::kInvalidReplicaAssignment) << "two are new";
  EXPECT_EQ(error(4, {brokers({1, 2})}), ErrorCode::kInvalidReplicaAssignment) << "the topic has three replicas";
  EXPECT_EQ(error(4, {brokers({1, 2, 2})}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(error(4, {brokers({1, 2, 9})}), ErrorCode::kInvalidReplicaAssignment);
  world.feed(GrowRequested{++world.request_, {{"t", 4, {}}, {"t", 5, {}}}, false});
  const auto twice = std::get<std::vector<TopicOutcome>>(world.said<Reply>().back().answer);
  EXPECT_EQ(twice.at(1).error.code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(world.controller_.topics().at("t").partitions, 4);
}

TEST(Growth, ValidatingChangesNothing) {
  World world;
  world.create("t", 1);
  grow(world, "t", 4, {}, true);
  EXPECT_EQ(last_outcome(world).error.code, ErrorCode::kNone);
  EXPECT_EQ(last_outcome(world).partitions, 4);
  EXPECT_EQ(world.controller_.pages().of_topic(world.partition("t").key.topic).size(), 1u);
}

TEST(Growth, TwoThatWaitAreCountedOneAfterTheOther) {
  World world;
  world.create("t", 1);
  world.by_hand();
  world.create("other", 1);  // under way: what comes meanwhile waits
  grow(world, "t", 3);
  grow(world, "t", 2);
  world.confirm_all();
  std::vector<ErrorCode> errors;
  for (const Reply& reply : world.said<Reply>()) errors.push_back(std::get<std::vector<TopicOutcome>>(reply.answer).at(0).error.code);
  EXPECT_EQ(errors, (std::vector{ErrorCode::kNone, ErrorCode::kNone, ErrorCode::kNone, ErrorCode::kInvalidPartitions}));
  EXPECT_EQ(world.controller_.topics().at("t").partitions, 3);
}

// The controller dies when the pages stand and the entry does not.
TEST(Growth, WhatWasNeverCommittedIsRemovedAtActivationAndNeverTold) {
  World world;
  world.create("t", 2);
  TopicRecord entry = world.controller_.topics().at("t");
  grow(world, "t", 4);
  Loaded loaded;
  PageTopicRecord page{entry.id, "t", {}};
  for (int index = 0; index < 4; ++index) page.partitions.push_back(world.partition("t", index));
  loaded.pages.push_back({0, {page}});
  loaded.topics = {entry};  // of two partitions
  loaded.brokers = {world.seen(1, 1, 0), world.seen(2, 2, 0), world.seen(3, 3, 0)};
  World next(0);
  next.feed(loaded);
  EXPECT_EQ(next.controller_.pages().of_topic(entry.id).size(), 2u);
  for (int32_t index : published(next)) EXPECT_LT(index, 2);
  for (int id : {1, 2, 3}) next.stream(id);
  grow(next, "t", 3);
  EXPECT_EQ(last_outcome(next).error.code, ErrorCode::kNone);
  EXPECT_EQ(next.partition("t", 2).leader_epoch, LeaderEpoch(0));
}

// Until it is committed a partition is nobody's to ask for.
TEST(Growth, AnUncommittedPartitionIsNotVisible) {
  World world;
  world.create("t", 1);
  const TopicId id = world.partition("t").key.topic;
  EXPECT_TRUE(world.controller_.visible(PartitionKey{id, 0}));
  EXPECT_FALSE(world.controller_.visible(PartitionKey{id, 1}));
}

}  // namespace
}  // namespace baton::decision
