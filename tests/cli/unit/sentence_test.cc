// When a command is asked to end, and when it is made to.
#include "cli/lead/sentence.h"

#include <gtest/gtest.h>

namespace baton::lead {
namespace {

constexpr Instant at(int64_t ms) {
  return Instant{ms * 1'000'000};
}
constexpr Patience kPatience{std::chrono::milliseconds(200), std::chrono::milliseconds(100), std::chrono::milliseconds(5000)};

TEST(SentenceTest, ALeaseThatIsNotRenewedAsksInTimeAndKillsBeforeItsEnd) {
  Sentence sentence(kPatience);
  EXPECT_EQ(sentence.wake_at(at(1000)), at(700));
  EXPECT_EQ(sentence.due(at(699), at(1000)), Deed::kNothing);
  EXPECT_FALSE(sentence.out_of_time());
  EXPECT_EQ(sentence.due(at(700), at(1000)), Deed::kTerminate);
  EXPECT_TRUE(sentence.out_of_time());
  EXPECT_EQ(sentence.due(at(710), at(1000)), Deed::kNothing);
  EXPECT_EQ(sentence.wake_at(at(1000)), at(900));
  EXPECT_EQ(sentence.due(at(900), at(1000)), Deed::kKill);
  EXPECT_EQ(sentence.due(at(905), at(1000)), Deed::kKill);
}

TEST(SentenceTest, ARenewalPutsItOff) {
  Sentence sentence(kPatience);
  EXPECT_EQ(sentence.due(at(699), at(1000)), Deed::kNothing);
  EXPECT_EQ(sentence.due(at(900), at(1500)), Deed::kNothing);
}

TEST(SentenceTest, WhoIsLateKillsAtOnce) {
  Sentence sentence(kPatience);
  EXPECT_EQ(sentence.due(at(950), at(1000)), Deed::kKill);
}

TEST(SentenceTest, AnOrderlyEndMayTakeLongerWhileTheLeaseGoesOn) {
  Sentence sentence(kPatience);
  sentence.end(at(100), kPatience.orderly);
  EXPECT_EQ(sentence.due(at(100), at(1000)), Deed::kTerminate);
  EXPECT_EQ(sentence.due(at(4000), at(4500)), Deed::kNothing);
  EXPECT_EQ(sentence.due(at(5100), at(5600)), Deed::kKill);
}

TEST(SentenceTest, AndNoLongerThanTheLease) {
  Sentence sentence(kPatience);
  sentence.end(at(100), kPatience.orderly);
  EXPECT_EQ(sentence.due(at(100), at(1000)), Deed::kTerminate);
  EXPECT_EQ(sentence.due(at(899), at(1000)), Deed::kNothing);
  EXPECT_EQ(sentence.due(at(900), at(1000)), Deed::kKill);
}

}  // namespace
}  // namespace baton::lead
