// Real elections are put together from what each candidate remembers of its own part.
#include "drills/lab/live.h"

#include <gmock/gmock.h>

#include "controller/election/raft.h"

namespace baton::lab {
namespace {

using election::LogEntry;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Instant at(int ms) {
  return Instant{1'000'000'000'000} + milliseconds(ms);
}
LogEntry sent(int ms, int to, const std::string& message) {
  return {at(ms), LogEntry::Kind::kSent, BrokerId(to), message, {}, {}};
}
LogEntry heard(int ms, int from, const std::string& message) {
  return {at(ms), LogEntry::Kind::kHeard, BrokerId(from), message, {}, {}};
}
LogEntry became(int ms, const std::string& name) {
  return {at(ms), LogEntry::Kind::kBecame, {}, {}, name, {}};
}

// Any message will do that an elector understands.
const std::string kMessage = election::encode(election::raft::kAlgorithm, election::raft::Message());

TEST(Live, AMessageIsDrawnOnceFromItsSenderToWhereItWasHeard) {
  const Played played = assemble({{1, {sent(0, 2, kMessage)}}, {2, {heard(3, 1, kMessage)}}});
  ASSERT_EQ(played.events.size(), 1u);
  EXPECT_EQ(played.events[0].from, 1);
  EXPECT_EQ(played.events[0].to, 2);
  EXPECT_EQ(played.events[0].arrives - played.events[0].at, milliseconds(3));
}

TEST(Live, WhatNobodyHeardThoughHeCouldBeAskedWasLost) {
  const Played played = assemble({{1, {sent(0, 2, kMessage), sent(1, 3, kMessage)}}, {2, {}}});
  ASSERT_EQ(played.events.size(), 2u);
  EXPECT_EQ(played.events[0].arrives, Instant::never());
  EXPECT_EQ(played.events[1].arrives, at(1)) << "nobody can ask the third";
  EXPECT_THAT(diagram(played, true), HasSubstr("lost: 2"));
}

TEST(Live, TheWordsOfTheDeadAreDrawnAsTheyWereHeard) {
  const Played played = assemble({{102, {heard(4, 101, kMessage), became(5, "rules")}}});
  EXPECT_THAT(played.names, ElementsAre("101", "102"));
  ASSERT_EQ(played.events.size(), 2u);
  EXPECT_EQ(played.events[0].from, 1);
  EXPECT_EQ(played.events[0].to, 2);
  EXPECT_THAT(diagram(played, true), HasSubstr("101 → 102"));
  EXPECT_THAT(diagram(played, true), HasSubstr("102 rules"));
}

TEST(Live, WhoCouldNotBeAskedHasALaneAllTheSame) {
  EXPECT_THAT(assemble({{1, {became(0, "rules")}}}, {3}).names, ElementsAre("1", "3"));
}

TEST(Live, TheSameWordsTwiceAreTwoMessages) {
  const Played played =
      assemble({{1, {sent(0, 2, kMessage), sent(10, 2, kMessage)}}, {2, {heard(1, 1, kMessage), heard(12, 1, kMessage)}}});
  ASSERT_EQ(played.events.size(), 2u);
  EXPECT_EQ(played.events[0].arrives, at(1));
  EXPECT_EQ(played.events[1].arrives, at(12));
}

TEST(Live, TheLastElectionIsWhatIsAroundTheLastRule) {
  const Played all =
      assemble({{1, {became(0, "nominated"), became(10, "rules"), became(5000, "rules no longer")}},
                {2, {became(5100, "nominated"), became(5110, "rules"), became(5200, "abdicates"), became(9000, "nominated")}}});
  const Played last = last_election(all);
  ASSERT_EQ(last.events.size(), 4u);
  EXPECT_EQ(last.start, at(5000));
  EXPECT_EQ(last.events.back().name, "abdicates");
}

TEST(Live, WithoutARuleItIsEverything) {
  EXPECT_EQ(last_election(assemble({{1, {became(0, "nominated"), became(9000, "abdicates")}}})).events.size(), 2u);
}

}  // namespace
}  // namespace baton::lab
