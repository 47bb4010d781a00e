// Each test is one story: a broker of two watched threads is looked at every 15 ms, from the moment at which the first of them
// made progress for the last time.
#include "broker/supervision/judgement/stall.h"

#include <gtest/gtest.h>

#include <map>

namespace baton::supervision {
namespace {

using std::chrono::milliseconds;

constexpr int32_t kStuck = 11, kOther = 12, kThird = 13;
constexpr int64_t kMs = 1'000'000;

// How a thread spends its time, per millisecond of it.
struct Habit {
  ThreadState state = ThreadState::kAsleep;
  double running = 0, waiting = 0, slices = 0;
};

class Story {
 public:
  std::map<int32_t, Habit> threads = {{kStuck, {}}, {kOther, {ThreadState::kAsleep, 0.01, 0, 0.1}}, {kThird, {}}};
  bool other_beats = true;
  // Looks that come late, by when they are due.
  std::map<int, Duration> late;
  StallJudge judge;

  // What the look says that comes so long after the last progress.
  Judgement after(Duration time) {
    Judgement last = Judgement::kFine;
    const int until = static_cast<int>(time / milliseconds(1));
    for (; at_ms_ <= until; at_ms_ += 15) last = look();
    return last;
  }
  // The stuck thread makes progress now.
  void progress() { progress_ms_ = at_ms_; }

 private:
  Judgement look() {
    const Instant due = start_ + milliseconds(at_ms_);
    const auto delay = late.find(at_ms_);
    const Instant now = delay == late.end() ? due : due + delay->second;
    const Instant other = start_ + milliseconds(other_beats ? at_ms_ : 0);
    return judge.look(now, due, {{kStuck, start_ + milliseconds(progress_ms_)}, {kOther, other}}, [&] { return samples(); });
  }
  std::vector<ThreadSample> samples() {
    std::vector<ThreadSample> all;
    for (const auto& [tid, habit] : threads) {
      ThreadSample& spent = spent_[tid];
      const double ms = at_ms_ - sampled_at_ms_;
      spent.tid = tid;
      spent.state = habit.state;
      spent.run_ns += static_cast<int64_t>(habit.running * ms * kMs);
      spent.wait_ns += static_cast<int64_t>(habit.waiting * ms * kMs);
      spent.slices += static_cast<int64_t>(habit.slices * ms);
      all.push_back(spent);
    }
    sampled_at_ms_ = at_ms_;
    return all;
  }

  Instant start_{1'000'000'000'000};
  int at_ms_ = 0, progress_ms_ = 0, sampled_at_ms_ = 0;
  std::map<int32_t, ThreadSample> spent_;
};

TEST(Stall, AProcessThatMakesProgressIsFine) {
  Story story;
  for (int ms = 0; ms < 5000; ms += 30) {
    EXPECT_EQ(story.after(milliseconds(ms)), Judgement::kFine);
    story.progress();
  }
}

TEST(Stall, AStoppedProcessHangsAsSoonAsTheTimeOutIsOver) {
  Story story;
  for (auto& [tid, habit] : story.threads) habit = {ThreadState::kStopped};
  story.other_beats = false;
  EXPECT_EQ(story.after(milliseconds(299)), Judgement::kFine);
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kHung);
  EXPECT_NE(story.judge.about().find("thread 11 is stopped"), std::string::npos) << story.judge.about();
}

// The time for which it was stopped says nothing of the threads that sleep once it is continued.
TEST(Stall, AProcessThatIsContinuedHasItsTimeAnew) {
  Story story;
  for (auto& [tid, habit] : story.threads) habit = {ThreadState::kStopped};
  story.other_beats = false;
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kHung);
  for (auto& [tid, habit] : story.threads) habit = {ThreadState::kAsleep};
  EXPECT_EQ(story.after(milliseconds(330)), Judgement::kFine);
  EXPECT_EQ(story.after(milliseconds(615)), Judgement::kFine);
  EXPECT_EQ(story.after(milliseconds(630)), Judgement::kHung);
}

TEST(Stall, AThreadThatSleepsAndIsNotWokenHangs) {
  Story story;
  EXPECT_EQ(story.after(milliseconds(285)), Judgement::kFine);
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kHung);
}

TEST(Stall, ProgressInTimeEndsTheSuspicion) {
  Story story;
  EXPECT_EQ(story.after(milliseconds(285)), Judgement::kFine);
  EXPECT_TRUE(story.judge.suspect());
  story.progress();
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kFine);
  EXPECT_FALSE(story.judge.suspect());
  EXPECT_EQ(story.after(milliseconds(585)), Judgement::kFine);
  EXPECT_EQ(story.after(milliseconds(630)), Judgement::kHung);
}

TEST(Stall, ARunnableThreadWithoutACoreIsStarvedHoweverLongItWaits) {
  Story story;
  story.threads[kStuck] = {ThreadState::kRunnable};  // what it waits now is in no book yet
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kStarved);
  EXPECT_EQ(story.after(milliseconds(20'000)), Judgement::kStarved);
}

TEST(Stall, AThreadThatComputesHangsOnlyAfterManyTimeOutsOfItsOwnCpuTime) {
  Story story;
  story.threads[kStuck] = {ThreadState::kRunnable, 1.0};
  EXPECT_EQ(story.after(milliseconds(3000)), Judgement::kStarved);
  EXPECT_EQ(story.after(milliseconds(3200)), Judgement::kHung);
}

TEST(Stall, AThreadThatComputesOnHalfACoreHasTwiceTheTime) {
  Story story;
  story.threads[kStuck] = {ThreadState::kRunnable, 0.5, 0.5};
  EXPECT_EQ(story.after(milliseconds(6000)), Judgement::kStarved);
  EXPECT_EQ(story.after(milliseconds(6300)), Judgement::kHung);
}

TEST(Stall, AThreadThatSleepsInAStarvedProcessMayWaitForOneThatWaitsForACore) {
  Story booked, unbooked;
  booked.threads[kThird] = {ThreadState::kRunnable, 0.3, 0.4, 0.1};
  EXPECT_EQ(booked.after(milliseconds(315)), Judgement::kStarved);
  unbooked.threads[kThird] = {ThreadState::kRunnable};
  EXPECT_EQ(unbooked.after(milliseconds(315)), Judgement::kStarved);
}

TEST(Stall, AThreadThatSleepsMayWaitForOneThatComputesAndGivesNoSignOfLife) {
  Story watched, unwatched;
  watched.other_beats = false;
  watched.threads[kOther] = {ThreadState::kRunnable, 0.9, 0.05};
  EXPECT_EQ(watched.after(milliseconds(315)), Judgement::kStarved);
  unwatched.threads[kThird] = {ThreadState::kRunnable, 0.9, 0.05};
  EXPECT_EQ(unwatched.after(milliseconds(315)), Judgement::kStarved);
  EXPECT_EQ(unwatched.after(milliseconds(3030)), Judgement::kHung);
}

TEST(Stall, AThreadThatComputesAndGivesSignsOfLifeKeepsNobody) {
  Story story;
  story.threads[kOther] = {ThreadState::kRunnable, 0.9, 0.05};
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kHung);
}

TEST(Stall, ItDoesNotSleepForEverBecauseOthersAreStarved) {
  Story story;
  story.threads[kThird] = {ThreadState::kRunnable, 0.3, 0.4, 0.1};
  EXPECT_EQ(story.after(milliseconds(2900)), Judgement::kStarved);
  EXPECT_EQ(story.after(milliseconds(3030)), Judgement::kHung);
}

TEST(Stall, OneThatHasRunMeanwhileDoesNotCountAsAsleepForSoLong) {
  Story story;
  story.threads[kStuck] = {ThreadState::kAsleep, 0.01, 0.01, 0.1};
  story.threads[kThird] = {ThreadState::kRunnable, 0.3, 0.4, 0.1};
  EXPECT_EQ(story.after(milliseconds(10'000)), Judgement::kStarved);
}

TEST(Stall, AThreadInDiskWaitIsNoHang) {
  Story story;
  story.threads[kStuck] = {ThreadState::kDiskWait};
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kDiskWait);
  EXPECT_EQ(story.after(milliseconds(60'000)), Judgement::kDiskWait);
}

TEST(Stall, AThreadThatComesBackToTheDiskAgainAndAgainIsSlowedByIt) {
  Story story;
  story.threads[kStuck] = {ThreadState::kDiskWait, 0.01, 0, 0.1};
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kSlowDisk);
}

TEST(Stall, AThreadThatWaitsForOneInDiskWaitIsNoHang) {
  Story story;
  story.threads[kThird] = {ThreadState::kDiskWait};
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kSlowDisk);
}

TEST(Stall, ALookThatComesLateBeginsAnew) {
  Story story;
  story.late[285] = milliseconds(31);
  EXPECT_EQ(story.after(milliseconds(285)), Judgement::kLateOurselves);
  EXPECT_EQ(story.after(milliseconds(600)), Judgement::kFine);
  EXPECT_EQ(story.after(milliseconds(630)), Judgement::kHung);
}

TEST(Stall, ALookThatComesALittleLateCounts) {
  Story story;
  story.late[285] = milliseconds(29);
  EXPECT_EQ(story.after(milliseconds(315)), Judgement::kHung);
}

TEST(Stall, TheLookThatJudgesComesWhenTheTimeIsOver) {
  StallJudge judge;
  const Instant start{1'000'000'000'000};
  const std::vector<Beat> beats = {{kStuck, start}};
  const auto stopped = [] { return std::vector<ThreadSample>{{kStuck, ThreadState::kStopped}}; };
  Instant now = start;
  for (int looks = 0; judge.look(now, now, beats, stopped) == Judgement::kFine; ++looks) {
    ASSERT_LT(looks, 30);
    now = judge.next_look(now);
  }
  EXPECT_EQ(now - start, milliseconds(300));
}

TEST(Stall, WithoutSchedulerStatisticsARunnableThreadNeverHangsAndAStoppedOneDoes) {
  Story story;
  story.threads = {{kStuck, {ThreadState::kRunnable}}};
  EXPECT_EQ(story.after(milliseconds(10'000)), Judgement::kStarved);
  story.threads[kStuck] = {ThreadState::kStopped};
  EXPECT_EQ(story.after(milliseconds(10'020)), Judgement::kHung);
}

TEST(Stall, AThreadThatHasEndedIsNotWaitedFor) {
  Story story;
  story.threads.erase(kStuck);
  EXPECT_EQ(story.after(milliseconds(1000)), Judgement::kFine);
}

}  // namespace
}  // namespace baton::supervision
