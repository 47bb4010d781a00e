// How long a broker tries to leave in good order: pure, and once with a whole broker whose controller is gone.
#include "broker/leaving.h"

#include <filesystem>

#include "tests/broker/server/alone.h"

namespace baton {
namespace {

using Next = Leaving::Next;
constexpr Instant kStart{1'000'000'000};

Instant after(int64_t ms) {
  return kStart + std::chrono::milliseconds(ms);
}

TEST(Leaving, WithoutAnyControllerItIsOverAfterThreeSeconds) {
  Leaving leaving(kStart);
  EXPECT_EQ(leaving.until(), after(3000));
}

TEST(Leaving, EachAnswerGivesTheControllerThreeSecondsMore) {
  Leaving leaving(kStart);
  leaving.answered(after(2000), 1);
  EXPECT_EQ(leaving.until(), after(5000)) << "it was there: another may be elected";
  leaving.answered(after(4000), 1);
  EXPECT_EQ(leaving.until(), after(7000));
}

TEST(Leaving, IsOverAfterTenSecondsWhateverIsAnswered) {
  Leaving leaving(kStart);
  for (int ms = 0; ms < 9990; ms += 10) leaving.answered(after(ms), 1);
  EXPECT_EQ(leaving.until(), after(10'000));
}

TEST(Leaving, GoesAsSoonAsNothingIsLed) {
  Leaving leaving(kStart);
  EXPECT_EQ(leaving.answered(after(10), 0), Next::kGo);
}

TEST(Leaving, GivesItsWordAtOnceAndAgainOnceASecond) {
  Leaving leaving(kStart);
  EXPECT_EQ(leaving.answered(after(1), 3), Next::kYield);
  EXPECT_EQ(leaving.answered(after(11), 2), Next::kAskAgain);
  EXPECT_EQ(leaving.answered(after(1000), 2), Next::kAskAgain);
  EXPECT_EQ(leaving.answered(after(1001), 2), Next::kYield);
  EXPECT_EQ(leaving.answered(after(1011), 0), Next::kGo);
}

using LeavingTest = AloneTest;

TEST_F(LeavingTest, ABrokerWhoseControllerNeverAnswersLeavesAllTheSame) {
  create("t");
  EXPECT_EQ(produce("t", batch_of({"kept"})).error_code, ErrorCode::kNone);
  fake_manager::ignore_controlled_shutdown();
  SystemClock clock;
  const Instant before = clock.now();
  broker_->shut_down();
  EXPECT_GE(clock.now() - before, Leaving::kControllerWait) << "a controller may be elected meanwhile";
  broker_.reset();
  EXPECT_TRUE(std::filesystem::exists(directory_ / "data/closed-in-order")) << "it left in good order";
}

}  // namespace
}  // namespace baton
