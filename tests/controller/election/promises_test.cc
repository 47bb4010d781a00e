// What electors that ask their peers promise each other: nothing is said that rests on what is not durable yet, nobody votes twice over a
// restart, and bytes from the wire are never trusted.
#include <gmock/gmock.h>

#include "controller/election/bully.h"
#include "controller/election/paxos.h"
#include "controller/election/raft.h"
#include "controller/election/ring_walk.h"
#include "tests/controller/election/peer.h"

namespace baton::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<raft::Message> said_by_raft(Peer& peer) {
  return peer.said<raft::Message>(raft::kAlgorithm);
}
std::vector<paxos::Message> said_by_paxos(Peer& peer) {
  return peer.said<paxos::Message>(paxos::kAlgorithm);
}

TEST(RaftPromises, AVoteIsDurableBeforeItIsTold) {
  Peer voter("raft");
  voter.hear(2, raft::kAlgorithm, raft::Message(raft::Vote{7, false}));
  EXPECT_THAT(said_by_raft(voter), IsEmpty());
  const auto asked = voter.persisted();
  ASSERT_TRUE(asked);
  voter.give(Persisted{asked->number - 1});
  EXPECT_THAT(said_by_raft(voter), IsEmpty()) << "an older state does not do";
  voter.give(Persisted{asked->number});
  ASSERT_THAT(said_by_raft(voter), SizeIs(1));
  EXPECT_TRUE(std::get<raft::VoteReply>(said_by_raft(voter).front()).granted);
}

TEST(RaftPromises, NobodyVotesTwiceInATermOverARestart) {
  Peer before("raft");
  before.hear(2, raft::kAlgorithm, raft::Message(raft::Vote{7, true}));
  Peer after("raft", before.persisted()->state);
  after.hear(3, raft::kAlgorithm, raft::Message(raft::Vote{7, true}));
  ASSERT_THAT(said_by_raft(after), SizeIs(1));
  EXPECT_FALSE(std::get<raft::VoteReply>(said_by_raft(after).front()).granted);
  after.decisions.clear();
  after.hear(2, raft::kAlgorithm, raft::Message(raft::Vote{7, true}));
  EXPECT_TRUE(std::get<raft::VoteReply>(said_by_raft(after).front()).granted) << "to the same it may be told again";
}

TEST(RaftPromises, WhoRestartsMayHaveHeardALeaderAndWaits) {
  Peer before("raft");
  before.hear(2, raft::kAlgorithm, raft::Message(raft::Beat{7, 0}));
  Peer after("raft", before.persisted()->state);
  after.hear(3, raft::kAlgorithm, raft::Message(raft::PreVote{8}));
  EXPECT_FALSE(std::get<raft::PreVoteReply>(said_by_raft(after).front()).granted);
  after.decisions.clear();
  after.now = after.now + milliseconds(201);
  after.hear(3, raft::kAlgorithm, raft::Message(raft::PreVote{8}));
  EXPECT_TRUE(std::get<raft::PreVoteReply>(said_by_raft(after).front()).granted);
}

TEST(RaftPromises, WhoHearsALeaderDoesNotHelpToDeposeIt) {
  Peer follower("raft");
  follower.hear(2, raft::kAlgorithm, raft::Message(raft::Beat{7, 0}));
  follower.give(Persisted{follower.persisted()->number});
  follower.decisions.clear();
  follower.hear(3, raft::kAlgorithm, raft::Message(raft::Vote{9, false}));
  ASSERT_THAT(said_by_raft(follower), SizeIs(1));
  EXPECT_FALSE(std::get<raft::VoteReply>(said_by_raft(follower).front()).granted);
  EXPECT_EQ(std::get<raft::VoteReply>(said_by_raft(follower).front()).term, 7) << "and does not take the higher term either";
}

TEST(PaxosPromises, APromiseIsDurableAndToldWithWhatWasAccepted) {
  Peer acceptor("paxos");
  acceptor.hear(2, paxos::kAlgorithm, paxos::Message(paxos::Accept{3, 1LL << 32, BrokerId(4)}));
  EXPECT_THAT(said_by_paxos(acceptor), IsEmpty());
  acceptor.give(Persisted{acceptor.persisted()->number});
  ASSERT_THAT(said_by_paxos(acceptor), SizeIs(1));

  Peer restarted("paxos", acceptor.persisted()->state, false);
  restarted.hear(5, paxos::kAlgorithm, paxos::Message(paxos::Prepare{3, 2LL << 32}));
  EXPECT_TRUE(std::holds_alternative<paxos::Refuse>(said_by_paxos(restarted).front())) << "a lease that it forgot may run";
  restarted.decisions.clear();
  restarted.now = restarted.now + milliseconds(201);
  restarted.hear(5, paxos::kAlgorithm, paxos::Message(paxos::Prepare{3, 2LL << 32}));
  restarted.give(Persisted{restarted.persisted()->number});
  const auto promise = std::get<paxos::Promise>(said_by_paxos(restarted).front());
  EXPECT_EQ(promise.accepted_value, BrokerId(4));
  EXPECT_EQ(promise.accepted_ballot, 1LL << 32);
}

TEST(PaxosPromises, NoLaterEpochWhileALeaseRuns) {
  Peer acceptor("paxos");
  acceptor.hear(2, paxos::kAlgorithm, paxos::Message(paxos::Renew{3, 1}));
  acceptor.decisions.clear();
  acceptor.hear(5, paxos::kAlgorithm, paxos::Message(paxos::Prepare{4, 2LL << 32}));
  const auto refusal = std::get<paxos::Refuse>(said_by_paxos(acceptor).front());
  EXPECT_EQ(refusal.wait_us, 200'000);
  acceptor.decisions.clear();
  acceptor.give(DeathProven{"", BrokerId(2)});
  acceptor.hear(5, paxos::kAlgorithm, paxos::Message(paxos::Prepare{4, 2LL << 32}));
  EXPECT_TRUE(acceptor.persisted()) << "a proof of the master's death ends its lease";
}

// Whatever comes, an elector goes on; strangers are not heard at all.
TEST(Wire, GarbageIsNothing) {
  const std::string whole = encode(paxos::kAlgorithm, paxos::Message(paxos::Accept{1234567, 89, BrokerId(4)}));
  ASSERT_TRUE(describe_message(whole));
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(describe_message(whole.substr(0, size))) << size;
  EXPECT_FALSE(describe_message(whole + "x"));
  EXPECT_TRUE(describe_message(walk::wrap(1, whole)));
  std::string nested;
  for (int i = 0; i < 500'000; ++i) nested += walk::wrap(1, {});
  EXPECT_FALSE(describe_message(nested + whole)) << "and its depth does not matter";
  SeededRandom random(5);
  for (const ElectorKind& kind : elector_kinds()) {
    if (!kind.asks_peers) continue;
    Peer peer{std::string(kind.name)};
    for (int i = 0; i < 20'000; ++i) {
      std::string bytes;
      const char marks[] = {'B', 'C', 'W', 'E', 'R', 'H', 'F', 'P'};
      bytes += marks[random.below(sizeof marks)];
      bytes += static_cast<char>(random.below(12));
      for (uint64_t more = random.below(20); more > 0; --more) bytes += static_cast<char>(random.below(256));
      peer.give(Received{BrokerId(static_cast<int32_t>(random.below(8))), std::move(bytes)});
      peer.now = peer.now + milliseconds(random.below(3));
      if (const auto asked = peer.persisted()) peer.give(Persisted{asked->number});
      peer.decisions.clear();
    }
  }
}

TEST(Wire, AStrangerIsNotHeard) {
  Peer peer("bully");
  peer.hear(9, ranked::kAlgorithm, ranked::Message(ranked::Coordinator{}));
  peer.hear(9, bully::kAlgorithm, bully::Message(bully::Election{}));
  EXPECT_THAT(peer.decisions, IsEmpty());
}

}  // namespace
}  // namespace baton::election
