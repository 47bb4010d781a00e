// What would become of the partitions if brokers died, and that a real death agrees.
#include "controller/decision/what_if.h"

#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

// One cluster with topics of three, two and one replicas.
struct Asked {
  Asked() {
    world_.create("three", 3, {brokers({1, 2, 3}), brokers({2, 3, 1}), brokers({3, 1, 2})});
    world_.create("two", 1, {brokers({1, 2})});
    world_.create("one", 1, {brokers({1})});
  }
  std::vector<PartitionFate> ask(std::set<BrokerId> dead) {
    world_.forget();
    world_.feed(WhatIfRequested{++world_.request_, std::move(dead)});
    return std::get<std::vector<PartitionFate>>(world_.said<Reply>().at(0).answer);
  }

  World world_;
};

class WhatIf : public testing::Test, protected Asked {};

TEST_F(WhatIf, ADeathChangesWhatTheBrokerLedOrWasInSyncFor) {
  int offline = 0, short_of = 0, led_anew = 0;
  for (const auto& [topic, fate] : ask({BrokerId(1)})) {
    offline += fate.goes_offline();
    short_of += fate.goes_under_minimum();
    led_anew += fate.after.leader != fate.before.leader && !fate.offline();
  }
  EXPECT_EQ(offline, 1) << "the one that has no other replica";
  EXPECT_EQ(short_of, 2) << "that one, and the one with two replicas, whose minimum is two";
  EXPECT_EQ(led_anew, 2);
}

TEST_F(WhatIf, NothingIsWrittenForAQuestion) {
  ask({BrokerId(1), BrokerId(2)});
  EXPECT_TRUE(world_.said<Write>().empty());
  EXPECT_EQ(world_.partition("three", 0).leader, BrokerId(1));
}

TEST_F(WhatIf, ARealDeathAgrees) {
  for (const std::set<BrokerId>& dead : {std::set{BrokerId(1)}, {BrokerId(2)}, {BrokerId(1), BrokerId(3)}, {BrokerId(2), BrokerId(3)}}) {
    Asked again;
    const std::vector<PartitionFate> predicted = again.ask(dead);
    EXPECT_FALSE(predicted.empty());
    again.world_.by_hand();
    for (BrokerId id : dead) again.world_.feed(DeathProven{life(id.value())});
    again.world_.confirm_all();
    for (const auto& [topic, fate] : predicted) {
      const PartitionRecord& real = again.world_.partition(topic, fate.before.key.index);
      EXPECT_EQ(real.leader, fate.after.leader) << topic << fate.before.key.index;
      EXPECT_EQ(real.isr, fate.after.isr) << topic << fate.before.key.index;
      EXPECT_EQ(real.eligible, fate.after.eligible) << topic << fate.before.key.index;
    }
  }
}

TEST_F(WhatIf, WhoIsDeadAlreadyChangesNothing) {
  world_.feed(DeathProven{life(3)});
  EXPECT_TRUE(ask({BrokerId(3)}).empty());
}

}  // namespace
}  // namespace baton::decision
