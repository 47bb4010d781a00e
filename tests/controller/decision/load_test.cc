// Leaderships by load, and away from slow brokers: the policies by themselves, and a controller that goes by them.
#include "controller/decision/policy_load.h"
#include "controller/decision/slow_brokers.h"
#include "tests/controller/decision/orderly.h"

namespace baton::decision {
namespace {

using std::chrono::seconds;

constexpr Instant kStart{1'000'000'000'000};
constexpr int64_t kMB = 1'000'000;

PartitionKey key(int index) {
  return {TopicId(Uuid::from_bytes("0123456789abcdef")), index};
}

// Broker 1 leads partitions of these loads; 2 and 3 could take over each.
std::vector<LoadedPartition> led_by_1(const std::vector<int64_t>& loads) {
  std::vector<LoadedPartition> partitions;
  for (int64_t load : loads)
    partitions.push_back({key(static_cast<int>(partitions.size())), BrokerId(1), {BrokerId(2), BrokerId(3)}, load});
  return partitions;
}

std::map<int, int> told(const std::vector<LoadBalance::Move>& moves) {
  std::map<int, int> to;
  for (const auto& move : moves) to[move.key.index] = move.to.value();
  return to;
}

std::map<BrokerId, int64_t> loads(int64_t of_1, int64_t of_2, int64_t of_3) {
  return {{BrokerId(1), of_1}, {BrokerId(2), of_2}, {BrokerId(3), of_3}};
}

using Moves = std::map<int, int>;

TEST(LoadBalance, TheHeaviestGoFirstToWhoCarriesLeast) {
  LoadBalance balance(loads(90, 20, 10), 10);
  EXPECT_EQ(told(balance.spread(led_by_1({10, 30, 50}), 100)), (Moves{{1, 3}, {0, 2}})) << "50 would only swap the loads";
}

TEST(LoadBalance, WithinTheThresholdNothingMoves) {
  LoadBalance balance(loads(109, 100, 91), 10);
  EXPECT_TRUE(balance.spread(led_by_1({1, 2, 3}), 100).empty());
}

TEST(LoadBalance, WhatWouldOnlySwapTheLoadsStays) {
  LoadBalance balance(loads(100, 0, 0), 10);
  EXPECT_TRUE(balance.spread(led_by_1({100}), 100).empty()) << "one heavy partition is as heavy anywhere";
}

TEST(LoadBalance, AMoveThatIsMadeCountsForTheNext) {
  LoadBalance balance(loads(60, 0, 0), 10);
  EXPECT_EQ(told(balance.spread(led_by_1({10, 10, 10, 10, 10, 10}), 100)), (Moves{{0, 2}, {1, 3}, {2, 2}, {3, 3}}));
  EXPECT_EQ(balance.spread(led_by_1({10, 10}), 100).size(), 0u) << "they have met";
}

TEST(LoadBalance, NoMoreThanTheLimit) {
  LoadBalance balance(loads(60, 0, 0), 10);
  EXPECT_EQ(balance.spread(led_by_1({10, 10, 10, 10, 10, 10}), 2).size(), 2u);
}

TEST(LoadBalance, OnlyHeirsGetAnything) {
  LoadBalance balance(loads(60, 0, 0), 10);
  auto partitions = led_by_1({20});
  partitions[0].heirs.clear();
  EXPECT_TRUE(balance.spread(partitions, 100).empty());
  partitions[0].heirs = {BrokerId(9)};
  EXPECT_TRUE(balance.spread(partitions, 100).empty()) << "it may not lead now";
}

// What was taken from a broker for its load must not come back by being preferred.
TEST(LoadBalance, APreferredReplicaGetsBackWhatItCanCarry) {
  LoadBalance balance(loads(60, 30, 30), 10);
  EXPECT_FALSE(balance.give_back(BrokerId(2), BrokerId(1), 20)) << "50 is above the mean of 40 and a twentieth";
  EXPECT_TRUE(balance.give_back(BrokerId(2), BrokerId(1), 10));
  EXPECT_FALSE(balance.give_back(BrokerId(2), BrokerId(1), 10)) << "the one before counts";
  EXPECT_TRUE(balance.give_back(BrokerId(2), BrokerId(1), 0)) << "what is idle always may";
  EXPECT_FALSE(balance.give_back(BrokerId(9), BrokerId(1), 0)) << "it may not lead now";
}

TEST(LoadBook, AFigureStandsUntilNobodyConfirmsIt) {
  LoadBook book;
  book.note({{key(0), 5}, {key(1), 7}}, kStart);
  book.note({{key(1), 0}}, kStart + seconds(1));
  EXPECT_EQ(book.load(key(0), kStart + seconds(149)), 5);
  EXPECT_EQ(book.load(key(1), kStart + seconds(2)), 0);
  EXPECT_EQ(book.load(key(0), kStart + seconds(150)), 0);
  book.forget_old(kStart + seconds(150));
  EXPECT_EQ(book.size(), 0u);
}

class Slow : public testing::Test {
 protected:
  // Each broker says so once in five seconds, for so long; whose figure is not named takes a millisecond. How often something changed.
  int report(const std::map<int, std::optional<Duration>>& appends, int for_seconds) {
    int changes = 0;
    for (int at = 0; at < for_seconds; at += 5) {
      for (int id = 1; id <= brokers_; ++id) {
        auto own = appends.find(id);
        changes += slow_.note(BrokerId(id), 0, own == appends.end() ? std::optional<Duration>(ms(1)) : own->second, now_);
      }
      now_ = now_ + seconds(5);
    }
    return changes;
  }
  bool slow(int id) { return slow_.slow(BrokerId(id)); }

  int brokers_ = 3;
  Instant now_ = kStart;
  SlowBrokers slow_{ms(50)};
};

TEST_F(Slow, IsWhoTakesMuchLongerThanTheOthersForAWhile) {
  EXPECT_EQ(report({{2, ms(80)}}, 10), 0) << "not yet";
  EXPECT_EQ(report({{2, ms(80)}}, 5), 1);
  EXPECT_TRUE(slow(2));
  EXPECT_FALSE(slow(1));
}

TEST_F(Slow, AMomentIsNoReason) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(report({{2, ms(80)}}, 10) + report({}, 5), 0);
}

TEST_F(Slow, NobodyIsWhereAllAreBusy) {
  EXPECT_EQ(report({{1, ms(300)}, {2, ms(900)}, {3, ms(400)}}, 60), 0);
}

TEST_F(Slow, NobodyIsBelowTheFloor) {
  EXPECT_EQ(report({{2, ms(49)}}, 60), 0);
}

TEST_F(Slow, OnlyAMinorityEver) {
  brokers_ = 5;
  EXPECT_EQ(report({{1, ms(100)}, {2, ms(100)}, {3, ms(1)}, {4, ms(1)}, {5, ms(1)}}, 30), 2);
  report({{1, ms(100)}, {2, ms(100)}, {5, ms(100)}}, 30);
  EXPECT_FALSE(slow(5)) << "two of five are enough";
  brokers_ = 2;
  SlowBrokers of_two(ms(50));
  slow_ = of_two;
  EXPECT_EQ(report({{1, ms(100)}}, 60), 0) << "one of two is no minority";
}

TEST_F(Slow, IsTriedAgainAfterAMinuteAndThenAfterTwo) {
  report({{2, ms(80)}}, 15);
  ASSERT_TRUE(slow(2));
  report({{2, std::nullopt}}, 55);
  EXPECT_TRUE(slow(2)) << "a minute is not over since it was last seen slow";
  report({{2, std::nullopt}}, 5);
  EXPECT_FALSE(slow(2)) << "it is used for nothing, so it shows nothing";
  report({{2, ms(80)}}, 15);
  ASSERT_TRUE(slow(2));
  report({{2, std::nullopt}}, 115);
  EXPECT_TRUE(slow(2));
  report({{2, std::nullopt}}, 10);
  EXPECT_FALSE(slow(2));
}

TEST_F(Slow, ItsSlowestShardCounts) {
  for (int i = 0; i < 4; ++i) {
    report({}, 5);
    slow_.note(BrokerId(2), 1, ms(80), now_);
  }
  EXPECT_TRUE(slow(2));
}

TEST_F(Slow, ANewLifeBeginsAnew) {
  report({{2, ms(80)}}, 15);
  EXPECT_TRUE(slow_.forget(BrokerId(2)));
  EXPECT_FALSE(slow(2));
  EXPECT_FALSE(slow_.forget(BrokerId(2)));
}

TEST_F(Slow, AFloorOfZeroTurnsItOff) {
  slow_ = SlowBrokers(Duration(0));
  EXPECT_EQ(report({{2, ms(8000)}}, 60), 0);
}

// A controller that balances by load. Topic "u" has three partitions, all preferred and led by broker 1.
class ByLoad : public Orderly {
 protected:
  ByLoad() : Orderly(by_load()) {
    world_.create("u", 3, {brokers({1, 2, 3}), brokers({1, 2, 3}), brokers({1, 2, 3})});
    settle();
  }
  static ControllerConfig by_load() {
    ControllerConfig config = Orderly::config(true);
    config.balance.by_load = true;
    config.balance.slow_append = ms(50);
    config.balance.check_interval = seconds(20);
    return config;
  }
  void report(int id, std::vector<std::pair<int, int64_t>> loads, Duration append = ms(1)) {
    LoadReported event{BrokerId(id), epoch(BrokerId(id)), 0, {}, append};
    for (auto [index, load] : loads) event.partitions.push_back({world_.partition("u", index).key, load});
    feed(event);
  }
  std::vector<int> leaders() {
    std::vector<int> ids;
    for (int index : {0, 1, 2}) ids.push_back(world_.partition("u", index).leader.value());
    return ids;
  }
};

TEST_F(ByLoad, TheCheckSpreadsWhatIsUsedAndTheReturnLeavesItThere) {
  report(1, {{0, 10 * kMB}, {1, 10 * kMB}, {2, 10 * kMB}});
  EXPECT_EQ(leaders(), (std::vector{1, 1, 1})) << "only at the check";
  pass(seconds(20));
  EXPECT_EQ(leaders(), (std::vector{2, 3, 1}));
  for (int i = 0; i < 4; ++i) {
    report(1, {{2, 10 * kMB}});
    report(2, {{0, 10 * kMB}});
    report(3, {{1, 10 * kMB}});
    pass(seconds(20));
    EXPECT_EQ(leaders(), (std::vector{2, 3, 1})) << "1 is preferred, and would carry too much";
  }
}

TEST_F(ByLoad, WhatFallsIdleGoesBackToThePreferredReplica) {
  report(1, {{0, 10 * kMB}, {1, 10 * kMB}, {2, 10 * kMB}});
  pass(seconds(20));
  report(2, {{0, 0}});
  report(3, {{1, 0}});
  pass(seconds(20));
  EXPECT_EQ(leaders(), (std::vector{1, 1, 1}));
}

TEST_F(ByLoad, ByCountsNobodyLooksAtTheLoad) {
  World counted(3, Orderly::config(true));
  counted.create("u", 1, {brokers({1, 2, 3})});
  counted.feed(LoadReported{BrokerId(1), BrokerEpoch(101), 0, {{counted.partition("u").key, 10 * kMB}}, ms(1)});
  counted.pass(seconds(400));
  EXPECT_TRUE(counted.said<AskToYield>().empty());
}

TEST_F(ByLoad, AReportOfAFormerLifeCountsForNothing) {
  feed(LoadReported{
      BrokerId(1), BrokerEpoch(99), 0, {{world_.partition("u").key, 10 * kMB}, {world_.partition("u", 1).key, 10 * kMB}}, ms(1)});
  pass(seconds(20));
  EXPECT_EQ(leaders(), (std::vector{1, 1, 1}));
}

TEST_F(ByLoad, ASlowBrokerLeadsOnlyWhereNobodyElseCan) {
  for (int i = 0; i < 4; ++i) {
    report(2, {});
    report(3, {});
    report(1, {}, ms(100));
    pass(seconds(5));
  }
  EXPECT_EQ(leaders(), (std::vector{2, 2, 2}));
  const auto told = explain("u");
  EXPECT_EQ(told.at(BrokerId(1)), "does not lead: its broker is slow");
  feed(DeathProven{life(2)});
  EXPECT_EQ(leaders(), (std::vector{3, 3, 3}));
  feed(DeathProven{life(3)});
  EXPECT_EQ(leaders(), (std::vector{1, 1, 1})) << "better it than nobody";
}

}  // namespace
}  // namespace baton::decision
