// What a proof of death is worth to electors that ask their peers: nobody waits for an answer of the dead, nor for its lease, and those
// who hear of the death at the same instant do not get into each other's way.
#include <gmock/gmock.h>

#include "controller/election/bully.h"
#include "controller/election/paxos.h"
#include "controller/election/raft.h"
#include "tests/controller/election/peer.h"

namespace baton::election {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr milliseconds kAnswer{50};  // ElectionTiming's

DeathProven death_of(int id) {
  return DeathProven{"guid-" + std::to_string(id), BrokerId(id)};
}

// The number after the leader acts at once, the next one a little later, and the dead are passed over.
TEST(Deaths, WhoComesNextAsksAtOnceAndTheOthersGiveItTime) {
  const auto asks_after = [](int self, std::initializer_list<int> dead) {
    Peer peer("raft", {}, true, self);
    peer.hear(5, raft::kAlgorithm, raft::Message(raft::Beat{7, 0}));
    peer.run_for(milliseconds(1));
    peer.decisions.clear();
    for (int id : dead) peer.give(death_of(id));
    Duration waited{};
    while (peer.said<raft::Message>(raft::kAlgorithm).empty() && waited < milliseconds(500)) {
      peer.run_for(milliseconds(1));
      waited += milliseconds(1);
    }
    return waited;
  };
  EXPECT_LE(asks_after(1, {5}), milliseconds(1));
  EXPECT_GE(asks_after(2, {5}), kAnswer);
  EXPECT_LE(asks_after(2, {5}), kAnswer + milliseconds(1));
  EXPECT_GE(asks_after(4, {5}), kAnswer * 3);
  EXPECT_LE(asks_after(2, {1, 5}), milliseconds(1));
  EXPECT_GE(asks_after(1, {4}), milliseconds(200)) << "another than the leader died";
}

TEST(Deaths, AProofAfterSilenceUnbindsTheVoterToo) {
  Peer voter("raft", {}, true, 3);
  voter.hear(5, raft::kAlgorithm, raft::Message(raft::Vote{7, false}));
  voter.run_for(milliseconds(1));
  voter.decisions.clear();
  voter.hear(1, raft::kAlgorithm, raft::Message(raft::PreVote{8}));
  EXPECT_FALSE(std::get<raft::PreVoteReply>(voter.said<raft::Message>(raft::kAlgorithm).front()).granted) << "the elected has its time";
  voter.give(death_of(5));
  voter.decisions.clear();
  voter.hear(1, raft::kAlgorithm, raft::Message(raft::PreVote{8}));
  EXPECT_TRUE(std::get<raft::PreVoteReply>(voter.said<raft::Message>(raft::kAlgorithm).front()).granted);
}

TEST(Deaths, ThePaxosLeaseOfTheDeadIsOver) {
  Peer acceptor("paxos");
  acceptor.hear(5, paxos::kAlgorithm, paxos::Message(paxos::Renew{3, 1}));
  acceptor.decisions.clear();
  acceptor.give(death_of(5));
  acceptor.run_for(milliseconds(1));
  ASSERT_THAT(acceptor.said<paxos::Message>(paxos::kAlgorithm), SizeIs(4));
  EXPECT_TRUE(std::holds_alternative<paxos::Prepare>(acceptor.said<paxos::Message>(paxos::kAlgorithm).front()));

  Peer later("paxos", {}, true, 2);
  later.hear(5, paxos::kAlgorithm, paxos::Message(paxos::Renew{3, 1}));
  later.decisions.clear();
  later.give(death_of(5));
  later.run_for(kAnswer);
  EXPECT_THAT(later.said<paxos::Message>(paxos::kAlgorithm), IsEmpty()) << "the first is at it";
}

TEST(Deaths, TheBullyWaitsForNoAnswerOfTheDead) {
  Peer bully("bully", {}, true, 4);
  bully.hear(5, ranked::kAlgorithm, ranked::Message(ranked::Coordinator{}));
  bully.decisions.clear();
  bully.give(death_of(5));
  EXPECT_EQ(bully.count<Nominated>(), 1u) << "it ranks above all that live";
}

TEST(Deaths, OfTheOneThatWasAskedEndsTheWaiting) {
  Peer bully("bully", {}, true, 3);  // asks 4 and 5
  bully.give(death_of(5));
  EXPECT_EQ(bully.count<Nominated>(), 0u);
  bully.hear(4, bully::kAlgorithm, bully::Message(bully::Answer{}));
  bully.give(death_of(4));
  EXPECT_EQ(bully.count<Nominated>(), 1u);
}

TEST(Deaths, WhoIsHeardAgainLives) {
  Peer bully("bully", {}, true, 4);
  bully.give(death_of(5));
  ASSERT_EQ(bully.count<Nominated>(), 1u);
  bully.hear(5, bully::kAlgorithm, bully::Message(bully::Election{}));
  bully.hear(5, ranked::kAlgorithm, ranked::Message(ranked::Coordinator{}));
  EXPECT_EQ(bully.count<Withdrawn>(), 1u);
  bully.decisions.clear();
  bully.hear(5, ranked::kAlgorithm, ranked::Message(ranked::SteppedDown{}));
  EXPECT_EQ(bully.count<Nominated>(), 0u) << "its answer is waited for";
}

// Others may have a proof that the former name's life is over, and elect another: so it must not go on leading.
TEST(Deaths, AnotherNameGivesUpWhatWasWon) {
  Peer bully("bully", {}, true, 5);  // leads from the start: nobody ranks above it
  bully.give(Rename{"another", ""});
  EXPECT_EQ(bully.count<Withdrawn>(), 1u);
  EXPECT_EQ(bully.count<Nominated>(), 1u) << "and stands under the new one";

  Peer raft("raft", {}, true, 5);
  raft.run_for(milliseconds(200));
  for (int id : {1, 2}) raft.hear(id, raft::kAlgorithm, raft::Message(raft::PreVoteReply{1, true}));
  raft.run_for(milliseconds(1));
  for (int id : {1, 2}) raft.hear(id, raft::kAlgorithm, raft::Message(raft::VoteReply{1, true}));
  ASSERT_EQ(raft.count<Nominated>(), 1u);
  raft.give(Rename{"another", ""});
  EXPECT_EQ(raft.count<Withdrawn>(), 1u);
}

}  // namespace
}  // namespace baton::election
