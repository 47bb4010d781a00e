// What a candidate keeps of its elections, and what it does not.
#include "controller/election/election_log.h"

#include <gtest/gtest.h>

#include "controller/election/raft.h"

namespace baton::election {
namespace {

Instant at(int ms) {
  return Instant{1'000'000'000'000} + std::chrono::milliseconds(ms);
}
ElectorDecision read(const std::string& path) {
  return StoreCall{1, store::Get{path, false}};
}

std::string text_of(const ElectionLog& log) {
  std::string text;
  for (const LogEntry& entry : log.entries()) text += entry.name + (entry.words.empty() ? "" : " " + entry.words) + "\n";
  return text;
}

TEST(ElectionLog, TellsOfACandidacyFromDeathToRule) {
  ElectionLog log;
  log.told(at(0), DeathProven{"guid", BrokerId(3)});
  log.decided(at(1), ElectorDecision(Nominated{}));
  log.decided(at(2), ElectorDecision(Nominated{}));  // told again, of one more who is dead
  log.decided(at(3), ClaimDecision(StoreCall{7, store::Multi{{store::Check{"/a", {}}, store::Create{"/controller", "x"}}}}));
  log.decided(at(4), ClaimDecision(Ruling{ControllerEpoch(5), {}}));
  log.decided(at(9), ClaimDecision(Lost{LossReason::kDeposed}));
  log.decided(at(9), ElectorDecision(Withdrawn{}));
  EXPECT_EQ(text_of(log),
            "learns of a death 3 is proven dead\nnominated\nwrite check /a, create /controller\nrules epoch 5\n"
            "rules no longer " +
                std::string(name_of(LossReason::kDeposed)) + "\nnominated no longer\n");
}

TEST(ElectionLog, WhatIsAskedAgainAndAgainIsKeptOnceUntilSomethingHappens) {
  ElectionLog log;
  for (int i = 0; i < 1000; ++i) log.decided(at(i), read("/lease"));
  EXPECT_EQ(log.entries().size(), 1u);
  log.decided(at(1000), ElectorDecision(Nominated{}));
  log.decided(at(1001), read("/lease"));
  EXPECT_EQ(log.entries().size(), 3u);
}

TEST(ElectionLog, BeatsAndForgedBytesAreNotKept) {
  ElectionLog log;
  log.told(at(0), Received{BrokerId(2), encode(raft::kAlgorithm, raft::Message(raft::Beat{}))});
  log.told(at(0), Received{BrokerId(2), "nonsense"});
  EXPECT_TRUE(log.entries().empty());
  log.told(at(0), Received{BrokerId(2), encode(raft::kAlgorithm, raft::Message(raft::Vote{}))});
  EXPECT_EQ(log.entries().size(), 1u);
}

TEST(ElectionLog, TheOldestGoFirst) {
  ElectionLog log(3);
  for (int i = 0; i < 5; ++i) log.decided(at(i), read("/" + std::to_string(i)));
  ASSERT_EQ(log.entries().size(), 3u);
  EXPECT_EQ(log.entries().front().at, at(2));
}

}  // namespace
}  // namespace baton::election
