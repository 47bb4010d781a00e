// The table gives back what was put into it, whatever it is; the sweep's shorter ways lead where the rule leads; and a pass that does
// not fit into one write loses nobody.
#include "controller/decision/sweep.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t bound) { return random_.next() % bound; }
  bool chance(uint64_t one_in) { return below(one_in) == 0; }

  TopicId topic() {
    TopicId id;
    id.bytes[3] = static_cast<uint8_t>(1 + below(4));
    return id;
  }
  // Mostly ordinary; at times one of those that no slot can hold.
  PartitionRecord record() {
    PartitionRecord record;
    record.key = {topic(), static_cast<int32_t>(chance(50) ? 1'000'000 + below(10) : below(40))};
    const auto count = chance(20) ? 7 : 1 + below(4);
    while (record.replicas.size() < count) {
      const BrokerId id(static_cast<int32_t>(1 + below(9)));
      if (!contains(record.replicas, id)) record.replicas.push_back(id);
    }
    for (BrokerId id : record.replicas) {
      if (!chance(3)) {
        record.isr.push_back(id);
      } else if (chance(3)) {
        record.eligible.push_back(id);
      }
    }
    if (!record.isr.empty() && !chance(6)) record.leader = record.isr[below(record.isr.size())];
    if (chance(25)) record.isr.push_back(BrokerId(77));  // no replica
    if (chance(25)) record.adding.push_back(record.replicas.back());
    record.leader_epoch = LeaderEpoch(static_cast<int32_t>(below(100)));
    record.partition_epoch = PartitionEpoch(static_cast<int32_t>(below(100)));
    record.unclean = chance(9);
    return record;
  }
  ReplicaStanding standing() {
    ReplicaStanding at;
    at.member = !chance(3);
    at.may_still_act = !at.member && chance(3);
    at.streaming = at.member && !chance(4);
    at.electable = at.streaming && !chance(4);
    at.avoided = chance(5);
    at.clean = !chance(4);
    if (!at.clean && chance(2)) {
      at.last_epoch = LeaderEpoch(static_cast<int32_t>(below(4)));
      at.end_offset = static_cast<int64_t>(below(100));
      at.refused = chance(2);
    }
    return at;
  }

 private:
  SeededRandom random_;
};

TEST(PageTable, HoldsWhateverIsPutIntoIt) {
  Draw draw(11);
  PageTable table;
  std::map<PartitionKey, PageTable::Entry> model;
  for (int step = 0; step < 20'000; ++step) {
    const PartitionRecord record = draw.record();
    const auto page = static_cast<int32_t>(draw.below(7));
    if (draw.chance(400)) {
      table.remove_topic(record.key.topic);
      std::erase_if(model, [&](const auto& each) { return each.first.topic == record.key.topic; });
      continue;
    }
    table.put(page, record);
    auto [at, fresh] = model.try_emplace(record.key, PageTable::Entry{record, page});
    if (!fresh) at->second.record = record;  // it keeps its page
    ASSERT_EQ(table.find(record.key)->record, record);
    ASSERT_EQ(table.page_of(record.key), at->second.page);
    ASSERT_EQ(table.size(), model.size());
    if (step % 500 != 0) continue;
    std::map<BrokerId, int32_t> roles;
    std::map<BrokerId, int32_t> assigned;
    for (const auto& [key, entry] : model) {
      std::set<BrokerId> held(entry.record.isr.begin(), entry.record.isr.end());
      if (entry.record.leader != BrokerId()) held.insert(entry.record.leader);
      for (BrokerId id : held) ++roles[id];
      for (BrokerId id : entry.record.replicas) ++assigned[id];
    }
    ASSERT_EQ(table.roles(), roles);
    ASSERT_EQ(table.assigned(), assigned);
    std::map<TopicId, size_t> sizes;
    std::set<int32_t> pages;
    for (const auto& [key, entry] : model) {
      sizes[key.topic] += !table.beside(key);
      pages.insert(entry.page);
    }
    for (const auto& [topic, size] : sizes) ASSERT_EQ(table.size_of(topic), size);
    std::set<int32_t> told;
    table.each_page([&told](int32_t page) { told.insert(page); });
    ASSERT_EQ(told, pages);
    std::map<PartitionKey, PartitionRecord> seen;
    for (const auto& [key, entry] : table.entries()) seen[key] = entry.record;
    ASSERT_EQ(seen.size(), model.size());
    for (const auto& [key, entry] : model) ASSERT_EQ(seen.at(key), entry.record);
  }
}

// The rule itself is asked beside it, for a hundred thousand partitions in ever new circumstances.
TEST(Sweep, AShorterWayLeadsWhereTheRuleLeads) {
  Draw draw(12);
  int quiet = 0;
  int changed = 0;
  int rows = 0;
  for (int round = 0; round < 400; ++round) {
    PageTable table;
    for (int i = 0; i < 250; ++i) {
      PartitionRecord record = draw.record();
      put_in_order(record);
      table.put(0, record);
    }
    std::map<BrokerId, ReplicaStanding> standings;
    for (int id = 1; id <= 77; ++id) standings[BrokerId(id)] = draw.standing();
    const StandingOf standing = [&](BrokerId id) { return standings.at(id); };
    const auto minimum = static_cast<int32_t>(1 + draw.below(3));
    const bool commit = draw.chance(2);
    Sweep sweep(table);
    for (int pass = 0; pass < 2; ++pass) {
      table.each([&](const PartitionKey& key, const PageTable::Slot& slot) {
        std::optional<GivenWord> word;
        if (draw.chance(10)) word = GivenWord{{BrokerId(1), BrokerId(2)}, draw.chance(2), draw.chance(3)};
        const bool unclean = draw.chance(8);
        const PartitionRecord record = table.record(key, slot);
        auto expected = succeed(SuccessionInput{record, minimum, word, commit, unclean}, standing);
        auto became = sweep.succeed(key, slot, minimum, word, commit, unclean, standing);
        std::optional<PartitionRecord> found;
        if (auto* whole = std::get_if<PartitionRecord>(&became)) found = *whole;
        if (const auto* row = std::get_if<PageTable::Slot>(&became)) {
          ++rows;
          found = table.record(key, *row);
          for (BrokerId id : found->isr) ASSERT_TRUE(contains(record.isr, id) && standing(id).clean) << "nothing to note";
          ASSERT_EQ(row->page, slot.page);
        }
        if (expected) put_in_order(*expected);
        if (found) put_in_order(*found);
        ASSERT_EQ(found, expected);
        ++(expected ? changed : quiet);
      });
    }
  }
  EXPECT_GT(changed, 20'000);
  EXPECT_GT(quiet, 20'000);
  EXPECT_GT(rows, 1'000);
}

// More partitions than one write holds: several writes, each confirmed before the next, and nobody is left with the dead leader.
TEST(Sweep, APassThatDoesNotFitIntoOneWriteGoesOnAfterItsConfirmation) {
  World world(3, 2);
  std::vector<std::vector<BrokerId>> assignments(60'000, brokers({1, 2, 3}));
  world.create("t", 60'000, assignments);
  world.by_hand();
  world.feed(DeathProven{life(1)});
  int writes = 0;
  for (; world.pending() != nullptr; ++writes) world.confirm();
  EXPECT_GE(writes, 4) << "a tombstone, two writes of pages, a mark";
  int with_the_dead = 0;
  for (const auto& [key, entry] : world.controller_.pages().entries()) {
    with_the_dead += entry.record.leader == BrokerId(1) || contains(entry.record.isr, BrokerId(1));
  }
  EXPECT_EQ(with_the_dead, 0);
  EXPECT_EQ(world.controller_.pages().size(), 60'000u);
}

std::vector<int32_t> partitions_of(const Write& write) {
  std::vector<int32_t> indices;
  for (const Change& change : write.changes) {
    for (const RowChange& row : std::get<PutPage>(change).rows) indices.push_back(row.key.index);
  }
  return indices;
}

class Parts : public testing::Test {
 protected:
  Parts() : world_(4, config()) {
    world_.create("t", 9, std::vector<std::vector<BrokerId>>(9, brokers({1, 2, 3})));
    world_.by_hand();
    world_.feed(DeathProven{life(1)});
    world_.confirm();  // the tombstone
  }
  static ControllerConfig config() {
    ControllerConfig config = World::config(1);
    config.bulk_from = 1;
    config.partitions_per_write = 2;
    return config;
  }
  std::vector<std::vector<int32_t>> under_way() const {
    std::vector<std::vector<int32_t>> parts;
    for (const Write* write : world_.all_pending()) parts.push_back(partitions_of(*write));
    return parts;
  }
  std::vector<int32_t> led_by(int id) {
    std::vector<int32_t> indices;
    for (const auto& [key, entry] : world_.controller_.pages().entries()) {
      if (entry.record.leader == BrokerId(id)) indices.push_back(key.index);
    }
    return indices;
  }
  using Wanted = std::vector<std::vector<int32_t>>;

  World world_;
};

TEST_F(Parts, TheNextIsSentWhileTheStoreWritesTheFormerAndNoMoreThanTwo) {
  EXPECT_EQ(under_way(), (Wanted{{0, 1}}));
  EXPECT_EQ(world_.said<WakeAt>().back().at, world_.now_) << "the next is decided at once, but not before this one is on its way";
  world_.feed(Woken{});
  EXPECT_EQ(under_way(), (Wanted{{0, 1}, {2, 3}}));
  EXPECT_GT(world_.said<WakeAt>().back().at, world_.now_);
  world_.feed(Woken{});
  EXPECT_EQ(under_way(), (Wanted{{0, 1}, {2, 3}})) << "two at most";
  EXPECT_EQ(led_by(2).size(), 0u) << "nothing changes before it is confirmed";
  const size_t told = world_.said<Publish>().size();
  world_.confirm();
  EXPECT_EQ(led_by(2), (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(world_.said<Publish>().size(), told + 1);
  EXPECT_EQ(under_way(), (Wanted{{2, 3}, {4, 5}}));
  world_.confirm();
  world_.confirm();
  EXPECT_EQ(under_way(), (Wanted{{6, 7}, {8}}));
  EXPECT_EQ(led_by(1), (std::vector<int32_t>{6, 7, 8}));
  while (world_.pending() != nullptr) world_.confirm();
  EXPECT_EQ(led_by(2).size(), 9u);
}

// A second death: what is under way was decided without it, so nothing more is sent before that stands; then all is looked at again.
TEST_F(Parts, WhatHappensMeanwhileWaitsForAllThatIsUnderWay) {
  world_.feed(Woken{});
  world_.feed(DeathProven{life(2)});
  world_.feed(Woken{});
  EXPECT_EQ(under_way(), (Wanted{{0, 1}, {2, 3}}));
  world_.confirm();
  EXPECT_EQ(under_way(), (Wanted{{2, 3}}));
  world_.confirm();
  ASSERT_NE(world_.pending(), nullptr);
  EXPECT_TRUE(std::holds_alternative<Tombstone>(world_.pending()->changes.front()));
  world_.confirm();
  EXPECT_EQ(under_way(), (Wanted{{0, 1}})) << "anew";
  while (world_.pending() != nullptr) world_.confirm();
  EXPECT_EQ(led_by(3).size(), 9u);
}

// So does a death that time alone brings.
TEST_F(Parts, NoMoreAreSentOnceASilentBrokerHasToBeBuried) {
  world_.feed(StreamLost{BrokerId(4), BrokerEpoch(104), world_.now_});
  EXPECT_EQ(under_way(), (Wanted{{0, 1}, {2, 3}})) << "the loss of a stream stops no pass";
  world_.now_ = world_.now_ + ms(5000);
  world_.confirm();
  EXPECT_EQ(under_way(), (Wanted{{2, 3}}));
  world_.confirm();
  ASSERT_NE(world_.pending(), nullptr);
  EXPECT_TRUE(std::holds_alternative<Tombstone>(world_.pending()->changes.front()));
}

// What happens between two of these writes is heeded for those that were swept already.
TEST(Sweep, ADeathBetweenTwoWritesOfAPassConcernsThoseBeforeToo) {
  World world(3, 1);
  world.create("t", 60'000, std::vector<std::vector<BrokerId>>(60'000, brokers({1, 2, 3})));
  world.by_hand();
  world.feed(DeathProven{life(1)});
  world.confirm();  // the tombstone
  ASSERT_NE(world.pending(), nullptr);
  world.feed(DeathProven{life(2)});
  while (world.pending() != nullptr) world.confirm();
  for (const auto& [key, entry] : world.controller_.pages().entries()) ASSERT_EQ(entry.record.leader, BrokerId(3)) << key.index;
}

// Whether many become rows or single records is a matter of speed alone.
TEST(Sweep, RowsAndRecordsComeToTheSame) {
  auto live_through = [](size_t bulk_from) {
    ControllerConfig config = World::config(2);
    config.bulk_from = bulk_from;
    World world(4, config);
    SeededRandom random(7);
    for (int topic = 0; topic < 5; ++topic) {
      std::vector<std::vector<BrokerId>> assignments;
      for (int i = 0; i < 40; ++i) {
        const int first = static_cast<int>(random.below(4));
        assignments.push_back(brokers({first + 1, (first + 1) % 4 + 1, (first + 2) % 4 + 1}));
      }
      world.create("t" + std::to_string(topic), 40, assignments);
    }
    world.feed(DeathProven{life(1)});
    world.feed(OwnWord{BrokerId(2), BrokerEpoch(102), {{{world.controller_.topics().at("t0").id, 3}, LeaderEpoch(0), 7, {}}}});
    world.feed(DeathProven{life(2)});
    std::vector<std::string> told;
    for (const auto& [key, entry] : world.controller_.pages().entries()) {
      std::string line = fmt::format("{} leader {} epochs {} {} isr", key.index, entry.record.leader.value(),
                                     entry.record.leader_epoch.value(), entry.record.partition_epoch.value());
      for (BrokerId id : entry.record.isr) line += fmt::format(" {}", id.value());
      for (BrokerId id : entry.record.eligible) line += fmt::format(" eligible {}", id.value());
      told.push_back(std::move(line));
    }
    std::sort(told.begin(), told.end());
    return told;
  };
  EXPECT_EQ(live_through(1), live_through(SIZE_MAX));
}

}  // namespace
}  // namespace baton::decision
