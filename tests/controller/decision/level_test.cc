// The level of the metadata's forms: when it rises, who keeps it from rising, and that it never falls.
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

// What the controller wants to store of the level; 0: nothing.
int32_t wanted(const Decisions& decisions) {
  for (const Decision& decision : decisions) {
    const auto* write = std::get_if<Write>(&decision);
    const auto* level = write == nullptr ? nullptr : std::get_if<PutMetadataVersion>(&write->changes.front());
    if (level == nullptr) continue;
    EXPECT_EQ(write->changes.size(), 1u) << "by itself: what goes with it would be of the form before";
    return level->level;
  }
  return 0;
}

TEST(MetadataLevel, RisesWhenAllHaveKnownMoreForAMoment) {
  MetadataLevel level(2, ms(1000));
  level.load(1, false);
  level.see(Instant{1}, {1, 2, 2});
  EXPECT_FALSE(level.due(Instant{1} + ms(60'000)));
  EXPECT_EQ(level.next_deadline(), Instant::never());
  const Instant at{5'000'000'000};
  level.see(at, {2, 2, 2});
  EXPECT_FALSE(level.due(at + ms(999)));
  EXPECT_EQ(level.next_deadline(), at + ms(1000));
  EXPECT_EQ(level.due(at + ms(1000)), 2);
  EXPECT_EQ(level.value(), 1) << "not before it stands";
  level.raised(2);
  EXPECT_EQ(level.value(), 2);
  EXPECT_TRUE(level.at_the_top());
  EXPECT_FALSE(level.due(at + ms(9000)));
}

TEST(MetadataLevel, TheMomentBeginsAnewWhenSomebodyComesWhoKnowsLess) {
  MetadataLevel level(2, ms(1000));
  level.load(1, false);
  level.see(Instant{1}, {2, 2});
  level.see(Instant{1} + ms(900), {2, 2, 1});
  level.see(Instant{1} + ms(950), {2, 2});
  EXPECT_FALSE(level.due(Instant{1} + ms(1000)));
  EXPECT_EQ(level.due(Instant{1} + ms(1950)), 2);
}

TEST(MetadataLevel, OnlyRises) {
  MetadataLevel level(2, ms(1000));
  level.load(2, false);
  level.see(Instant{1}, {1});
  EXPECT_FALSE(level.due(Instant{1} + ms(60'000)));
  level.raised(1);
  EXPECT_EQ(level.value(), 2);
}

TEST(MetadataLevel, ANewClusterBeginsAtOnceWithWhatAllKnow) {
  MetadataLevel all(2, ms(1000));
  all.load(0, true);
  all.see(Instant{1}, {2, 2});
  EXPECT_EQ(all.due(Instant{1}), 2);
  MetadataLevel some(2, ms(1000));
  some.load(0, true);
  some.see(Instant{1}, {2, 1});
  EXPECT_EQ(some.due(Instant{1}), 1);
}

TEST(MetadataLevel, AClusterFromBeforeThereWereLevelsIsOfTheFirst) {
  MetadataLevel level(2, ms(1000));
  level.load(0, false);
  level.see(Instant{1}, {2, 2});
  EXPECT_EQ(level.value(), 1);
  EXPECT_FALSE(level.due(Instant{1}));
  EXPECT_EQ(level.due(Instant{1} + ms(1000)), 2);
}

// ---- asked by the controller ------------------------------------------------------------------------------------------------

class Level : public ::testing::Test {
 protected:
  static ControllerConfig config() {
    ControllerConfig config = World::config(2);
    config.level_moment = ms(500);
    return config;
  }
  // Three brokers and a candidate that is none, with a topic on brokers 1 and 2, stored at the first version.
  void load(std::vector<int32_t> brokers, int32_t candidate) {
    Loaded loaded;
    loaded.metadata_version = 1;
    TopicRecord topic{"t", TopicId(Uuid::random(random)), {}, 1, 1, false};
    PartitionRecord record;
    record.key = {topic.id, 0};
    record.replicas = record.isr = {BrokerId(1), BrokerId(2)};
    record.leader = BrokerId(1);
    loaded.table.put(0, record);
    loaded.topics.push_back(topic);
    for (size_t i = 0; i < brokers.size(); ++i) {
      const int id = static_cast<int>(i) + 1;
      BrokerSeen seen;
      seen.registration = {BrokerId(id), life(id), {}, BrokerEpoch(100 + id), StoreVersion(id), Life::kLive, {}, brokers[i]};
      seen.id_present = true;
      registered.push_back(seen);
      loaded.brokers.push_back(seen);
    }
    loaded.candidates = {{BrokerId(9), candidate}};
    feed(loaded);
    for (const BrokerSeen& seen : registered) feed(StreamOpened{seen.registration.id, seen.registration.epoch, {}, {}, false});
  }
  int32_t feed(const Event& event) {
    const int32_t found = wanted(confirm_others(controller.step(now, event)));
    return found;
  }
  // Everything but the level is confirmed at once.
  Decisions confirm_others(Decisions decisions) {
    Decisions all = decisions;
    while (has_write(decisions) && wanted(decisions) == 0) {
      decisions = controller.step(now, WriteConfirmed{});
      all.insert(all.end(), decisions.begin(), decisions.end());
    }
    return all;
  }
  static bool has_write(const Decisions& decisions) {
    return std::any_of(decisions.begin(), decisions.end(), [](const Decision& each) { return std::holds_alternative<Write>(each); });
  }
  int32_t pass(Duration time) {
    now = now + time;
    return feed(Woken{});
  }

  SeededRandom random{1};
  Controller controller{config(), random};
  Instant now{1'000'000'000};
  std::vector<BrokerSeen> registered;
};

TEST_F(Level, RisesAloneInItsWriteAndIsToldWhenItStands) {
  load({2, 2, 2}, 2);
  EXPECT_EQ(pass(ms(499)), 0);
  EXPECT_EQ(pass(ms(1)), 2);
  EXPECT_EQ(controller.level().value(), 1);
  const Decisions told = controller.step(now, WriteConfirmed{});
  EXPECT_EQ(controller.level().value(), 2);
  EXPECT_TRUE(std::any_of(told.begin(), told.end(), [](const Decision& each) {
    const auto* publish = std::get_if<Publish>(&each);
    return publish != nullptr && publish->metadata_version == 2;
  }));
}

TEST_F(Level, ABrokerThatKnowsLessHoldsIt) {
  load({2, 1, 2}, 2);
  EXPECT_EQ(pass(ms(5000)), 0);
  BrokerSeen newer = registered[1];
  newer.registration.predecessor = newer.registration.incarnation;
  newer.registration.incarnation = life(22);
  newer.registration.epoch = BrokerEpoch(222);
  newer.registration.metadata_version = 2;
  EXPECT_EQ(feed(newer), 0);
  EXPECT_EQ(pass(ms(500)), 2);
}

TEST_F(Level, ACandidateThatKnowsLessHoldsIt) {
  load({2, 2, 2}, 1);
  EXPECT_EQ(pass(ms(5000)), 0);
  EXPECT_EQ(feed(CandidatesSeen{{{BrokerId(9), 2}}}), 0);
  EXPECT_EQ(pass(ms(500)), 2);
}

TEST_F(Level, WhoIsDownHoldsItAsLongAsReplicasWaitForHim) {
  load({2, 1, 1}, 2);
  for (const int id : {2, 3}) {
    BrokerSeen dead = registered[static_cast<size_t>(id - 1)];
    dead.registration.life = Life::kTombstoneProven;
    dead.id_present = false;
    feed(dead);
  }
  EXPECT_EQ(pass(ms(5000)), 0) << "2 has a replica";
}

TEST_F(Level, WhoIsDownAndHoldsNothingIsNotWaitedFor) {
  load({2, 2, 1}, 2);
  BrokerSeen dead = registered[2];
  dead.registration.life = Life::kTombstoneProven;
  dead.id_present = false;
  feed(dead);
  EXPECT_EQ(pass(ms(500)), 2);
}

}  // namespace
}  // namespace baton::decision
