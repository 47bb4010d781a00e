#include "partitions/log/record_batch.h"

#include <gtest/gtest.h>

#include <limits>

namespace baton {
namespace {

std::string sample() {
  return RecordBatchBuilder(7)
      .leader_epoch(LeaderEpoch(3))
      .producer(11, 2, 40)
      .add(1000, "key", "value", {{"h", "x"}, {"empty", std::nullopt}})
      .add(900, std::nullopt, "")
      .add(1500, "", std::nullopt)
      .build();
}

TEST(RecordBatch, WhatIsBuiltIsReadBack) {
  const auto bytes = sample();
  const auto batch = check_batch(bytes);
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->header.base_offset, 7);
  EXPECT_EQ(batch->header.last_offset(), 9);
  EXPECT_EQ(batch->header.leader_epoch, LeaderEpoch(3));
  EXPECT_EQ(batch->header.base_timestamp, 1000);
  EXPECT_EQ(batch->header.max_timestamp, 1500);
  EXPECT_EQ(batch->header.last_sequence(), 42);
  const auto records = decode_records(*batch);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3u);
  EXPECT_EQ((*records)[0], (Record{7, 1000, "key", "value", {{"h", "x"}, {"empty", std::nullopt}}}));
  EXPECT_EQ((*records)[1], (Record{8, 900, std::nullopt, "", {}}));
  EXPECT_EQ((*records)[2], (Record{9, 1500, "", std::nullopt, {}}));
}

TEST(RecordBatch, EveryFlippedBitUnderTheCrcIsSeen) {
  const auto good = sample();
  for (size_t byte = 16; byte < good.size(); ++byte) {
    auto bad = good;
    bad[byte] = static_cast<char>(bad[byte] ^ 0x10);
    EXPECT_FALSE(check_batch(bad)) << byte;
  }
}

TEST(RecordBatch, EveryPrefixIsIncomplete) {
  const auto good = sample();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(check_batch(std::string_view(good).substr(0, size)));
    BatchIterator iterator(std::string_view(good).substr(0, size));
    EXPECT_FALSE(iterator.next());
    EXPECT_FALSE(iterator.bad());
  }
}

TEST(RecordBatch, StampingOffsetAndEpochLeavesTheCrcValid) {
  auto bytes = sample();
  stamp_offset_and_epoch(bytes.data(), 1'000'000, LeaderEpoch(9));
  const auto batch = check_batch(bytes);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->header.base_offset, 1'000'000);
  EXPECT_EQ(batch->header.leader_epoch, LeaderEpoch(9));
}

TEST(RecordBatch, AppendTimeReplacesEveryRecordsTime) {
  auto bytes = sample();
  stamp_append_time(bytes.data(), bytes.size(), 5555);
  const auto batch = check_batch(bytes);
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->header.log_append_time());
  const auto records = decode_records(*batch);
  ASSERT_TRUE(records);
  for (const auto& record : *records) EXPECT_EQ(record.timestamp, 5555);
}

TEST(RecordBatch, OldFormatsAreNamedAsSuch) {
  auto bytes = sample();
  bytes[16] = 1;
  EXPECT_EQ(check_batch(bytes).error().code, ErrorCode::kUnsupportedForMessageFormat);
}

TEST(RecordBatch, HostileRecordsNeverReadBeyondTheirBatch) {
  const auto good = sample();
  for (size_t byte = kBatchHeaderBytes; byte < good.size(); ++byte) {
    for (int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      auto bad = good;
      bad[byte] = static_cast<char>(value);
      (void)decode_records(BatchView{BatchHeader::decode(bad), bad});  // asan watches
    }
  }
}

TEST(RecordBatch, SequencesWrapFromTheLargestToZero) {
  constexpr int32_t max = std::numeric_limits<int32_t>::max();
  EXPECT_EQ(advance_sequence(0, 1), 1);
  EXPECT_EQ(advance_sequence(max - 1, 1), max);
  EXPECT_EQ(advance_sequence(max, 1), 0);
  EXPECT_EQ(advance_sequence(max - 2, 5), 2);
}

}  // namespace
}  // namespace baton
