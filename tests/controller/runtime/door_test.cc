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
    return data;
  }

  Door door{ControllerEpoch(3), StoreVersion(3), Duration{}};
};

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
