// What a node remembers of changes of leaders: each once, though every new controller's first word repeats many of them; and no more than
// a bounded number.
#include "controller/agent/leader_history.h"

#include <gtest/gtest.h>

#include <vector>

namespace baton::agent {
namespace {

void say(int32_t partition, int32_t epoch, control::Delta& delta) {
  control::LeaderChange& change = *delta.add_leader_changes();
  change.set_topic_id("a-topic");
  change.set_partition(partition);
  change.set_leader_epoch(epoch);
}

std::vector<int32_t> epochs_of(const LeaderHistory& history, int32_t partition) {
  const control::History found = history.of("a-topic", partition);
  std::vector<int32_t> epochs;
  for (const control::LeaderChange& change : found.changes()) epochs.push_back(change.leader_epoch());
  return epochs;
}

TEST(LeaderHistoryTest, TakesWhatASnapshotRepeatsOnlyOnce) {
  LeaderHistory history;
  control::Delta first;
  for (const int32_t epoch : {1, 2}) say(0, epoch, first);
  history.add(first);
  control::Delta snapshot;
  snapshot.set_snapshot(true);
  for (const int32_t epoch : {1, 2, 3}) say(0, epoch, snapshot);
  say(1, 2, snapshot);
  history.add(snapshot);
  EXPECT_EQ(epochs_of(history, 0), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(epochs_of(history, 1), (std::vector<int32_t>{2})) << "another partition's";
}

TEST(LeaderHistoryTest, ForgetsTheOldestFirst) {
  LeaderHistory history;
  control::Delta many;
  for (int32_t epoch = 0; epoch <= static_cast<int32_t>(LeaderHistory::kKept); ++epoch) say(0, epoch, many);
  history.add(many);
  const std::vector<int32_t> kept = epochs_of(history, 0);
  ASSERT_EQ(kept.size(), LeaderHistory::kKept);
  EXPECT_EQ(kept.front(), 1);
}

}  // namespace
}  // namespace baton::agent
