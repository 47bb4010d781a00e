#include "partitions/log/producer_state.h"

#include <limits>

#include "tests/partitions/log/log_fixture.h"

namespace baton {
namespace {

class IdempotentLog : public LogTest {
 protected:
  ErrorCode code(std::string batch) {
    auto result = append(std::move(batch));
    return result ? ErrorCode::kNone : result.error().code;
  }
  // The base offset of the earlier append; -1 if the batch was new.
  int64_t duplicate_of(std::string batch) {
    auto result = append(std::move(batch));
    EXPECT_TRUE(result) << result.error().message;
    return result && result->duplicate ? result->base_offset : -1;
  }
};

TEST_F(IdempotentLog, ARetryOfTheLastFiveBatchesIsAnsweredWithItsFirstOffsets) {
  open();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(code(idempotent_batch(9, 0, i * 2, 2)), ErrorCode::kNone);
  const auto end = log->end_offset();
  for (int i = 2; i < 7; ++i) EXPECT_EQ(duplicate_of(idempotent_batch(9, 0, i * 2, 2)), i * 2);
  EXPECT_EQ(code(idempotent_batch(9, 0, 2, 2)), ErrorCode::kOutOfOrderSequenceNumber) << "six batches ago: forgotten";
  EXPECT_EQ(code(idempotent_batch(9, 0, 12, 1)), ErrorCode::kOutOfOrderSequenceNumber) << "another batch at the same sequence";
  EXPECT_EQ(code(idempotent_batch(9, 0, 15, 1)), ErrorCode::kOutOfOrderSequenceNumber) << "a hole";
  EXPECT_EQ(log->end_offset(), end);
  EXPECT_EQ(code(idempotent_batch(9, 0, 14, 1)), ErrorCode::kNone);
}

TEST_F(IdempotentLog, AnOlderEpochIsFencedAndANewOneBeginsAtZero) {
  open();
  EXPECT_EQ(code(idempotent_batch(9, 3, 0)), ErrorCode::kNone);
  EXPECT_EQ(code(idempotent_batch(9, 2, 1)), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(code(idempotent_batch(9, 4, 1)), ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(code(idempotent_batch(9, 4, 0)), ErrorCode::kNone);
  EXPECT_EQ(code(idempotent_batch(9, 3, 1)), ErrorCode::kInvalidProducerEpoch);
}

TEST_F(IdempotentLog, SequencesGoOnAtZeroAfterTheLargest) {
  constexpr int32_t max = std::numeric_limits<int32_t>::max();
  open();
  EXPECT_EQ(code(idempotent_batch(9, 0, max - 1, 4)), ErrorCode::kNone);  // max-1, max, 0, 1
  EXPECT_EQ(duplicate_of(idempotent_batch(9, 0, max - 1, 4)), 0);
  EXPECT_EQ(code(idempotent_batch(9, 0, 2)), ErrorCode::kNone);
}

TEST_F(IdempotentLog, DuplicatesAreKnownAfterAKillWithAndWithoutSnapshots) {
  for (uint32_t segment_bytes : {1u << 20, 200u}) {
    config.segment_bytes = segment_bytes;
    ASSERT_TRUE(files.remove_tree("log"));
    open();
    for (int i = 0; i < 7; ++i) EXPECT_EQ(code(idempotent_batch(9, 0, i)), ErrorCode::kNone);
    reopen_after_kill();
    for (int i = 2; i < 7; ++i) EXPECT_EQ(duplicate_of(idempotent_batch(9, 0, i)), i);
    EXPECT_EQ(code(idempotent_batch(9, 0, 7)), ErrorCode::kNone);
  }
}

TEST_F(IdempotentLog, ADamagedSnapshotIsPassedOver) {
  config.segment_bytes = 200;
  open();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(code(idempotent_batch(9, 0, i)), ErrorCode::kNone);
  log.reset();
  files.kill_process();
  int damaged = 0;
  const auto names = files.list("log");
  for (const auto& name : *names) {
    if (!name.ends_with(".snapshot")) continue;
    files.flip_bit("log/" + name, 10, 1);
    ++damaged;
  }
  EXPECT_GT(damaged, 0);
  open();
  for (int i = 2; i < 7; ++i) EXPECT_EQ(duplicate_of(idempotent_batch(9, 0, i)), i);
}

// A follower cuts its divergent end: a producer's retry of what was cut is new, of what stayed a duplicate.
TEST_F(IdempotentLog, WhatIsCutIsForgottenAndWhatStaysIsKnown) {
  config.segment_bytes = 250;
  open();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(code(idempotent_batch(9, 0, i)), ErrorCode::kNone);
  ASSERT_TRUE(log->truncate_to(4));
  log->expire_producers(kNow + 1000);
  EXPECT_EQ(duplicate_of(idempotent_batch(9, 0, 3)), 3);
  EXPECT_EQ(duplicate_of(idempotent_batch(9, 0, 4)), -1);
  EXPECT_EQ(log->end_offset(), 5);
}

TEST_F(IdempotentLog, AFollowerKnowsWhatItsLeaderAppended) {
  open();
  auto batch = RecordBatchBuilder(0).leader_epoch(LeaderEpoch(0)).producer(9, 0, 0).add(1, "k", "v").build();
  ASSERT_TRUE(log->append_as_follower(batch, kNow));
  EXPECT_EQ(duplicate_of(batch), 0);
}

TEST_F(IdempotentLog, AnIdleProducerIsForgottenAndMayGoOn) {
  config.producer_expiration_ms = 1000;
  open();
  EXPECT_EQ(code(idempotent_batch(9, 0, 0)), ErrorCode::kNone);
  log->expire_producers(kNow + 1000);
  EXPECT_EQ(code(idempotent_batch(9, 0, 5)), ErrorCode::kOutOfOrderSequenceNumber);
  log->expire_producers(kNow + 1001);
  EXPECT_EQ(code(idempotent_batch(9, 0, 5)), ErrorCode::kNone);
}

TEST(ProducerState, ASnapshotIsTakenWholeOrNotAtAll) {
  ProducerState state;
  for (int64_t id = 0; id < 3; ++id) {
    BatchHeader header;
    header.producer_id = id;
    header.producer_epoch = 1;
    header.base_sequence = 4;
    header.base_offset = 10 * id;
    state.update(header, 5);
  }
  const auto bytes = state.snapshot();
  ProducerState other;
  EXPECT_TRUE(other.restore(bytes));
  EXPECT_EQ(other.snapshot(), bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(other.restore(std::string_view(bytes).substr(0, size)));
    EXPECT_EQ(other.size(), 0u);
  }
}

}  // namespace
}  // namespace baton
