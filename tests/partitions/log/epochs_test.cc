// Truncation by leader epoch: the worked examples of KIP-101 and KIP-279.
#include "tests/partitions/log/log_fixture.h"

namespace baton {
namespace {

class EpochTest : public LogTest {
 protected:
  static std::string at(int64_t offset, int epoch, std::string_view value = "v") {
    return RecordBatchBuilder(offset).leader_epoch(LeaderEpoch(epoch)).add(1, "k", value).build();
  }
  std::unique_ptr<Log> replica(const std::string& name, std::initializer_list<std::pair<int64_t, int>> batches) {
    auto opened = Log::open(files, name, config, {});
    EXPECT_TRUE(opened);
    for (auto [offset, epoch] : batches) EXPECT_TRUE((*opened)->append_as_follower(at(offset, epoch), kNow));
    return std::move(*opened);
  }
  // What a follower does: ask for the end of its last epoch, cut, and ask again until both name the same epoch.
  static void truncate_like(Log& follower, const Log& leader) {
    LeaderEpoch asked = follower.last_epoch();
    for (;;) {
      const auto leaders = leader.end_offset_for_epoch(asked);
      if (leaders.epoch == LeaderEpoch()) {
        ASSERT_TRUE(follower.truncate_fully_and_start_at(leader.start_offset()));
        return;
      }
      const auto own = follower.end_offset_for_epoch(leaders.epoch);
      ASSERT_TRUE(follower.truncate_to(std::min(leaders.end_offset, own.end_offset)));
      if (own.epoch == leaders.epoch) return;
      asked = own.epoch;
    }
  }
};

TEST_F(EpochTest, AnEpochEndsWhereTheNextBegins) {
  open();
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(0)), (EpochEnd{LeaderEpoch(), -1}));
  put(2, 1);
  put(3, 4);
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(0)), (EpochEnd{LeaderEpoch(), 0}));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(1)), (EpochEnd{LeaderEpoch(1), 2}));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(3)), (EpochEnd{LeaderEpoch(1), 2}));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(4)), (EpochEnd{LeaderEpoch(4), 5}));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(9)), (EpochEnd{LeaderEpoch(4), 5}));
}

TEST_F(EpochTest, ALeaderNotesItsEpochBeforeItsFirstRecord) {
  open();
  put(2, 1);
  ASSERT_TRUE(log->assign_epoch(LeaderEpoch(2)));
  EXPECT_EQ(log->last_epoch(), LeaderEpoch(2));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(1)), (EpochEnd{LeaderEpoch(1), 2}));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(2)), (EpochEnd{LeaderEpoch(2), 2}));
  ASSERT_TRUE(log->assign_epoch(LeaderEpoch(3)));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(2)), (EpochEnd{LeaderEpoch(1), 2})) << "an epoch without records is forgotten";
}

// KIP-101, scenario 1: B has the record above its high watermark, restarts, and must not cut what A, dead by then, had.
TEST_F(EpochTest, Kip101AFollowerKeepsWhatItsLeaderHasThoughItsHighWatermarkLags) {
  auto leader = replica("a", {{0, 0}, {1, 0}});
  auto follower = replica("b", {{0, 0}, {1, 0}});
  truncate_like(*follower, *leader);
  EXPECT_EQ(follower->end_offset(), 2);
}

// KIP-101, scenario 2: both lost power, each wrote another record at offset 1.
TEST_F(EpochTest, Kip101DivergingRecordsAtOneOffsetAreCut) {
  auto leader = replica("b", {{0, 0}, {1, 1}});
  auto follower = replica("a", {{0, 0}, {1, 0}});
  truncate_like(*follower, *leader);
  EXPECT_EQ(follower->end_offset(), 1);
  ASSERT_TRUE(follower->append_as_follower(at(1, 1), kNow));
  EXPECT_EQ(follower->last_epoch(), LeaderEpoch(1));
}

// KIP-279: the follower's last epoch is one that the leader never saw; one round is not enough.
TEST_F(EpochTest, Kip279FastFailoversNeedMoreThanOneRound) {
  auto leader = replica("a", {{0, 0}, {1, 0}, {2, 1}, {3, 3}});
  auto follower = replica("b", {{0, 0}, {1, 0}, {2, 2}, {3, 2}, {4, 2}});
  truncate_like(*follower, *leader);
  EXPECT_EQ(follower->end_offset(), 2);
  EXPECT_EQ(follower->last_epoch(), LeaderEpoch(0));
}

TEST_F(EpochTest, CuttingRollsBackSegmentsEpochsAndProducersAndSurvivesAKill) {
  config.segment_bytes = 400;
  config.index_interval_bytes = 100;
  open();
  for (int i = 0; i < 10; ++i) put(2, i / 3);
  const auto whole = bytes_from(0);
  for (int64_t offset = 19; offset >= 0; --offset) {
    ASSERT_TRUE(log->truncate_to(offset));
    const int64_t end = offset / 2 * 2;  // a batch goes whole
    ASSERT_EQ(log->end_offset(), end);
    ASSERT_EQ(bytes_from(0), whole.substr(0, batch_of(2).size() * static_cast<size_t>(end / 2)));
    ASSERT_EQ(log->last_epoch(), end == 0 ? LeaderEpoch() : LeaderEpoch(static_cast<int>((end / 2 - 1) / 3)));
    if (offset % 3 == 0) {
      reopen_after_kill();
      ASSERT_EQ(log->end_offset(), end);
    }
  }
  EXPECT_EQ(put(1, 7), 0);
}

TEST_F(EpochTest, AHistoryThatShrinksLeavesNothingOfTheLongerOne) {
  open();
  for (int epoch = 0; epoch < 12; ++epoch) put(1, epoch);
  EXPECT_TRUE(read_whole_file(files, "log/leader-epoch-checkpoint")->starts_with("0\n12\n"));
  ASSERT_TRUE(log->truncate_to(1));
  EXPECT_EQ(*read_whole_file(files, "log/leader-epoch-checkpoint"), "0\n1\n0 0\n");
  put(1, 20);
  EXPECT_EQ(*read_whole_file(files, "log/leader-epoch-checkpoint"), "0\n2\n0 0\n20 1\n");
}

TEST_F(EpochTest, StartingAnewElsewhereDropsEverything) {
  config.segment_bytes = 400;
  open();
  for (int i = 0; i < 10; ++i) put(2, i / 3);
  ASSERT_TRUE(log->truncate_fully_and_start_at(1000));
  EXPECT_EQ(log->start_offset(), 1000);
  EXPECT_EQ(log->end_offset(), 1000);
  EXPECT_EQ(log->last_epoch(), LeaderEpoch());
  EXPECT_EQ(log->size_bytes(), 0u);
  EXPECT_EQ(put(1, 9), 1000);
  reopen_after_kill();
  EXPECT_EQ(log->start_offset(), 1000);
  EXPECT_EQ(log->end_offset(), 1001);
  ASSERT_TRUE(log->truncate_to(10)) << "below the start: all of it";
  EXPECT_EQ(log->end_offset(), 10);
}

TEST_F(EpochTest, TheHistoryBeginsWhereTheLogDoes) {
  config.segment_bytes = 200;
  open();
  for (int i = 0; i < 10; ++i) put(2, i / 3);
  ASSERT_TRUE(log->advance_start_offset(8));
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(0)), (EpochEnd{LeaderEpoch(), 8}));
  EXPECT_EQ(log->epoch_at(8), LeaderEpoch(1));
}

}  // namespace
}  // namespace baton
