// What a kill, a power cut and a bad disk leave, and what the log makes of it.
#include "base/posix_file_system.h"
#include "partitions/log/segment.h"
#include "tests/partitions/log/log_fixture.h"

namespace baton {
namespace {

class LogRecovery : public LogTest {
 protected:
  std::string path(int64_t base, bool index = false) { return "log/" + (index ? Segment::index_name(base) : Segment::log_name(base)); }
};

TEST_F(LogRecovery, ATornTailIsCutAtEveryByte) {
  open();
  put(2);
  put(3);
  const auto whole = bytes_from(0);
  const auto next = batch_of(4);
  for (uint64_t torn = 0; torn < next.size(); ++torn) {
    files.tear_write(1, torn);
    // The process dies inside of the write: nothing is cut back.
    auto file = files.open(path(0), OpenMode::kReadWrite);
    auto stamped = next;
    stamp_offset_and_epoch(stamped.data(), 5, LeaderEpoch(0));
    ASSERT_FALSE((*file)->write_at(whole.size(), stamped));
    reopen_after_kill();
    ASSERT_EQ(log->end_offset(), 5) << torn;
    ASSERT_EQ(log->recovery().bytes_cut, torn);
    ASSERT_EQ(bytes_from(0), whole);
  }
  EXPECT_EQ(put(1), 5);
}

// After a kill only what came after the last checkpoint is looked at again.
TEST_F(LogRecovery, BelowTheRecoveryPointNothingIsCheckedAgain) {
  config.index_interval_bytes = 50;
  open();
  for (int i = 0; i < 1000; ++i) put(2, i / 250);
  const int64_t point = *log->checkpoint();
  EXPECT_EQ(point, 2000);
  for (int i = 0; i < 5; ++i) put(2, 4);
  const auto whole = bytes_from(0);
  reopen_after_kill();
  EXPECT_EQ(log->recovery().bytes_checked, whole.size()) << "without a recovery point, all of the last segment";
  reopen_after_kill(point);
  EXPECT_LT(log->recovery().bytes_checked, whole.size() / 3) << "some index entries were in memory only";
  EXPECT_GT(log->recovery().bytes_checked, 0u);
  EXPECT_EQ(bytes_from(0), whole);
  EXPECT_EQ(log->last_epoch(), LeaderEpoch(4));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(1)), (EpochEnd{LeaderEpoch(1), 1000}));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(3)), (EpochEnd{LeaderEpoch(3), 2000}));
  for (int64_t offset = 0; offset < 2010; offset += 2) ASSERT_EQ(bases_from(offset, 1).front(), offset) << "the index is whole";
}

TEST_F(LogRecovery, ATornTailBehindTheRecoveryPointIsCut) {
  config.index_interval_bytes = 100;
  open();
  for (int i = 0; i < 100; ++i) put(2);
  const int64_t point = *log->checkpoint();
  put(3);
  const auto whole = bytes_from(0);
  auto next = batch_of(4);
  stamp_offset_and_epoch(next.data(), 203, LeaderEpoch(0));
  for (uint64_t torn : {1u, 60u, 61u, 90u}) {
    auto file = files.open(path(0), OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->write_at(whole.size(), next.substr(0, torn)));
    reopen_after_kill(point);
    ASSERT_EQ(log->end_offset(), 203) << torn;
    ASSERT_EQ(log->recovery().bytes_cut, torn);
  }
}

// The point is older than a truncation: what it says of the epochs is not believed, and a torn end is found all the same.
TEST_F(LogRecovery, ARecoveryPointFromBeforeATruncationDoesNoHarm) {
  config.index_interval_bytes = 100;
  for (const int after : {10, 60, 200}) {
    log.reset();
    ASSERT_TRUE(files.remove_tree("log"));
    open();
    for (int i = 0; i < 100; ++i) put(2);
    const int64_t point = *log->checkpoint();
    ASSERT_TRUE(log->truncate_to(100));
    // The kill comes between the last write and the history's file: its epoch stands in the batches alone.
    const auto history = read_whole_file(files, "log/leader-epoch-checkpoint");
    for (int i = 0; i < after; ++i) put(1, 7);
    if (history) {
      ASSERT_TRUE(write_file_atomically(files, "log/leader-epoch-checkpoint", *history, Durability::kProcessCrash));
    }
    const auto whole = bytes_from(0);
    reopen_after_kill(point);
    EXPECT_EQ(log->end_offset(), 100 + after);
    EXPECT_EQ(bytes_from(0), whole);
    EXPECT_EQ(log->last_epoch(), LeaderEpoch(7));
    EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(0)), (EpochEnd{LeaderEpoch(0), 100})) << after;
  }
}

// R9: after a power cut the point is no excuse.
TEST_F(LogRecovery, WhereNothingIsTrustedTheRecoveryPointCountsForNothing) {
  open();
  for (int i = 0; i < 50; ++i) put(2);
  const int64_t point = *log->checkpoint();
  log.reset();
  files.kill_process();
  files.flip_bit(path(0), batch_of(2).size() + 70, 0);
  open(true, point);
  EXPECT_EQ(log->end_offset(), 2);
}

TEST_F(LogRecovery, WithoutATailNothingIsCut) {
  config.segment_bytes = 500;
  open();
  for (int i = 0; i < 20; ++i) put(2);
  const auto whole = bytes_from(0);
  reopen_after_kill();
  EXPECT_EQ(log->recovery().bytes_cut, 0u);
  EXPECT_EQ(bytes_from(0), whole);
  EXPECT_GT(log->recovery().bytes_checked, 0u);
}

TEST_F(LogRecovery, AnOrderlyStopNeedsNoCheck) {
  open();
  for (int i = 0; i < 20; ++i) put(2, i / 5);
  ASSERT_TRUE(log->close());
  const auto whole = bytes_from(0);
  files.kill_process();
  RecoveryInfo info;
  info.closed_in_order = true;
  auto opened = Log::open(files, "log", config, info);
  ASSERT_TRUE(opened);
  log = std::move(*opened);
  EXPECT_EQ(log->recovery().bytes_checked, 0u);
  EXPECT_EQ(log->end_offset(), 40);
  EXPECT_EQ(log->last_epoch(), LeaderEpoch(3));
  EXPECT_EQ(bytes_from(0), whole);
}

// Damage in the middle is no torn tail: to cut it in silence would lose what was acknowledged.
TEST_F(LogRecovery, AFlippedBitIsNeverCutUnlessTheCallerSaysSo) {
  open();
  std::vector<uint64_t> starts;
  for (int i = 0; i < 4; ++i) {
    starts.push_back(log->size_bytes());
    put(2);
  }
  const uint64_t size = log->size_bytes();
  int refused = 0;
  for (uint64_t byte = 0; byte < size; byte += 3) {
    files.kill_process();
    files.flip_bit(path(0), byte, 2);
    const uint64_t in_batch = byte - *(std::upper_bound(starts.begin(), starts.end(), byte) - 1);
    auto opened = try_open();
    if (!opened) {
      EXPECT_EQ(opened.error().code, ErrorCode::kCorruptMessage);
      ++refused;
    } else {
      // No checksum covers the leader epoch; and a length beyond the end looks like a torn tail in the last batch alone.
      const bool epoch = in_batch >= 12 && in_batch < 16;
      const bool last_length = byte >= starts.back() + 8 && byte < starts.back() + 12;
      EXPECT_TRUE(epoch || last_length) << byte;
      if (last_length) break;
    }
    files.flip_bit(path(0), byte, 2);
  }
  EXPECT_GT(refused, 50);
}

TEST_F(LogRecovery, DamageIsCutWhenTheReplicaIsKnownToBeDirty) {
  config.segment_bytes = 400;
  open();
  for (int i = 0; i < 12; ++i) put(2);
  const auto whole = bytes_from(0);
  const auto segments = log->segment_count();
  log.reset();
  files.kill_process();
  files.flip_bit(path(0), batch_of(2).size() + 70, 0);  // in the second batch of the first segment
  open();                                               // a kill alone calls for no look at old segments
  EXPECT_EQ(log->segment_count(), segments);
  open(true);
  EXPECT_EQ(log->end_offset(), 2);
  EXPECT_EQ(log->segment_count(), 1u);
  EXPECT_EQ(bytes_from(0), whole.substr(0, batch_of(2).size()));
  EXPECT_EQ(put(2), 2);
}

TEST_F(LogRecovery, AMissingSegmentIsDamage) {
  config.segment_bytes = 400;
  open();
  for (int i = 0; i < 12; ++i) put(2);
  log.reset();
  std::vector<int64_t> bases;
  const auto names = files.list("log");
  for (const auto& name : *names) {
    if (auto base = Segment::parse_name(name, ".log")) bases.push_back(*base);
  }
  ASSERT_GT(bases.size(), 2u);
  ASSERT_TRUE(files.remove(path(bases[1])));
  EXPECT_EQ(try_open().error().code, ErrorCode::kCorruptMessage);
  open(true);
  EXPECT_EQ(log->end_offset(), bases[1]);
}

TEST_F(LogRecovery, LostAndDamagedIndexesAreRebuilt) {
  config.segment_bytes = 2000;
  config.index_interval_bytes = 150;
  open();
  for (int i = 0; i < 60; ++i) put(2, 0, 1000 + i);
  const auto whole = bytes_from(0);
  ASSERT_TRUE(log->close());
  std::vector<std::string> indexes;
  const auto names = files.list("log");
  for (const auto& name : *names) {
    if (name.ends_with(".index")) indexes.push_back("log/" + name);
  }
  ASSERT_GT(indexes.size(), 2u);
  ASSERT_TRUE(files.remove(indexes[0]));
  const auto size = *(*files.open(indexes[1], OpenMode::kRead))->size();
  files.flip_bit(indexes[1], size - 1, 0);                                                   // the last entry: seen at the start
  for (uint64_t byte = 0; byte + 20 < size; byte += 5) files.flip_bit(indexes[2], byte, 0);  // others: seen by a search
  reopen_after_kill();
  EXPECT_GT(log->recovery().indexes_rebuilt, 0);
  EXPECT_EQ(log->recovery().bytes_cut, 0u);
  for (int64_t from = 0; from < log->end_offset(); ++from) ASSERT_EQ(bases_from(from, 1), std::vector<int64_t>{from / 2 * 2});
  EXPECT_EQ(bytes_from(0), whole);
}

TEST_F(LogRecovery, AnEpochHistoryThatIsLostOrLagsComesBackFromTheBatches) {
  config.segment_bytes = 400;
  open();
  for (int i = 0; i < 12; ++i) put(2, i / 3);
  // The last is what a kill leaves between the writing of a shorter history and the cutting of the longer one.
  for (const char* damage : {"", "0\n9\n1 1\n", "garbage", "0\n1\n7 24\n6\n2 12\n3 18\n"}) {
    log.reset();
    if (*damage == 0) {
      ASSERT_TRUE(files.remove("log/leader-epoch-checkpoint"));
    } else {
      ASSERT_TRUE(write_file_atomically(files, "log/leader-epoch-checkpoint", damage, Durability::kProcessCrash));
    }
    reopen_after_kill();
    EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(0)), (EpochEnd{LeaderEpoch(0), 6}));
    EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(2)), (EpochEnd{LeaderEpoch(2), 18}));
    EXPECT_EQ(log->last_epoch(), LeaderEpoch(3));
  }
}

// Whatever a power cut leaves, the dirty log opens with a whole prefix of what was written, and all that was flushed.
TEST_F(LogRecovery, APowerCutLeavesAPrefixThatHoldsAllThatWasFlushed) {
  int shorter = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    files = MemoryFileSystem();
    SeededRandom random(seed);
    config.segment_bytes = 1500;
    config.index_interval_bytes = 200;
    open();
    ASSERT_TRUE(files.sync_directory("/"));
    const int flushed_batches = static_cast<int>(random.below(20));
    for (int i = 0; i < flushed_batches; ++i) put(1 + static_cast<int>(random.below(4)), i / 5, 1000, random.below(200));
    if (random.chance(0.3)) {
      ASSERT_TRUE(log->truncate_to(log->end_offset() / 2));
      put(1, 9);
    }
    ASSERT_TRUE(log->flush());
    const auto flushed = bytes_from(log->start_offset());
    for (uint64_t i = random.below(20); i > 0; --i) put(1 + static_cast<int>(random.below(4)), 10, 1000, random.below(200));
    const auto written = bytes_from(log->start_offset());
    log.reset();
    files.lose_unsynced(random);
    open(true);
    const auto kept = bytes_from(log->start_offset());
    ASSERT_EQ(kept, written.substr(0, kept.size())) << seed;
    ASSERT_GE(kept.size(), flushed.size()) << seed;
    if (kept.size() < written.size()) ++shorter;
    if (log->end_offset() > 0) {
      ASSERT_EQ(log->epoch_at(log->end_offset() - 1), log->last_epoch());
    }
    put(1, 11);
  }
  EXPECT_GT(shorter, 20);
}

TEST(LogOnDisk, SurvivesReopeningAndServesRanges) {
  char name[] = "/tmp/baton-log-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  PosixFileSystem files;
  LogConfig config;
  config.segment_bytes = 2000;
  std::string whole;
  {
    auto log = Log::open(files, std::string(name) + "/t-0", config, {});
    ASSERT_TRUE(log) << log.error().message;
    for (int i = 0; i < 50; ++i) {
      auto batch = batch_of(3);
      ASSERT_TRUE((*log)->append_as_leader(batch, LeaderEpoch(i / 10), 5));
    }
    ASSERT_TRUE((*log)->truncate_to(120));
    auto slice = (*log)->read(0, 1 << 20, INT64_MAX);
    EXPECT_GE(slice->ranges.front().file->native_handle(), 0);
    whole = *copy_ranges(slice->ranges);
  }
  auto log = Log::open(files, std::string(name) + "/t-0", config, {});
  ASSERT_TRUE(log);
  EXPECT_EQ((*log)->end_offset(), 120);
  EXPECT_EQ(*copy_ranges((*log)->read(0, 1 << 20, INT64_MAX)->ranges), whole);
  ASSERT_TRUE((*log)->flush());
  ASSERT_TRUE(files.remove_tree(name));
}

}  // namespace
}  // namespace baton
