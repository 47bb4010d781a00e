// What the door makes of writes: in the form of the level, and with what a later release had written beside it.
#include "controller/runtime/door.h"

#include <gtest/gtest.h>

#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

TopicId topic(int number) {
  TopicId id;
  id.bytes[0] = static_cast<uint8_t>(number);
  return id;
}

void add_unknown(google::protobuf::Message& to, int field) {
  to.GetReflection()->MutableUnknownFields(&to)->AddVarint(field, 42);
}
int unknown_in(const google::protobuf::Message& message) {
  return message.GetReflection()->GetUnknownFields(message).field_count();
}

class DoorTest : public ::testing::Test {
 protected:
  // What the write puts at that path; the write is confirmed.
  std::string put(const decision::Change& change, const std::string& path, int32_t level = kMetadataNewest) {
    door.begin(decision::Write{{change}}, level);
    const auto multi = door.next();
    EXPECT_TRUE(multi);
    std::string data;
    store::Reply reply;
    for (const store::Op& op : multi->ops) {
      const auto* set = std::get_if<store::SetData>(&op);
      const auto* create = std::get_if<store::Create>(&op);
      if (set != nullptr && set->path == path) data = set->data;
      if (create != nullptr && create->path == path) data = create->data;
      reply.results.emplace_back();
    }
    EXPECT_EQ(door.replied(reply), Door::Outcome::kConfirmed);
    EXPECT_TRUE(door.take_confirmed());
    return data;
  }

  // The path and the version that it is to have, of all that a multi writes.
  using Written = std::vector<std::pair<std::string, int>>;
  static Written written(const std::optional<store::Multi>& multi) {
    Written all;
    if (!multi) return all;
    for (const store::Op& op : multi->ops) {
      if (const auto* set = std::get_if<store::SetData>(&op)) all.emplace_back(set->path, set->expected.value());
      if (const auto* create = std::get_if<store::Create>(&op)) all.emplace_back(create->path, -1);
    }
    return all;
  }
  static store::Reply done(size_t ops, int64_t mzxid = 0) {
    store::Reply reply;
    for (size_t i = 0; i < ops; ++i) reply.results.emplace_back().stat.mzxid = mzxid;
    return reply;
  }
  static store::Reply refused(store::StoreError error, int at = -1) {
    store::Reply reply;
    reply.error = error;
    for (int i = 0; i <= at; ++i) reply.results.emplace_back().error = i < at ? store::StoreError::kOk : error;
    return reply;
  }
  // A page of so many partitions, whose names take some 100 KB.
  static decision::PutPage big_page(int number) {
    decision::PutPage page;
    page.number = number;
    for (int i = 0; i < 10; ++i) {
      decision::PutPage::Upsert& upsert = page.partitions.emplace_back();
      upsert.topic = std::string(10'000, 'a');
      upsert.partition.key = {topic(10 * number + i), 0};
      upsert.partition.replicas = upsert.partition.isr = {BrokerId(1)};
      upsert.partition.leader = BrokerId(1);
    }
    return page;
  }
  static decision::Write pages(int from, int to) {
    decision::Write write;
    for (int number = from; number < to; ++number) write.changes.emplace_back(big_page(number));
    return write;
  }

  Door door{ControllerEpoch(3), StoreVersion(3), Duration{}};
};

// Each write's own multis go one after another, and the next write's first one behind the former's last.
TEST_F(DoorTest, AWriteIsSubmittedBehindTheLastMultiOfTheFormer) {
  door.begin(pages(0, 8), kMetadataNewest);
  const auto a1 = door.next();
  ASSERT_TRUE(a1);
  EXPECT_FALSE(door.next());
  door.begin(pages(8, 16), kMetadataNewest);
  EXPECT_FALSE(door.next());
  EXPECT_EQ(door.replied(done(a1->ops.size())), Door::Outcome::kWaiting);
  EXPECT_FALSE(door.take_confirmed()) << "half of a write";
  const auto a2 = door.next();
  const auto b1 = door.next();
  ASSERT_TRUE(a2 && b1);
  EXPECT_EQ(written(a1).size() + written(a2).size(), 8u);
  EXPECT_EQ(written(b1).front().first, paths::page(8));
  EXPECT_FALSE(door.next());
  EXPECT_EQ(door.replied(done(a2->ops.size())), Door::Outcome::kConfirmed);
  EXPECT_TRUE(door.take_confirmed());
  EXPECT_FALSE(door.take_confirmed());
  EXPECT_EQ(door.replied(done(b1->ops.size())), Door::Outcome::kWaiting);
  const auto b2 = door.next();
  ASSERT_TRUE(b2);
  EXPECT_EQ(door.replied(done(b2->ops.size())), Door::Outcome::kConfirmed);
  EXPECT_TRUE(door.take_confirmed());
  EXPECT_TRUE(door.idle());
}

// Both were under way when the connection broke. They go again in their order, one at a time, and either may have taken effect.
TEST_F(DoorTest, WhatWasLostWithAConnectionGoesAgainInItsOrder) {
  door.begin(pages(0, 1), kMetadataNewest);
  door.begin(pages(0, 1), kMetadataNewest);
  ASSERT_EQ(written(door.next()), (Written{{paths::page(0), -1}}));
  ASSERT_EQ(written(door.next()), (Written{{paths::page(0), 0}}));
  EXPECT_EQ(door.replied(refused(store::StoreError::kConnectionLoss)), Door::Outcome::kWaiting);
  EXPECT_FALSE(door.next());
  EXPECT_EQ(door.replied(refused(store::StoreError::kConnectionLoss)), Door::Outcome::kWaiting);
  EXPECT_FALSE(door.next());
  door.reconnected();
  EXPECT_EQ(written(door.next()), (Written{{paths::page(0), -1}}));
  EXPECT_FALSE(door.next()) << "not before the first one is answered";
  EXPECT_EQ(door.replied(refused(store::StoreError::kNodeExists, 1)), Door::Outcome::kConfirmed) << "the first try took effect";
  EXPECT_TRUE(door.take_confirmed());
  EXPECT_EQ(written(door.next()), (Written{{paths::page(0), 0}}));
  EXPECT_EQ(door.replied(done(2, 77)), Door::Outcome::kConfirmed) << "the second had not";
  EXPECT_TRUE(door.take_confirmed());
  EXPECT_EQ(door.page_versions().at(0), 77);
}

// Whoever hears of a page's version takes the page for known: it may not be heard before the brokers are told of all that the write did.
TEST_F(DoorTest, APageHasItsNewVersionOnceTheWholeWriteStands) {
  door.begin(pages(0, 8), kMetadataNewest);
  auto multi = door.next();
  door.replied(done(multi->ops.size(), 5));
  multi = door.next();
  EXPECT_FALSE(door.page_versions().contains(0));
  EXPECT_EQ(door.replied(done(multi->ops.size(), 6)), Door::Outcome::kConfirmed);
  EXPECT_FALSE(door.page_versions().contains(0));
  EXPECT_TRUE(door.take_confirmed());
  EXPECT_EQ(door.page_versions().at(0), 5);
  EXPECT_EQ(door.page_versions().at(7), 6);
}

TEST_F(DoorTest, OrdersKeepWhatALaterReleaseWrote) {
  control::Orders stored;
  for (const int id : {1, 2}) {
    control::BrokerOrder& order = *stored.add_brokers();
    order.set_id(id);
    order.set_order(control::DRAIN);
    add_unknown(order, 900);
  }
  control::LeaderOrder& leader = *stored.add_leaders();
  leader.set_topic_id(std::string(topic(1).raw()));
  leader.set_partition(4);
  leader.set_broker(2);
  add_unknown(leader, 901);
  add_unknown(stored, 902);
  control::Orders read;
  ASSERT_TRUE(read.ParseFromString(stored.SerializeAsString()));
  decision::Orders orders = to_record(read, Duration{});
  door.loaded_orders(std::move(read), StoreVersion(5));

  orders.brokers.erase(BrokerId(1));
  orders.brokers[BrokerId(3)] = decision::BrokerOrder::kDecommission;
  for (int round = 0; round < 2; ++round) {
    control::Orders written;
    ASSERT_TRUE(written.ParseFromString(put(decision::PutOrders{orders}, paths::kOrders)));
    EXPECT_EQ(unknown_in(written), 1);
    ASSERT_EQ(written.brokers_size(), 2);
    EXPECT_EQ(written.brokers(0).id(), 2);
    EXPECT_EQ(unknown_in(written.brokers(0)), 1);
    EXPECT_EQ(unknown_in(written.brokers(1)), 0) << "an order of our own";
    ASSERT_EQ(written.leaders_size(), 1);
    EXPECT_EQ(unknown_in(written.leaders(0)), 1);
    EXPECT_EQ(to_record(written, Duration{}), orders);
  }
  orders = {};
  control::Orders written;
  ASSERT_TRUE(written.ParseFromString(put(decision::PutOrders{orders}, paths::kOrders)));
  EXPECT_EQ(unknown_in(written), 1) << "of the whole";
  EXPECT_EQ(written.brokers_size(), 0);
}

TEST_F(DoorTest, BrokersConfigurationsKeepThemToo) {
  control::BrokerConfigs stored;
  control::BrokerConfig& one = *stored.add_brokers();
  one.set_broker("1");
  add_unknown(one, 900);
  add_unknown(stored, 901);
  door.loaded_broker_configs(stored, StoreVersion(1));
  control::BrokerConfigs written;
  ASSERT_TRUE(written.ParseFromString(put(decision::PutBrokerConfigs{{{"1", {{"k", "v"}}}, {"2", {}}}}, paths::kBrokerConfigs)));
  EXPECT_EQ(unknown_in(written), 1);
  ASSERT_EQ(written.brokers_size(), 2);
  EXPECT_EQ(unknown_in(written.brokers(0)), 1);
  EXPECT_EQ(written.brokers(0).configs().at("k"), "v");
  EXPECT_EQ(unknown_in(written.brokers(1)), 0);
}

TEST_F(DoorTest, PagesAreWrittenInTheFormOfTheLevel) {
  decision::PutPage page;
  decision::PutPage::Upsert& upsert = page.partitions.emplace_back();
  upsert.topic = "t";
  upsert.partition.key = {topic(1), 0};
  upsert.partition.replicas = upsert.partition.isr = {BrokerId(1)};
  upsert.partition.leader = BrokerId(1);
  for (const int32_t level : {kMetadataSingles, kMetadataColumns}) {
    control::Page written;
    ASSERT_TRUE(written.ParseFromString(put(page, paths::page(0), level)));
    EXPECT_EQ(version_of(written), level);
    EXPECT_EQ(door.nature(0).plain, level >= kMetadataColumns) << "an image of single partitions is read again";
  }
}

TEST_F(DoorTest, TheLevelIsANumberAndIsCheckedLikeTheRest) {
  EXPECT_EQ(put(decision::PutMetadataVersion{2}, paths::kMetadataVersion), "2");
  door.begin(decision::Write{{decision::PutMetadataVersion{3}}}, 2);
  const auto multi = door.next();
  ASSERT_TRUE(multi);
  ASSERT_EQ(multi->ops.size(), 2u);
  EXPECT_EQ(std::get<store::Check>(multi->ops[0]).path, paths::kControllerEpoch);
  EXPECT_EQ(std::get<store::SetData>(multi->ops[1]).expected, StoreVersion(0));
}

}  // namespace
}  // namespace baton::node
