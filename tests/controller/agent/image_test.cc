// The image: what partitions are told by columns, and what pages are kept over a change of controller (R7).
#include "controller/agent/image.h"

#include <gtest/gtest.h>

#include "controller/agent/pieces.h"
#include "controller/agent/whole.h"

namespace baton::agent {
namespace {

TopicId topic(int number) {
  TopicId id;
  id.bytes[0] = static_cast<uint8_t>(number);
  return id;
}

decision::PartitionRecord partition(int of, int index, int leader, int leader_epoch, int partition_epoch) {
  decision::PartitionRecord record;
  record.key = {topic(of), index};
  record.replicas = {BrokerId(1), BrokerId(2), BrokerId(3)};
  record.isr = {BrokerId(1), BrokerId(3)};
  record.leader = BrokerId(leader);
  record.leader_epoch = LeaderEpoch(leader_epoch);
  record.partition_epoch = PartitionEpoch(partition_epoch);
  return record;
}

struct Said {
  control::Delta delta;

  explicit Said(int epoch, int offset, bool snapshot = false) {
    delta.set_controller_epoch(epoch);
    delta.set_offset(offset);
    delta.set_snapshot(snapshot);
  }
  Said& named(int id, bool removed = false) {
    control::Topic& message = *delta.add_topics();
    message.set_topic_id(std::string(topic(id).raw()));
    message.set_name("t" + std::to_string(id));
    message.set_removed(removed);
    return *this;
  }
  Said& on_page(int page, int64_t mzxid, const std::vector<decision::PartitionRecord>& records) {
    Pieces pieces(delta);
    for (const auto& record : records) pieces.add(record, page);
    delta.add_pages()->set_page(page);
    delta.mutable_pages()->rbegin()->set_mzxid(mzxid);
    return *this;
  }
  Said& kept(int page) {
    delta.add_kept_pages(page);
    return *this;
  }
};

class ImageTest : public ::testing::Test {
 protected:
  ImageTest() {
    first.named(1).named(2);
    first.on_page(0, 100, {partition(1, 0, 1, 3, 4), partition(1, 1, 3, 3, 4)})
        .on_page(1, 101, {partition(1, 2, 1, 3, 4), partition(2, 0, 1, 0, 0)});
    EXPECT_TRUE(image.apply(first.delta));
  }

  Said first{5, 1, true};
  Image image;
};

TEST_F(ImageTest, ColumnsAreThePartitionsThatTheySay) {
  EXPECT_EQ(first.delta.pieces_size(), 3) << "one for each topic on each page";
  EXPECT_EQ(first.delta.partitions_size(), 0);
  EXPECT_EQ(image.find(topic(1), PartitionIndex(1)), partition(1, 1, 3, 3, 4));
  EXPECT_EQ(image.partitions().size(), 4u);
  EXPECT_EQ(image.partitions().page_of({topic(2), 0}), 1);
}

TEST_F(ImageTest, WhatColumnsCanNotSayComesByItself) {
  decision::PartitionRecord moving = partition(1, 1, 3, 3, 5);
  moving.replicas.push_back(BrokerId(4));
  moving.adding = {BrokerId(4)};
  Said change(5, 2);
  change.on_page(0, 110, {moving});
  EXPECT_EQ(change.delta.pieces_size(), 0);
  ASSERT_TRUE(image.apply(change.delta));
  EXPECT_EQ(image.find(topic(1), PartitionIndex(1)), moving);
}

TEST_F(ImageTest, PagesThatAreKeptStandAndOthersAreReplaced) {
  Said next(6, 0, true);
  next.named(1).named(2).kept(0).on_page(1, 120, {partition(1, 2, 3, 4, 5)});
  ASSERT_TRUE(image.apply(next.delta));
  EXPECT_EQ(image.find(topic(1), PartitionIndex(0)), partition(1, 0, 1, 3, 4));
  EXPECT_EQ(image.find(topic(1), PartitionIndex(2)), partition(1, 2, 3, 4, 5));
  EXPECT_FALSE(image.find(topic(2), PartitionIndex(0))) << "its page came anew, without it";
  EXPECT_EQ(image.pages().at(0).mzxid, 100);
  EXPECT_EQ(image.pages().at(1).mzxid, 120);
}

TEST_F(ImageTest, AKeptPageDoesNotKeepATopicThatIsGone) {
  Said next(6, 0, true);
  next.named(1).kept(0).kept(1);
  ASSERT_TRUE(image.apply(next.delta));
  EXPECT_TRUE(image.find(topic(1), PartitionIndex(2)));
  EXPECT_FALSE(image.find(topic(2), PartitionIndex(0)));
}

TEST_F(ImageTest, RefusesToKeepWhatItDoesNotHave) {
  Said next(6, 0, true);
  next.named(1).kept(7);
  EXPECT_FALSE(image.apply(next.delta));
  EXPECT_EQ(image.controller_epoch(), ControllerEpoch(5)) << "and nothing has changed";
  EXPECT_EQ(image.partitions().size(), 4u);
}

TEST_F(ImageTest, ColumnsThatRunBackwardsOrMakeNoSenseAreRefused) {
  Said back(5, 2);
  back.on_page(0, 130, {partition(1, 0, 1, 2, 5)});
  EXPECT_EQ(image.apply(back.delta).error().code, ErrorCode::kInvalidUpdateVersion);
  Said broken(5, 2);
  broken.on_page(0, 130, {partition(1, 0, 1, 4, 5)});
  broken.delta.mutable_pieces(0)->mutable_columns()->mutable_leaders()->assign(1, '\x05');
  EXPECT_EQ(image.apply(broken.delta).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(image.find(topic(1), PartitionIndex(0)), partition(1, 0, 1, 3, 4));
}

// What the older of two releases does side by side.
TEST_F(ImageTest, FormsBeyondWhatItKnowsAreRefusedAndSaidSo) {
  Image older(kMetadataSingles);
  EXPECT_EQ(older.apply(first.delta).error().code, ErrorCode::kUnsupportedVersion);
  EXPECT_FALSE(older.known());
  Said singles(5, 1, true);
  singles.named(1);
  Pieces(singles.delta, /*by_columns=*/false).add(partition(1, 0, 1, 3, 4), 0);
  EXPECT_EQ(singles.delta.pieces_size(), 0);
  ASSERT_TRUE(older.apply(singles.delta));
  EXPECT_EQ(older.find(topic(1), PartitionIndex(0)), partition(1, 0, 1, 3, 4));
  EXPECT_EQ(older.partitions().page_of({topic(1), 0}), 0);
  Said kept(6, 0, true);
  kept.named(1).kept(0);
  EXPECT_EQ(older.apply(kept.delta).error().code, ErrorCode::kUnsupportedVersion);
  Said risen(5, 2);
  risen.delta.set_metadata_version(kMetadataColumns);
  const Status refused = older.apply(risen.delta);
  EXPECT_NE(refused.error().message.find("metadata.version.max"), std::string::npos) << refused.error().message;
  EXPECT_EQ(older.metadata_version(), kMetadataSingles);
}

TEST_F(ImageTest, TheLevelThatWasToldNeverFalls) {
  EXPECT_EQ(image.metadata_version(), kMetadataSingles);
  Said risen(5, 2);
  risen.delta.set_metadata_version(kMetadataColumns);
  ASSERT_TRUE(image.apply(risen.delta));
  Said silent(6, 0, true);
  ASSERT_TRUE(image.apply(silent.delta));
  EXPECT_EQ(image.metadata_version(), kMetadataColumns);
}

TEST_F(ImageTest, AHostHearsAWholeSnapshotWhateverWasLeftOut) {
  Said next(6, 0, true);
  next.named(1).named(2).kept(0).on_page(1, 120, {partition(1, 2, 3, 4, 5), partition(2, 0, 1, 0, 0)});
  ASSERT_TRUE(image.apply(next.delta));
  const control::Delta told = whole(image, next.delta);
  EXPECT_TRUE(told.kept_pages().empty());
  Image other;
  ASSERT_TRUE(other.apply(told));
  for (const auto& [key, entry] : image.partitions().entries()) EXPECT_EQ(other.find(key.topic, PartitionIndex(key.index)), entry.record);
  EXPECT_EQ(other.partitions().size(), 4u);
}

}  // namespace
}  // namespace baton::agent
