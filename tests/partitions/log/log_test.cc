#include "partitions/log/log.h"

#include <algorithm>

#include "tests/partitions/log/log_fixture.h"

namespace baton {
namespace {

using Offsets = std::vector<int64_t>;

TEST_F(LogTest, OffsetsAndEpochAreStampedIntoWhatWasSent) {
  open();
  EXPECT_EQ(put(3), 0);
  EXPECT_EQ(put(2, 4), 3);
  EXPECT_EQ(log->end_offset(), 5);
  EXPECT_EQ(log->last_epoch(), LeaderEpoch(4));
  const auto bytes = bytes_from(4);
  const auto batch = check_batch(bytes);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->header.base_offset, 3) << "a batch that contains the offset comes whole";
  EXPECT_EQ(batch->header.leader_epoch, LeaderEpoch(4));
  EXPECT_EQ(log->epoch_at(2), LeaderEpoch(0));
  EXPECT_EQ(log->epoch_at(3), LeaderEpoch(4));
  EXPECT_EQ(log->epoch_at(5), LeaderEpoch());
}

TEST_F(LogTest, BadBatchesAreRefusedEachWithItsReasonAndChangeNothing) {
  open();
  config.max_message_bytes = 300;
  log->set_config(config);
  auto code = [&](std::string bytes) {
    auto result = append(std::move(bytes));
    return result ? ErrorCode::kNone : result.error().code;
  };
  const auto good = batch_of(2);
  auto flipped = good;
  flipped[70] = static_cast<char>(flipped[70] ^ 1);
  EXPECT_EQ(code(flipped), ErrorCode::kCorruptMessage);
  EXPECT_EQ(code(good.substr(0, good.size() - 1)), ErrorCode::kCorruptMessage);
  EXPECT_EQ(code(good + "x"), ErrorCode::kCorruptMessage);
  EXPECT_EQ(code(""), ErrorCode::kInvalidRecord);
  EXPECT_EQ(code(batch_of(1, 1000, 400)), ErrorCode::kMessageTooLarge);
  EXPECT_EQ(code(RecordBatchBuilder().attributes(0x20).add(1, "k", "v").build()), ErrorCode::kInvalidRecord);
  EXPECT_EQ(code(RecordBatchBuilder().attributes(5).add(1, "k", "v").build()), ErrorCode::kUnsupportedCompressionType);
  EXPECT_EQ(code(RecordBatchBuilder().attributes(0x10).producer(7, 0, 0).add(1, "k", "v").build()),
            ErrorCode::kTransactionalIdAuthorizationFailed);
  auto numbered = good;  // outside of the CRC
  store_be<int64_t>(numbered.data(), 7);
  EXPECT_EQ(code(numbered), ErrorCode::kInvalidRecord);
  EXPECT_EQ(code(RecordBatchBuilder().producer(7, 0, -1).add(1, "k", "v").build()), ErrorCode::kInvalidRecord);
  EXPECT_EQ(code(idempotent_batch(7, 0, 0) + idempotent_batch(7, 0, 1)), ErrorCode::kInvalidRecord);
  auto miscounted = good;  // three records by its header, two in truth, and a CRC that agrees
  store_be<int32_t>(miscounted.data() + 23, 2);
  store_be<int32_t>(miscounted.data() + 57, 3);
  store_be(miscounted.data() + 17, batch_crc(miscounted));
  EXPECT_EQ(code(miscounted), ErrorCode::kInvalidRecord);
  config.timestamp_after_max_ms = 1000;
  log->set_config(config);
  EXPECT_EQ(code(batch_of(1, kNow + 5000)), ErrorCode::kInvalidTimestamp);
  EXPECT_EQ(log->end_offset(), 0);
  EXPECT_EQ(log->size_bytes(), 0u);
  EXPECT_EQ(code(good + good), ErrorCode::kNone);
  EXPECT_EQ(log->end_offset(), 4);
}

TEST_F(LogTest, MoreThanASegmentHoldsIsRefused) {
  config.segment_bytes = batch_of(1).size();
  open();
  EXPECT_EQ(append(batch_of(3)).error().code, ErrorCode::kRecordListTooLarge);
  EXPECT_TRUE(append(batch_of(1)));
}

TEST_F(LogTest, CompressedBatchesPassUntouched) {
  open();
  const auto sent = RecordBatchBuilder().attributes(4).add(1, "looks", "compressed").build();
  ASSERT_TRUE(append(sent));
  EXPECT_EQ(bytes_from(0).substr(kBatchHeaderBytes), sent.substr(kBatchHeaderBytes));
}

TEST_F(LogTest, AppendTimeIsTheBrokers) {
  config.timestamp_type = TimestampType::kLogAppendTime;
  open();
  auto result = append(batch_of(2, 5));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->append_time_ms, kNow);
  const auto bytes = bytes_from(0);
  const auto batch = check_batch(bytes);
  ASSERT_TRUE(batch);
  EXPECT_EQ(decode_records(*batch)->at(1).timestamp, kNow);
}

TEST_F(LogTest, ReadsHoldWholeBatchesWithinBothBounds) {
  config.index_interval_bytes = 200;
  open();
  for (int i = 0; i < 50; ++i) put(2);
  const size_t one = batch_of(2).size();
  EXPECT_EQ(bases_from(10, 3 * one), (Offsets{10, 12, 14}));
  EXPECT_EQ(bases_from(10, 3 * one + one / 2), (Offsets{10, 12, 14}));
  EXPECT_EQ(bases_from(11, one), (Offsets{10}));
  EXPECT_EQ(bases_from(10, 1), (Offsets{10})) << "a batch larger than the limit still comes";
  EXPECT_TRUE(log->read(10, 1, INT64_MAX, false)->ranges.empty());
  EXPECT_EQ(bases_from(10, 1 << 20, 15), (Offsets{10, 12})) << "a batch that reaches the bound stays back";
  EXPECT_EQ(bases_from(10, 1 << 20, 16), (Offsets{10, 12, 14}));
  EXPECT_TRUE(bases_from(10, 1, 11).empty());
  EXPECT_TRUE(bases_from(100).empty());
  EXPECT_EQ(log->read(101, 1, INT64_MAX).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(log->read(-1, 1, INT64_MAX).error().code, ErrorCode::kOffsetOutOfRange);
}

// Every pair of bounds against what a plain walk gives.
TEST_F(LogTest, EveryReadEqualsAPlainWalk) {
  config.index_interval_bytes = 150;
  config.segment_bytes = 900;
  open();
  struct Batch {
    int64_t base, next;
    size_t bytes;
  };
  std::vector<Batch> all;
  for (int i = 0; i < 40; ++i) {
    const auto batch = batch_of(1 + i % 3, 1000, static_cast<size_t>(i * 7 % 50));
    const int64_t base = append(batch)->base_offset;
    all.push_back({base, base + 1 + i % 3, batch.size()});
  }
  EXPECT_GT(log->segment_count(), 3u);
  for (int round = 0; round < 2; ++round) {
    for (int64_t from = 0; from <= log->end_offset(); ++from) {
      for (size_t max : {size_t{1}, size_t{300}, size_t{777}, size_t{2000}, size_t{1} << 30}) {
        for (int64_t bound : {from + 1, from + 7, log->end_offset()}) {
          Offsets expected;
          size_t left = max;
          for (const auto& batch : all) {
            if (batch.next <= from) continue;
            if (batch.next > bound || (batch.bytes > left && !expected.empty())) break;
            expected.push_back(batch.base);
            left -= std::min(left, batch.bytes);
          }
          ASSERT_EQ(bases_from(from, max, bound), expected) << from << " " << max << " " << bound << " round " << round;
        }
      }
    }
    reopen_after_kill();
  }
}

TEST_F(LogTest, AFollowerKeepsOffsetsAndEpochsAndIgnoresAPartialBatch) {
  open();
  const auto first = RecordBatchBuilder(0).leader_epoch(LeaderEpoch(3)).add(1, "a", "b").add(2, "c", "d").build();
  const auto second = RecordBatchBuilder(2).leader_epoch(LeaderEpoch(5)).add(3, "e", "f").build();
  auto result = log->append_as_follower(first + second.substr(0, 40), kNow);
  ASSERT_TRUE(result);
  EXPECT_EQ(log->end_offset(), 2);
  ASSERT_TRUE(log->append_as_follower(second, kNow));
  EXPECT_EQ(log->end_offset(), 3);
  EXPECT_EQ(bytes_from(0), first + second);
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(3)), (EpochEnd{LeaderEpoch(3), 2}));
  EXPECT_EQ(log->append_as_follower(second, kNow).error().code, ErrorCode::kOffsetOutOfRange);
  const auto older = RecordBatchBuilder(3).leader_epoch(LeaderEpoch(4)).add(3, "e", "f").build();
  EXPECT_EQ(log->append_as_follower(older, kNow).error().code, ErrorCode::kCorruptMessage);
  EXPECT_EQ(log->end_offset(), 3);
}

TEST_F(LogTest, SegmentsRollBySizeAndByAge) {
  config.segment_bytes = 400;
  config.segment_ms = 1000;
  open();
  for (int i = 0; i < 10; ++i) put(2);
  const auto by_size = log->segment_count();
  EXPECT_GT(by_size, 2u);
  ASSERT_TRUE(log->roll_if_due(kNow + 1000));
  EXPECT_EQ(log->segment_count(), by_size);
  ASSERT_TRUE(log->roll_if_due(kNow + 1001));
  EXPECT_EQ(log->segment_count(), by_size + 1);
  ASSERT_TRUE(log->roll_if_due(kNow + 9999));
  EXPECT_EQ(log->segment_count(), by_size + 1) << "an empty segment has no age";
  EXPECT_EQ(put(1), 20);
  reopen_after_kill();
  EXPECT_EQ(log->end_offset(), 21);
  EXPECT_EQ(bases_from(0).size(), 11u);
}

TEST_F(LogTest, RetentionDropsWholeOldSegmentsBelowTheBoundOnly) {
  config.segment_bytes = 400;
  config.retention_ms = 5000;
  open();
  for (int i = 0; i < 12; ++i) put(2, i / 4, kNow + int64_t{i} * 1000);
  const auto before = log->segment_count();
  EXPECT_EQ(*log->delete_old_segments(kNow + 10'000, 0), 0) << "nothing at or beyond the high watermark goes";
  auto held = log->read(0, 1 << 20, INT64_MAX);
  ASSERT_TRUE(held);
  const int dropped = *log->delete_old_segments(kNow + 10'000, log->end_offset());
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(log->segment_count(), before - static_cast<size_t>(dropped));
  EXPECT_GT(log->start_offset(), 0);
  EXPECT_LE(log->start_offset(), 10) << "records of the last five seconds stay";
  EXPECT_EQ(log->read(0, 1, INT64_MAX).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_TRUE(copy_ranges(held->ranges)) << "a reader keeps what it was given";
  const auto start = log->start_offset();
  reopen_after_kill();
  EXPECT_EQ(log->start_offset(), start);
  EXPECT_GT(*log->delete_old_segments(kNow + 1'000'000, log->end_offset()), 0);
  EXPECT_EQ(log->start_offset(), 24) << "all are old: the active segment goes too";
  EXPECT_EQ(log->end_offset(), 24);
  EXPECT_EQ(put(1, 5), 24);
}

TEST_F(LogTest, RetentionBySizeKeepsAtLeastThatMuch) {
  config.segment_bytes = 400;
  config.retention_ms = -1;
  config.retention_bytes = 1000;
  open();
  for (int i = 0; i < 30; ++i) put(2);
  EXPECT_GT(*log->delete_old_segments(kNow, log->end_offset()), 0);
  EXPECT_GE(log->size_bytes(), 1000u);
  EXPECT_LT(log->size_bytes(), 1800u);
}

TEST_F(LogTest, TheStartAdvancesWithinASegmentToo) {
  config.segment_bytes = 400;
  open();
  for (int i = 0; i < 12; ++i) put(2);
  ASSERT_TRUE(log->advance_start_offset(7));
  EXPECT_EQ(log->start_offset(), 7);
  EXPECT_EQ(bases_from(7).front(), 6);
  EXPECT_FALSE(log->advance_start_offset(25));
  ASSERT_TRUE(log->advance_start_offset(3));
  EXPECT_EQ(log->start_offset(), 7);
}

TEST_F(LogTest, TimesLeadToRecords) {
  config.segment_bytes = 600;
  config.index_interval_bytes = 150;
  open();
  for (int i = 0; i < 20; ++i) put(2, 0, 10'000 + i * 100);
  for (int round = 0; round < 2; ++round) {
    auto at = [&](int64_t timestamp) { return *log->offset_for_timestamp(timestamp, INT64_MAX); };
    EXPECT_EQ(at(0)->offset, 0);
    EXPECT_EQ(at(10'000)->offset, 0);
    EXPECT_EQ(at(10'001)->offset, 1);
    EXPECT_EQ(at(10'002)->offset, 2);
    EXPECT_EQ(at(10'002)->timestamp, 10'100);
    EXPECT_EQ(at(11'050)->offset, 22);
    EXPECT_EQ(at(11'901)->offset, 39);
    EXPECT_FALSE(at(11'902));
    EXPECT_FALSE(*log->offset_for_timestamp(11'050, 22)) << "the bound hides it";
    EXPECT_EQ((*log->offset_of_max_timestamp(INT64_MAX))->offset, 39);
    EXPECT_EQ((*log->offset_of_max_timestamp(11))->offset, 9);
    reopen_after_kill();
  }
  put(1, 0, 5);  // late data changes nothing about the largest
  EXPECT_EQ((*log->offset_of_max_timestamp(INT64_MAX))->offset, 39);
  EXPECT_EQ((*log->offset_of_max_timestamp(INT64_MAX))->timestamp, 11'901);
}

TEST_F(LogTest, AFullDiskRefusesTheAppendAndHarmsNothing) {
  open();
  put(2);
  const auto before = bytes_from(0);
  files.set_capacity(log->size_bytes() + 200);
  EXPECT_EQ(append(batch_of(20)).error().code, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(log->end_offset(), 2);
  EXPECT_EQ(bytes_from(0), before);
  files.set_capacity(1 << 20);
  reopen_after_kill();
  EXPECT_EQ(bytes_from(0), before);
}

TEST_F(LogTest, FlushSyncsWhatWasAppendedOnce) {
  open();
  put(2);
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(log->synced_to(), 2);
  const auto syncs = files.syncs();
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(files.syncs(), syncs);
}

}  // namespace
}  // namespace baton
