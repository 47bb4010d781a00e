// Pages as they are stored: columns for what is plain, and nothing lost of what is not.
#include "controller/runtime/page_form.h"

#include <gtest/gtest.h>

#include "controller/messages/columns.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

TopicId topic(int number) {
  TopicId id;
  id.bytes[0] = static_cast<uint8_t>(number);
  return id;
}

decision::PutPage::Upsert upsert(int of, int index, int epoch = 0) {
  decision::PutPage::Upsert upsert;
  upsert.topic = "t" + std::to_string(of);
  upsert.partition.key = {topic(of), index};
  upsert.partition.replicas = {BrokerId(1), BrokerId(2)};
  upsert.partition.isr = {BrokerId(2)};
  upsert.partition.leader = BrokerId(2);
  upsert.partition.leader_epoch = LeaderEpoch(epoch);
  upsert.partition.partition_epoch = PartitionEpoch(epoch);
  return upsert;
}

std::map<decision::PartitionKey, decision::PartitionRecord> records(const control::Page& page) {
  decision::PageTable table;
  EXPECT_TRUE(load(0, page, table));
  std::map<decision::PartitionKey, decision::PartitionRecord> all;
  for (const auto& [key, entry] : table.entries()) all[key] = entry.record;
  return all;
}

TEST(PageForm, PutsRewritesAndRemoves) {
  control::Page page;
  rewrite({0, {upsert(2, 0), upsert(1, 5), upsert(1, 3)}, {}, {}, {}}, page);
  EXPECT_EQ(records(page).size(), 3u);
  EXPECT_EQ(control::partitions_in(page.topics(0).columns()), 2);
  rewrite({0, {upsert(1, 4), upsert(1, 5, 7)}, {}, {}, {}}, page);
  auto held = records(page);
  EXPECT_EQ(held.size(), 4u);
  EXPECT_EQ((held[{topic(1), 5}].leader_epoch), LeaderEpoch(7));
  EXPECT_EQ((held[{topic(1), 3}]), upsert(1, 3).partition);
  rewrite({0, {}, {topic(2)}, {{topic(1), 4}}, {}}, page);
  held = records(page);
  EXPECT_EQ(held.size(), 2u);
  EXPECT_TRUE(control::makes_sense(page.topics(0).columns()));
}

TEST(PageForm, AMoveLeavesTheColumnsAndComesBackWhenItIsOver) {
  control::Page page;
  rewrite({0, {upsert(1, 0), upsert(1, 1), upsert(1, 2)}, {}, {}, {}}, page);
  auto moving = upsert(1, 1, 1);
  moving.partition.replicas.push_back(BrokerId(3));
  moving.partition.adding = {BrokerId(3)};
  rewrite({0, {moving}, {}, {}, {}}, page);
  EXPECT_EQ(page.topics(0).partitions_size(), 1);
  EXPECT_EQ((records(page)[{topic(1), 1}]), moving.partition);
  auto moved = upsert(1, 1, 2);
  moved.partition.replicas = {BrokerId(2), BrokerId(3)};
  rewrite({0, {moved}, {}, {}, {}}, page);
  EXPECT_EQ(page.topics(0).partitions_size(), 0);
  EXPECT_EQ((records(page)[{topic(1), 1}]), moved.partition);
  EXPECT_EQ(records(page).size(), 3u);
}

// Of a later version of Baton.
TEST(PageForm, FieldsThatThisVersionDoesNotKnowSurviveARewrite) {
  control::Page page;
  rewrite({0, {upsert(1, 0)}, {}, {}, {}}, page);
  control::Partition& later = *page.mutable_topics(0)->add_partitions();
  later = to_message(upsert(1, 9).partition);
  later.GetReflection()->MutableUnknownFields(&later)->AddVarint(900, 42);
  page.GetReflection()->MutableUnknownFields(&page)->AddVarint(901, 43);
  control::Page again;
  ASSERT_TRUE(again.ParseFromString(page.SerializeAsString()));
  rewrite({0, {upsert(1, 9, 3), upsert(1, 0, 3)}, {}, {}}, again);
  ASSERT_EQ(again.topics(0).partitions_size(), 1);
  const control::Partition& kept = again.topics(0).partitions(0);
  EXPECT_EQ(kept.leader_epoch(), 3);
  EXPECT_EQ(kept.GetReflection()->GetUnknownFields(kept).field_count(), 1);
  EXPECT_EQ(again.GetReflection()->GetUnknownFields(again).field_count(), 1);
  EXPECT_EQ(records(again).size(), 2u);
}

TEST(PageForm, PagesOfSinglePartitionsAreReadAndBecomeColumnsWhenTheyAreWritten) {
  control::Page page;
  control::PageTopic& old = *page.add_topics();
  old.set_topic_id(std::string(topic(1).raw()));
  for (const int index : {2, 0, 1}) *old.add_partitions() = to_message(upsert(1, index).partition);
  EXPECT_EQ(records(page).size(), 3u);
  rewrite({0, {upsert(1, 1, 1)}, {}, {}, {}}, page);
  EXPECT_EQ(page.topics(0).partitions_size(), 0);
  EXPECT_EQ(records(page).size(), 3u);
  EXPECT_TRUE(nature_of(page).plain);
}

// Below the level of columns, whatever was there before.
TEST(PageForm, BelowTheLevelOfColumnsAllLieAsMessages) {
  control::Page page;
  rewrite({0, {upsert(1, 0), upsert(1, 2), upsert(2, 0)}, {}, {}, {}}, page);
  EXPECT_EQ(version_of(page), kMetadataColumns);
  EXPECT_EQ(page.metadata_version(), kMetadataColumns);
  control::Page old;
  rewrite({0, {upsert(1, 2), upsert(1, 0), upsert(2, 0)}, {}, {}, {}}, old, kMetadataSingles);
  EXPECT_EQ(version_of(old), kMetadataSingles);
  EXPECT_EQ(old.metadata_version(), kMetadataSingles);
  EXPECT_EQ(records(old), records(page));
  for (const control::PageTopic& topic : old.topics()) {
    EXPECT_FALSE(topic.has_columns());
    for (int i = 0; i + 1 < topic.partitions_size(); ++i) EXPECT_LT(topic.partitions(i).index(), topic.partitions(i + 1).index());
  }
  rewrite({0, {upsert(1, 1, 1)}, {topic(2)}, {{topic(1), 0}}, {}}, old, kMetadataSingles);
  EXPECT_EQ(records(old).size(), 2u);
  EXPECT_EQ((records(old)[{topic(1), 1}]), upsert(1, 1, 1).partition);
  EXPECT_EQ(version_of(old), kMetadataSingles);
  rewrite({0, {upsert(1, 1, 2)}, {}, {}, {}}, old);
  EXPECT_EQ(version_of(old), kMetadataColumns);
  EXPECT_EQ(old.topics(0).partitions_size(), 0) << "all of the page with it";
}

// By hand, or by what does not know columns: the message counts, as it does for a reader.
TEST(PageForm, APartitionThatIsSaidTwiceIsWrittenOnce) {
  control::Page page;
  rewrite({0, {upsert(1, 0), upsert(1, 1)}, {}, {}, {}}, page);
  *page.mutable_topics(0)->add_partitions() = to_message(upsert(1, 1, 7).partition);
  const auto before = records(page);
  EXPECT_EQ((before.at({topic(1), 1}).leader_epoch), LeaderEpoch(7));
  rewrite({0, {upsert(1, 5)}, {}, {}, {}}, page);
  EXPECT_TRUE(control::makes_sense(page.topics(0).columns()));
  auto after = records(page);
  after.erase({topic(1), 5});
  EXPECT_EQ(after, before);
}

// What many become alike: bits and epochs, whatever form the partition has.
TEST(PageForm, RowsChangeWhatTheyName) {
  control::Page page;
  rewrite({0, {upsert(1, 0), upsert(1, 1), upsert(1, 2), upsert(2, 0)}, {}, {}, {}}, page);
  control::Partition& single = *page.mutable_topics(0)->add_partitions();
  single = to_message(upsert(1, 9).partition);
  single.GetReflection()->MutableUnknownFields(&single)->AddVarint(900, 42);
  decision::PageTable table;
  ASSERT_TRUE(load(0, page, table));
  decision::PutPage change;
  for (const int index : {1, 9}) {
    decision::PageTable::Slot slot = *table.slot_of({topic(1), index});
    slot.leader = 1;
    slot.isr = 1;
    slot.eligible = 2;  // the first of its page that has any
    slot.leader_epoch = LeaderEpoch(4);
    slot.partition_epoch = PartitionEpoch(5);
    change.rows.push_back({{topic(1), index}, slot});
    table.replace({topic(1), index}, slot);
  }
  rewrite(change, page);
  const auto held = records(page);
  for (const auto& [key, entry] : table.entries()) EXPECT_EQ(held.at(key), entry.record);
  EXPECT_EQ(held.at({topic(1), 9}).leader, BrokerId(1));
  EXPECT_EQ(held.at({topic(1), 2}), upsert(1, 2).partition);
  EXPECT_EQ(page.topics(0).partitions(0).GetReflection()->GetUnknownFields(page.topics(0).partitions(0)).field_count(), 1);
}

TEST(PageForm, ColumnsThatMakeNoSenseAreNotRead) {
  control::Page page;
  rewrite({0, {upsert(1, 0)}, {}, {}, {}}, page);
  page.mutable_topics(0)->mutable_columns()->add_runs(7);
  decision::PageTable table;
  EXPECT_FALSE(load(0, page, table));
}

}  // namespace
}  // namespace baton::node
