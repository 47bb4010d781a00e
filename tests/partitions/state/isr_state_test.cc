#include "partitions/state/isr_state.h"

#include <gtest/gtest.h>

#include "tests/partitions/state/builders.h"

namespace baton {
namespace {

using testing::at_ms;
using testing::brokers;
using testing::leadership;
using testing::members;
using Settlement = IsrState::Settlement;

constexpr ControllerEpoch kController{7};

PartitionState state(int32_t partition_epoch, std::initializer_list<int32_t> isr) {
  return leadership(1, 5, partition_epoch, isr).state;
}

class IsrStateTest : public ::testing::Test {
 protected:
  IsrResponse answer(ErrorCode error) const { return {.attempt = request.attempt, .controller_epoch = kController, .error = error}; }

  IsrState isr{state(10, {1, 2})};
  IsrRequest request;

  void expand_by_three() {
    isr.propose(members({1, 2, 3}));
    request = *isr.take_request(at_ms(0));
  }
};

TEST_F(IsrStateTest, PendingMembersCountFromTheMomentTheyAreAskedFor) {
  EXPECT_EQ(isr.maximal(), brokers({1, 2}));
  expand_by_three();
  EXPECT_EQ(isr.maximal(), brokers({1, 2, 3}));
  EXPECT_EQ(isr.committed().isr, brokers({1, 2}));
  EXPECT_EQ(request.partition_epoch, PartitionEpoch(10));
  EXPECT_EQ(request.isr, members({1, 2, 3}));
}

TEST_F(IsrStateTest, APendingShrinkStillCountsOnWhoeverLeaves) {
  isr.propose(members({1}));
  EXPECT_EQ(isr.maximal(), brokers({1, 2}));
}

TEST_F(IsrStateTest, ConfirmedByAnAnswerWithAHigherPartitionEpoch) {
  expand_by_three();
  IsrResponse yes = answer(ErrorCode::kNone);
  yes.state = state(11, {1, 2, 3});
  EXPECT_EQ(isr.on_response(yes, kController, at_ms(1)), Settlement::kConfirmed);
  EXPECT_FALSE(isr.pending());
  EXPECT_EQ(isr.committed().isr, brokers({1, 2, 3}));
}

TEST_F(IsrStateTest, ConfirmedByTheImageWhenTheAnswerIsLost) {
  expand_by_three();
  EXPECT_FALSE(isr.adopt(state(10, {1, 2})));
  EXPECT_TRUE(isr.pending());
  EXPECT_TRUE(isr.adopt(state(11, {1, 2, 3})));
  EXPECT_FALSE(isr.pending());
}

TEST_F(IsrStateTest, UnknownOutcomesSettleNothing) {
  expand_by_three();
  for (ErrorCode error : {ErrorCode::kNotController, ErrorCode::kRequestTimedOut, ErrorCode::kNetworkException,
                          ErrorCode::kInvalidUpdateVersion, ErrorCode::kFencedLeaderEpoch, ErrorCode::kUnknownTopicId}) {
    EXPECT_EQ(isr.on_response(answer(error), kController, at_ms(1)), Settlement::kOpen) << name_of(error);
    EXPECT_EQ(isr.maximal(), brokers({1, 2, 3})) << name_of(error);
  }
}

TEST_F(IsrStateTest, TheSameRequestIsRepeatedAfterAPauseWhileUnsettled) {
  expand_by_three();
  EXPECT_FALSE(isr.take_request(at_ms(1)));
  isr.on_response(answer(ErrorCode::kNotController), kController, at_ms(10));
  EXPECT_FALSE(isr.take_request(at_ms(11)));
  std::optional<IsrRequest> again = isr.take_request(at_ms(10) + IsrState::kRetryBackoff);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->isr, request.isr);
  EXPECT_GT(again->attempt, request.attempt);
}

TEST_F(IsrStateTest, ARequestWithoutAnAnswerIsRepeated) {
  expand_by_three();
  EXPECT_FALSE(isr.take_request(at_ms(0) + IsrState::kAnswerTimeout - std::chrono::milliseconds(1)));
  EXPECT_TRUE(isr.take_request(at_ms(0) + IsrState::kAnswerTimeout));
}

TEST_F(IsrStateTest, ARefusalAfterBothEpochsWereFoundCurrentDropsThePendingChange) {
  expand_by_three();
  EXPECT_EQ(isr.on_response(answer(ErrorCode::kIneligibleReplica), kController, at_ms(1)), Settlement::kRefused);
  EXPECT_EQ(isr.maximal(), brokers({1, 2}));
}

// The deposed controller refuses what its successor has stored.
TEST_F(IsrStateTest, ARefusalByADeposedControllerSettlesNothing) {
  expand_by_three();
  EXPECT_EQ(isr.on_response(answer(ErrorCode::kIneligibleReplica), kController.next(), at_ms(1)), Settlement::kOpen);
  EXPECT_EQ(isr.maximal(), brokers({1, 2, 3}));
}

TEST_F(IsrStateTest, AConfirmationByADeposedControllerSettlesNothing) {
  expand_by_three();
  IsrResponse yes = answer(ErrorCode::kNone);
  yes.state = state(11, {1, 2, 3});
  EXPECT_EQ(isr.on_response(yes, kController.next(), at_ms(1)), Settlement::kOpen);
  EXPECT_TRUE(isr.pending());
}

// The second copy may be stored after the first was refused.
TEST_F(IsrStateTest, ARefusalOfAnEarlierAttemptSaysNothingOfTheCopyUnderWay) {
  expand_by_three();
  std::optional<IsrRequest> second = isr.take_request(at_ms(0) + IsrState::kAnswerTimeout);
  ASSERT_TRUE(second);
  EXPECT_EQ(isr.on_response(answer(ErrorCode::kIneligibleReplica), kController, at_ms(3000)), Settlement::kOpen);
  EXPECT_TRUE(isr.pending());
}

TEST_F(IsrStateTest, AConfirmationOfAnEarlierAttemptIsGoodNews) {
  expand_by_three();
  ASSERT_TRUE(isr.take_request(at_ms(0) + IsrState::kAnswerTimeout));
  IsrResponse yes = answer(ErrorCode::kNone);
  yes.state = state(11, {1, 2, 3});
  EXPECT_EQ(isr.on_response(yes, kController, at_ms(3000)), Settlement::kConfirmed);
}

TEST_F(IsrStateTest, AnAnswerOfAnotherLeadershipIsIgnored) {
  expand_by_three();
  IsrResponse later = answer(ErrorCode::kNone);
  later.state = leadership(2, 6, 12, {2, 3}).state;
  EXPECT_EQ(isr.on_response(later, kController, at_ms(1)), Settlement::kOpen);
  EXPECT_EQ(isr.committed().leader, BrokerId(1));
}

}  // namespace
}  // namespace baton
