#include "controller/election/preference.h"

#include <gtest/gtest.h>

namespace baton::election {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart{1'000'000'000'000};

class PreferenceTest : public ::testing::Test {
 protected:
  // 1 rules since kStart at priority 0; 2 follows since kStart at priority 10.
  void SetUp() override {
    queue_ = {standing(1, 0), standing(2, 10)};
    queue_[0].rules = true;
    preference_.ruled(kStart, BrokerId(1), ControllerEpoch(1));
  }
  static Standing standing(int id, int priority) {
    Standing made;
    made.id = BrokerId(id);
    made.guid = "guid" + std::to_string(id);
    made.priority = priority;
    made.following = made.caught_up = true;
    made.following_since = kStart;
    return made;
  }
  Preference::Verdict at(Duration after) const { return preference_.judge(kStart + after, queue_); }
  bool moves(Duration after) const { return at(after).heir.has_value(); }
  // `id` takes the rule, and the queue shows it so.
  void rules(Duration after, int id) {
    preference_.ruled(kStart + after, BrokerId(id), ControllerEpoch(++epoch_));
    for (Standing& one : queue_) one.rules = one.id.value() == id;
  }

  Preference preference_;
  std::vector<Standing> queue_;
  int epoch_ = 1;
};

TEST_F(PreferenceTest, TheBetterCandidateGetsTheRuleOnceItIsCalm) {
  EXPECT_FALSE(moves(milliseconds(4999)));
  EXPECT_EQ(at(seconds(1)).look_again, kStart + seconds(5));
  EXPECT_EQ(at(seconds(1)).waits_for, "candidate 2 has a higher priority, but the rule has just begun");
  ASSERT_TRUE(moves(seconds(5)));
  EXPECT_EQ(*at(seconds(5)).heir, 1u);
  EXPECT_EQ(at(seconds(5)).waits_for, "");
}

TEST_F(PreferenceTest, EqualsDoNotMove) {
  queue_[1].priority = 0;
  EXPECT_FALSE(moves(hours(1)));
  EXPECT_EQ(at(hours(1)).look_again, Instant::never()) << "and nothing is waited for";
}

TEST_F(PreferenceTest, OneThatHasJustComeIsNotSteady) {
  queue_[1].following_since = kStart + seconds(20);
  EXPECT_FALSE(moves(seconds(24)));
  EXPECT_EQ(at(seconds(24)).waits_for, "candidate 2 has a higher priority, but it has not followed for long");
  EXPECT_TRUE(moves(seconds(25)));
}

TEST_F(PreferenceTest, OneThatIsBehindOrSilentOrDeadGetsNothing) {
  queue_[1].caught_up = false;
  EXPECT_FALSE(moves(seconds(10)));
  EXPECT_EQ(at(seconds(10)).waits_for, "candidate 2 has a higher priority, but its image is behind");
  EXPECT_EQ(at(seconds(10)).look_again, Instant::never());
  queue_[1].following = false;
  EXPECT_EQ(at(seconds(10)).waits_for, "candidate 2 has a higher priority, but it has no control stream");
  queue_[1] = standing(2, 10);
  queue_[1].dead = true;
  EXPECT_FALSE(moves(seconds(10)));
}

TEST_F(PreferenceTest, TheBestOfSeveralThatAreReady) {
  queue_.push_back(standing(3, 20));
  queue_.push_back(standing(4, 15));
  EXPECT_EQ(*at(seconds(5)).heir, 2u);
  queue_[2].following_since = kStart + seconds(4);
  EXPECT_EQ(*at(seconds(5)).heir, 3u) << "the best is not ready: the next best does not wait for it";
}

TEST_F(PreferenceTest, NotAgainSoonAfterItLostTheRule) {
  rules(seconds(5), 2);
  rules(seconds(30), 1);  // 2 ruled for 25 s, then died, and comes back
  queue_[1].following_since = kStart + seconds(31);
  EXPECT_FALSE(moves(seconds(89)));
  EXPECT_EQ(at(seconds(89)).waits_for, "candidate 2 has a higher priority, but it lost the rule not long ago");
  EXPECT_TRUE(moves(seconds(90)));
}

// Each short rule doubles the wait, up to an hour.
TEST_F(PreferenceTest, AFlappingCandidateDoesNotMakeTheRuleFlap) {
  Duration now = seconds(5);
  int given = 0;
  for (; now < hours(24); now += seconds(1)) {
    if (!moves(now)) continue;
    ++given;
    rules(now, 2);
    rules(now + milliseconds(500), 1);  // it dies at once, and is back at once
    queue_[1].following_since = kStart + now + milliseconds(600);
  }
  EXPECT_GE(given, 20);
  EXPECT_LE(given, 32) << "once a minute would be 1440 times";
}

TEST_F(PreferenceTest, AGoodRuleClearsTheRecord) {
  for (int i = 0; i < 4; ++i) {
    rules(seconds(10 * i + 10), 2);
    rules(seconds(10 * i + 11), 1);
  }
  EXPECT_FALSE(moves(seconds(41) + seconds(479))) << "60 s doubled three times";
  EXPECT_TRUE(moves(seconds(41) + seconds(480)));
  rules(minutes(20), 2);
  rules(minutes(31), 1);
  EXPECT_FALSE(moves(minutes(31) + seconds(59)));
  EXPECT_TRUE(moves(minutes(31) + seconds(60)));
}

TEST_F(PreferenceTest, ABounceOfTheRulerCountsAsANewRule) {
  rules(seconds(60), 1);  // the same process under a new epoch
  EXPECT_FALSE(moves(seconds(64)));
  EXPECT_TRUE(moves(seconds(65)));
}

TEST_F(PreferenceTest, NewsOfOldEpochsChangesNothing) {
  rules(seconds(5), 2);
  preference_.ruled(kStart + seconds(6), BrokerId(1), ControllerEpoch(1));
  EXPECT_FALSE(moves(seconds(100)));
}

TEST(BestStandby, CaughtUpThenPriorityThenPlace) {
  std::vector<Standing> queue(5);
  for (size_t i = 0; i < queue.size(); ++i) {
    queue[i].id = BrokerId(static_cast<int>(i));
    queue[i].following = queue[i].caught_up = true;
  }
  queue[0].rules = true;
  EXPECT_EQ(best_standby(queue), 1u);
  queue[3].priority = 1;
  EXPECT_EQ(best_standby(queue), 3u);
  queue[3].caught_up = false;
  EXPECT_EQ(best_standby(queue), 1u);
  queue[1].dead = true;
  EXPECT_EQ(best_standby(queue), 2u);
  for (Standing& one : queue) one.following = false;
  EXPECT_EQ(best_standby(queue), std::nullopt);
}

}  // namespace
}  // namespace baton::election
