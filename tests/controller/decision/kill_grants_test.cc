#include "controller/decision/kill_grants.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace baton::decision {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Victim victim(int id) {
  SystemRandom random;
  return {BrokerId(id), Incarnation(Uuid::random(random))};
}

KillFacts registered() {
  return {.registered = true};
}

class KillGrantsTest : public testing::Test {
 protected:
  static constexpr KillGrantsConfig kConfig{.valid = milliseconds(150), .drift = milliseconds(3), .return_wait = seconds(10)};
  Instant began{1'000'000'000'000};
  Instant now = began + seconds(60);
  KillGrants grants{kConfig, began};
  Victim one = victim(1), two = victim(2);
};

TEST_F(KillGrantsTest, ARegisteredLifeIsGranted) {
  EXPECT_TRUE(grants.ask(now, one, registered()).granted);
  EXPECT_EQ(grants.holder(), one);
}

TEST_F(KillGrantsTest, AnotherLifeIsNot) {
  EXPECT_FALSE(grants.ask(now, one, {.registered = false}).granted);
  EXPECT_EQ(grants.holder(), std::nullopt);
}

TEST_F(KillGrantsTest, TheLastOfAnIsrIsNot) {
  KillFacts facts = registered();
  facts.last_of = PartitionKey{};
  EXPECT_FALSE(grants.ask(now, one, facts).granted);
}

TEST_F(KillGrantsTest, NobodyIsWhileAnIsrMayBeChanging) {
  KillFacts facts = registered();
  facts.writing = true;
  EXPECT_FALSE(grants.ask(now, one, facts).granted);
}

TEST_F(KillGrantsTest, NobodyIsWhileTheStoreIsAway) {
  KillFacts facts = registered();
  facts.store_away = true;
  EXPECT_FALSE(grants.ask(now, one, facts).granted);
}

TEST_F(KillGrantsTest, OneAtATimeUntilTheGrantHasRunOutOnTheSlowestClock) {
  ASSERT_TRUE(grants.ask(now, one, registered()).granted);
  EXPECT_FALSE(grants.ask(now + milliseconds(152), two, registered()).granted);
  EXPECT_TRUE(grants.ask(now + milliseconds(153), two, registered()).granted);
}

TEST_F(KillGrantsTest, WhoAsksAgainGetsItAgainAndHoldsItForLonger) {
  ASSERT_TRUE(grants.ask(now, one, registered()).granted);
  ASSERT_TRUE(grants.ask(now + milliseconds(100), one, registered()).granted);
  EXPECT_FALSE(grants.ask(now + milliseconds(200), two, registered()).granted);
}

TEST_F(KillGrantsTest, AReturnedGrantIsFreeAtOnce) {
  ASSERT_TRUE(grants.ask(now, one, registered()).granted);
  grants.returned(two);  // not its to return
  EXPECT_FALSE(grants.ask(now, two, registered()).granted);
  grants.returned(one);
  EXPECT_TRUE(grants.ask(now, two, registered()).granted);
}

TEST_F(KillGrantsTest, AKilledBrokerIsWaitedFor) {
  ASSERT_TRUE(grants.ask(now, one, registered()).granted);
  KillFacts facts = registered();
  facts.holder = HolderLife::kGone;
  EXPECT_FALSE(grants.ask(now + seconds(5), two, facts).granted);
  facts.holder = HolderLife::kBack;
  EXPECT_TRUE(grants.ask(now + seconds(5), two, facts).granted);
}

TEST_F(KillGrantsTest, AKilledBrokerIsNotWaitedForForEver) {
  ASSERT_TRUE(grants.ask(now, one, registered()).granted);
  KillFacts facts = registered();
  facts.holder = HolderLife::kGone;
  EXPECT_FALSE(grants.ask(now + seconds(10), two, facts).granted);
  EXPECT_TRUE(grants.ask(now + milliseconds(10'153), two, facts).granted);
}

TEST_F(KillGrantsTest, WhoBeginsToRuleWaitsUntilTheFormerControllersGrantsAreOver) {
  KillGrants fresh(kConfig, now);
  EXPECT_FALSE(fresh.ask(now + milliseconds(152), one, registered()).granted);
  EXPECT_TRUE(fresh.ask(now + milliseconds(153), one, registered()).granted);
}

PartitionRecord partition(std::vector<int> isr, std::vector<int> eligible = {}) {
  PartitionRecord record;
  for (int id : isr) record.isr.push_back(BrokerId(id));
  for (int id : eligible) record.eligible.push_back(BrokerId(id));
  return record;
}

bool last(const PartitionRecord& record, int id, const std::set<int>& could_lead) {
  return last_that_could_lead(record, BrokerId(id), [&](BrokerId each) { return could_lead.contains(each.value()); });
}

TEST(LastThatCouldLead, AnotherMemberOfTheIsrMustBeAbleTo) {
  EXPECT_FALSE(last(partition({1, 2, 3}), 1, {1, 2, 3}));
  EXPECT_FALSE(last(partition({1, 2, 3}), 1, {3}));
  EXPECT_TRUE(last(partition({1, 2, 3}), 1, {1}));
  EXPECT_TRUE(last(partition({1}), 1, {1, 2, 3}));
}

TEST(LastThatCouldLead, WhoHasNoPartInItIsNotNeeded) {
  EXPECT_FALSE(last(partition({2}), 1, {2}));
  EXPECT_FALSE(last(partition({2}), 1, {}));
}

TEST(LastThatCouldLead, AnEligibleOneDoesNotReplaceTheLastOfTheIsr) {
  EXPECT_TRUE(last(partition({1}, {2}), 1, {1, 2}));
}

TEST(LastThatCouldLead, AnEligibleOneIsNeededWhereNobodyElseOfBothIsThere) {
  EXPECT_TRUE(last(partition({2}, {1}), 1, {1}));
  EXPECT_FALSE(last(partition({2}, {1}), 1, {1, 2}));
  EXPECT_FALSE(last(partition({2}, {1, 3}), 1, {3}));
}

}  // namespace
}  // namespace baton::decision
