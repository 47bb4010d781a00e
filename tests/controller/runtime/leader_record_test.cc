// What is kept of the changes of leaderships, in which order, and how much of it.
#include "controller/runtime/leader_record.h"

#include <gtest/gtest.h>

namespace baton::node {
namespace {

control::Delta changes(std::initializer_list<int> epochs, const std::string& cause = "because") {
  control::Delta delta;
  for (int epoch : epochs) {
    control::LeaderChange& change = *delta.add_leader_changes();
    change.set_topic_id("topic");
    change.set_leader_epoch(epoch);
    change.set_cause(cause);
  }
  return delta;
}
std::vector<int> epochs_told(const LeaderRecord& record) {
  control::Delta delta;
  record.tell(delta, 1000);
  std::vector<int> epochs;
  for (const control::LeaderChange& change : delta.leader_changes()) epochs.push_back(change.leader_epoch());
  return epochs;
}
std::vector<int> epochs_in(const std::optional<std::string>& stored) {
  control::History history;
  std::vector<int> epochs;
  if (!stored || !history.ParseFromString(*stored)) return epochs;
  for (const control::LeaderChange& change : history.changes()) epochs.push_back(change.leader_epoch());
  return epochs;
}
using Epochs = std::vector<int>;

TEST(LeaderRecord, StoresNothingBeforeItHasReadWhatIsThere) {
  LeaderRecord record{agent::LeaderHistory()};
  record.add(changes({1}));
  EXPECT_FALSE(record.to_store());
  record.read_back({});
  EXPECT_EQ(epochs_in(record.to_store()), Epochs{1});
  EXPECT_FALSE(record.to_store()) << "nothing is new";
  record.not_stored();
  EXPECT_EQ(epochs_in(record.to_store()), Epochs{1});
}

TEST(LeaderRecord, JoinsWhatWasStoredWithWhatWasHeard) {
  LeaderRecord first{agent::LeaderHistory()};
  first.read_back({});
  first.add(changes({1, 2, 3}));
  const auto stored = first.to_store();
  ASSERT_TRUE(stored);
  // This process was there for the third and for a fourth, which nobody has stored.
  agent::LeaderHistory heard;
  heard.add(changes({3, 4}));
  LeaderRecord second{heard};
  EXPECT_TRUE(second.read_back(*stored));
  EXPECT_EQ(epochs_told(second), (Epochs{1, 2, 3, 4}));
  EXPECT_EQ(epochs_in(second.to_store()), (Epochs{1, 2, 3, 4}));
  LeaderRecord third{agent::LeaderHistory()};
  third.read_back(*stored);
  EXPECT_FALSE(third.to_store()) << "it knows nothing that is not there";
}

TEST(LeaderRecord, IsBoundedAndTheOldestGoFirst) {
  LeaderRecord few{agent::LeaderHistory(), {.changes = 2}};
  few.read_back({});
  few.add(changes({1, 2, 3}));
  EXPECT_EQ(epochs_in(few.to_store()), (Epochs{2, 3}));
  LeaderRecord small{agent::LeaderHistory(), {.bytes = 300}};
  small.read_back({});
  small.add(changes({1, 2, 3}, std::string(100, 'x')));
  EXPECT_EQ(epochs_in(small.to_store()), (Epochs{2, 3}));
}

TEST(LeaderRecord, WhatCanNotBeReadIsWrittenOver) {
  LeaderRecord record{agent::LeaderHistory()};
  EXPECT_FALSE(record.read_back("\xff\xff\xff"));
  record.add(changes({7}));
  EXPECT_EQ(epochs_in(record.to_store()), Epochs{7});
}

}  // namespace
}  // namespace baton::node
