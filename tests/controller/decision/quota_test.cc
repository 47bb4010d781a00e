// controller.mutation.rate (KIP-599).
#include "controller/decision/mutation_quota.h"
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

constexpr Instant kStart{1'000'000'000};

TEST(MutationQuota, NothingIsLimitedUnlessARateIsSet) {
  MutationQuota quota;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(quota.charge("a", true, 10'000, kStart).admitted);
  EXPECT_EQ(quota.clients(), 0u);
}

TEST(MutationQuota, AdmitsWhileTheBucketIsNotOverdrawnThenRefusesUntilItHasFilled) {
  MutationQuota quota;
  quota.set_rate(10);
  // However large one is, it is admitted: the debt is what the next one waits for.
  const auto first = quota.charge("a", true, 210, kStart);
  EXPECT_TRUE(first.admitted);
  EXPECT_EQ(first.throttle, Duration(std::chrono::seconds(10))) << "110 were there, 100 are owed";
  EXPECT_FALSE(quota.charge("a", true, 1, kStart + std::chrono::seconds(9)).admitted);
  EXPECT_EQ(quota.charge("a", true, 1, kStart + std::chrono::seconds(9)).throttle, Duration(std::chrono::seconds(1)));
  EXPECT_TRUE(quota.charge("b", true, 1, kStart + std::chrono::seconds(9)).admitted) << "each client has its own";
  EXPECT_TRUE(quota.charge("a", true, 1, kStart + std::chrono::seconds(10)).admitted);
}

TEST(MutationQuota, WhoDoesNotUnderstandIsLetThroughAndToldToWait) {
  MutationQuota quota;
  quota.set_rate(1);
  (void)quota.charge("old", false, 12, kStart);
  const auto second = quota.charge("old", false, 1, kStart);
  EXPECT_TRUE(second.admitted);
  EXPECT_EQ(second.throttle, Duration(std::chrono::seconds(2)));
}

TEST(MutationQuota, AnotherRateBeginsAnewAndNobodyIsRememberedForEver) {
  MutationQuota quota;
  quota.set_rate(1);
  (void)quota.charge("a", true, 100, kStart);
  EXPECT_FALSE(quota.charge("a", true, 1, kStart).admitted);
  quota.set_rate(2);
  EXPECT_TRUE(quota.charge("a", true, 1, kStart).admitted);
  for (int i = 0; i < 3000; ++i) (void)quota.charge(std::to_string(i), true, 1, kStart + std::chrono::minutes(i));
  EXPECT_LE(quota.clients(), 1001u);
}

TEST(Quota, HoldsBackOneClientsMutationsAndNobodyElses) {
  World world;
  const ConfigChange limit{{ConfigResource::kBroker, ""}, false, {{"controller.mutation.rate", ConfigOp::Kind::kSet, "1"}}};
  world.feed(ConfigsRequested{1, {limit}, false});
  const auto create = [&](const std::string& name, const MutatingClient& client) {
    world.feed(CreateRequested{++world.request_, {NewTopic{name, 12, -1, {}, {}}}, false, client});
    return world.said<Reply>().back();
  };
  const auto error = [](const Reply& reply) { return std::get<std::vector<TopicOutcome>>(reply.answer).at(0).error.code; };
  const MutatingClient eager{"eager", true};
  const Reply first = create("a", eager);
  EXPECT_EQ(error(first), ErrorCode::kNone);
  EXPECT_EQ(first.throttle, Duration(std::chrono::seconds(1)));
  EXPECT_EQ(error(create("b", eager)), ErrorCode::kThrottlingQuotaExceeded);
  EXPECT_EQ(error(create("b", {"other", true})), ErrorCode::kNone);
  EXPECT_EQ(error(create("c", {})), ErrorCode::kNone) << "a broker's own wish";
  world.feed(DeleteRequested{++world.request_, {TopicChoice{"a", {}}}, eager});
  EXPECT_EQ(error(world.said<Reply>().back()), ErrorCode::kThrottlingQuotaExceeded);
  world.feed(GrowRequested{++world.request_, {{"a", 13, {}}}, false, eager});
  EXPECT_EQ(error(world.said<Reply>().back()), ErrorCode::kThrottlingQuotaExceeded);
  world.pass(ms(1000));
  world.feed(DeleteRequested{++world.request_, {TopicChoice{"a", {}}}, eager});
  EXPECT_EQ(error(world.said<Reply>().back()), ErrorCode::kNone);
}

}  // namespace
}  // namespace baton::decision
