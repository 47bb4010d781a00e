// What a deletion costs, counted rather than timed: pages that are rewritten, keys that are looked at.
#include <map>

#include "controller/decision/topic_keys.h"
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

// How often the write changes each page.
std::map<int32_t, int> changes_of_pages(const Write& write) {
  std::map<int32_t, int> times;
  for (const Change& change : write.changes) {
    if (const auto* page = std::get_if<PutPage>(&change)) ++times[page->number];
  }
  return times;
}

void expect_once_each(const Write& write, size_t pages) {
  const auto times = changes_of_pages(write);
  EXPECT_EQ(times.size(), pages);
  for (const auto& [page, count] : times) EXPECT_EQ(count, 1) << "page " << page;
}

TEST(Deletion, APageIsRewrittenOnceHoweverManyTopicsLeaveIt) {
  constexpr int kTopics = 300;
  World world;
  std::vector<TopicChoice> all;
  for (int i = 0; i < kTopics; ++i) {
    all.push_back({"t" + std::to_string(i), {}});
    world.create(all.back().name, 2);
  }
  world.create("huge", 10'000);
  all.push_back({"huge", {}});
  const size_t pages = (2 * kTopics + 10'000 + PageTable::kPartitionsPerPage - 1) / PageTable::kPartitionsPerPage;
  world.by_hand();
  world.feed(DeleteRequested{++world.request_, all});
  expect_once_each(*world.pending(), pages);
  world.confirm();
  EXPECT_EQ(world.controller_.pages().size(), 0U);
  EXPECT_TRUE(world.controller_.topics().empty());
}

// So a crash anywhere in between leaves deletions to finish.
TEST(Deletion, AllEntriesAreMarkedBeforeAnyPageAndGoAfterAll) {
  World world;
  world.create("a", 1);
  world.create("b", 1);
  world.by_hand();
  world.feed(DeleteRequested{++world.request_, {TopicChoice{"a", {}}, TopicChoice{"b", {}}}});
  const auto& changes = world.pending()->changes;
  ASSERT_EQ(changes.size(), 5U);
  for (int i : {0, 1}) EXPECT_TRUE(std::get<PutTopic>(changes.at(i)).topic.deleting);
  EXPECT_EQ(std::get<PutPage>(changes.at(2)).removed_topics.size(), 2U);
  for (int i : {3, 4}) EXPECT_TRUE(std::holds_alternative<RemoveTopic>(changes.at(i)));
}

TEST(Deletion, AGrowthThatWasCutShortIsTakenBackPageByPage) {
  World world;
  world.create("t", 10'000);
  Loaded loaded;
  loaded.topics.push_back(world.controller_.topics().at("t"));
  loaded.topics[0].partitions = 1;
  loaded.table = world.controller_.pages();
  loaded.brokers = {world.seen(1, 1, 0), world.seen(2, 2, 0), world.seen(3, 3, 0)};
  World next(0);
  next.by_hand();
  next.feed(loaded);
  ASSERT_NE(next.pending(), nullptr);
  while (changes_of_pages(*next.pending()).empty()) next.confirm();
  expect_once_each(*next.pending(), 10'000 / PageTable::kPartitionsPerPage + 1);
  next.confirm_all();
  EXPECT_EQ(next.controller_.pages().size(), 1U);
}

// An operator's order about each partition, gone with the topic; those about others stay.
TEST(Deletion, TakesTheOrdersAboutItsPartitionsAlong) {
  World world;
  world.create("kept", 2);
  world.create("t", 600);
  world.feed(MoveRequested{++world.request_, MoveRequested::Kind::kStepDown, {}, /*all=*/true, {}, std::chrono::hours(1)});
  ASSERT_EQ(world.controller_.orders().bars.size(), 602U);
  world.feed(DeleteRequested{++world.request_, {TopicChoice{"t", {}}}});
  EXPECT_EQ(world.controller_.orders().bars.size(), 2U);
}

struct Counting {
  static inline int comparisons = 0;
  bool operator()(const PartitionKey& a, const PartitionKey& b) const {
    ++comparisons;
    return a < b;
  }
};

TopicId topic(int number) {
  TopicId id;
  id.bytes[0] = static_cast<uint8_t>(number);
  return id;
}

TEST(TopicKeys, OfOtherTopicsNextToNothingIsLookedAt) {
  std::map<PartitionKey, int, Counting> kept;
  for (int each : {1, 2, 3}) {
    for (int index = 0; index < 10'000; ++index) kept[{topic(each), index}] = 0;
  }
  Counting::comparisons = 0;
  EXPECT_TRUE(has_topic(kept, topic(2)));
  EXPECT_TRUE(erase_topic(kept, topic(2)));
  EXPECT_FALSE(has_topic(kept, topic(2)));
  EXPECT_FALSE(erase_topic(kept, topic(2)));
  EXPECT_LT(Counting::comparisons, 8 * 2 * 15) << "eight searches in a tree of 30,000";
  EXPECT_EQ(kept.size(), 20'000U);
  EXPECT_EQ(kept.begin()->first.topic, topic(1));
  EXPECT_EQ(kept.rbegin()->first.topic, topic(3));
}

}  // namespace
}  // namespace baton::decision
