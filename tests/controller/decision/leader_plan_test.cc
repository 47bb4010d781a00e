// What a plan looks at, counted by the questions that it asks; what it wishes is told by the tests of moves and of the balance.
#include "controller/decision/leader_plan.h"

#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

constexpr int kPartitions = 50'000;

TopicId topic() {
  TopicId id;
  id.bytes[0] = 1;
  return id;
}

class LeaderPlan : public testing::Test {
 protected:
  LeaderPlan() {
    config_.automatic = true;
    for (int index = 0; index < kPartitions; ++index) put(index, {1 + index % 3, 1 + (index + 1) % 3, 1 + (index + 2) % 3}, 1 + index % 3);
  }
  void put(int index, std::initializer_list<int> replicas, int leader) {
    PartitionRecord record;
    record.key = {topic(), index};
    record.replicas = record.isr = brokers(replicas);
    record.leader = BrokerId(leader);
    table_.put(index / PageTable::kPartitionsPerPage, record);
  }
  std::vector<MoveWish> plan(bool periodic = true) {
    looked_at_ = loads_asked_ = 0;
    const PlanInput input{table_,
                          orders_,
                          gate_,
                          config_,
                          [this](const PartitionKey& key, BrokerId id) {
                            ++looked_at_;
                            ReplicaStanding standing;
                            standing.member = standing.streaming = standing.electable = standing.clean = true;
                            standing.avoided = orders_.avoids(key, id, now_) || id == slow_;
                            standing.slow = id == slow_;
                            return standing;
                          },
                          [](TopicId) { return 2; },
                          [this](const PartitionKey&) {
                            ++loads_asked_;
                            return int64_t{0};
                          },
                          brokers({1, 2, 3}),
                          now_,
                          periodic};
    return plan_moves(input);
  }
  // A partition is asked about once for each of its replicas, a few times over.
  void expect_looked_at_most_at(int partitions) { EXPECT_LE(looked_at_, 3 + 20 * partitions); }

  PageTable table_;
  Orders orders_;
  ReturnGate gate_{ms(300)};
  BalanceConfig config_;
  BrokerId slow_;
  Instant now_{std::chrono::hours(1) / std::chrono::nanoseconds(1)};
  int looked_at_ = 0;
  int loads_asked_ = 0;
};

TEST_F(LeaderPlan, WhereAllStandsWellNoPartitionIsLookedAt) {
  EXPECT_TRUE(plan().empty());
  expect_looked_at_most_at(0);
  config_.by_load = true;
  EXPECT_TRUE(plan(/*periodic=*/false).empty());
  expect_looked_at_most_at(0);
  EXPECT_EQ(loads_asked_, 0);
}

TEST_F(LeaderPlan, ThoseThatOthersLeadAreLookedAt) {
  put(7, {1, 2, 3}, 2);
  put(40'000, {3, 1, 2}, 1);
  const auto wishes = plan(/*periodic=*/false);
  ASSERT_EQ(wishes.size(), 2U);
  EXPECT_EQ(wishes[0].key.index, 7);
  EXPECT_EQ(wishes[0].to, BrokerId(1));
  EXPECT_EQ(wishes[1].key.index, 40'000);
  EXPECT_EQ(wishes[1].to, BrokerId(3));
  expect_looked_at_most_at(2);
}

TEST_F(LeaderPlan, ThoseThatAnOrderNamesAreLookedAt) {
  orders_.holds[{topic(), 3}] = {BrokerId(2)};
  orders_.bars[{topic(), 5}] = {BrokerId(3)};
  const auto wishes = plan();
  ASSERT_EQ(wishes.size(), 2U);
  EXPECT_EQ(wishes[0].key.index, 3);
  EXPECT_EQ(wishes[0].to, BrokerId(2));
  EXPECT_EQ(wishes[1].key.index, 5);
  EXPECT_EQ(wishes[1].to, BrokerId());
  expect_looked_at_most_at(2);
}

TEST_F(LeaderPlan, AllThatOneLeadsWhoIsToBeAvoidedAreLookedAt) {
  config_.at_once = kPartitions;
  orders_.brokers[BrokerId(2)] = BrokerOrder::kDrain;
  for (const MoveWish& wish : plan()) ASSERT_EQ(wish.cause, MoveCause::kDrain);
  EXPECT_EQ(plan().size(), static_cast<size_t>(table_.preferred().at(BrokerId(2))));
  orders_ = {};
  slow_ = BrokerId(3);
  for (const MoveWish& wish : plan()) ASSERT_EQ(wish.cause, MoveCause::kSlow);
  EXPECT_EQ(plan().size(), static_cast<size_t>(table_.preferred().at(BrokerId(3))));
}

TEST_F(LeaderPlan, AnOrderAboutNothingThereChangesNothing) {
  for (int index = 0; index < kPartitions; index += 97) put(index, {1, 2, 3}, 2 + index % 2);
  auto as_told = [](const std::vector<MoveWish>& wishes) {
    std::vector<std::pair<PartitionKey, BrokerId>> told;
    for (const MoveWish& wish : wishes) told.emplace_back(wish.key, wish.to);
    return told;
  };
  const auto before = as_told(plan());
  EXPECT_FALSE(before.empty());
  orders_.bars[{TopicId(), 1}] = {BrokerId(1)};
  EXPECT_EQ(as_told(plan()), before);
}

}  // namespace
}  // namespace baton::decision
