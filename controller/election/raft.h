// Raft's leader election: a majority's votes in a term that nobody votes in twice.
//
// Source: D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX ATC 2014; pre-vote, check-quorum and
// leader transfer: D. Ongaro's dissertation (Stanford, 2014), chapters 3, 6 and 9.
//
// Who hears no leader for a random time between `suspect` and twice that asks first whether it would be elected (PreVote), so that a
// node that was cut off does not raise the term for nothing; then it raises its term, votes for itself, makes both durable and asks for
// votes (Vote). A voter gives one vote a term, durable before it is told, and none while it hears a leader. There is no log here: what
// the leader rules over is guarded by the claim, so every candidate is as complete as another.
//
// A leader whose beats a majority does not answer gives up before that majority could elect another: its lease runs from the sending of
// the beat that the majority answered, for `suspect` less a fiftieth for the clocks. (Check-quorum, made exact.)
//
// Assumes: a majority, durable terms and votes; clocks only for the lease. Costs: 2(n-1) messages undisturbed, 4(n-1) with pre-vote;
// then a beat and an answer for each follower. Time: the time-out and two round trips.
// Breaks by itself: a leader that is stopped between looking at its lease and acting acts late; split votes cost another time-out.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "controller/election/peer_codec.h"
#include "controller/election/peer_elector.h"

namespace baton::election {

namespace raft {

inline constexpr char kAlgorithm = 'F';

struct PreVote {
  int64_t term = 0;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "PreVote";
  static auto fields(auto& self) { return std::tie(self.term); }
  std::string words() const { return "would you vote for me in term " + std::to_string(term) + "?"; }
};
struct PreVoteReply {
  int64_t term = 0;  // the one asked for if granted, else our own
  bool granted = false;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "PreVoteReply";
  static auto fields(auto& self) { return std::tie(self.term, self.granted); }
  std::string words() const { return granted ? "I would" : "I would not: I hear a leader, or my term is later"; }
};
struct Vote {
  int64_t term = 0;
  bool transfer = false;  // the leader wishes it: hearing it is no hindrance
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Vote";
  static auto fields(auto& self) { return std::tie(self.term, self.transfer); }
  std::string words() const { return "vote for me in term " + std::to_string(term) + (transfer ? ", as the leader wishes" : ""); }
};
struct VoteReply {
  int64_t term = 0;
  bool granted = false;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "VoteReply";
  static auto fields(auto& self) { return std::tie(self.term, self.granted); }
  std::string words() const { return (granted ? "you have my vote in term " : "not in term ") + std::to_string(term); }
};
struct Beat {
  int64_t term = 0;
  int64_t round = 0;  // 0: the first, which announces the election
  static constexpr MessageKind kKind = MessageKind::kBeat;
  static constexpr std::string_view kName = "Beat";
  static auto fields(auto& self) { return std::tie(self.term, self.round); }
  std::string words() const { return "I lead term " + std::to_string(term); }
};
struct BeatReply {
  int64_t term = 0;
  int64_t round = 0;
  static constexpr MessageKind kKind = MessageKind::kBeat;
  static constexpr std::string_view kName = "BeatReply";
  static auto fields(auto& self) { return std::tie(self.term, self.round); }
  std::string words() const { return "I follow in term " + std::to_string(term); }
};
struct TimeoutNow {
  int64_t term = 0;
  static constexpr MessageKind kKind = MessageKind::kTransfer;
  static constexpr std::string_view kName = "TimeoutNow";
  static auto fields(auto& self) { return std::tie(self.term); }
  static std::string words() { return "I lead no longer: stand for election at once"; }
};
struct Wish {
  BrokerId heir;
  static constexpr MessageKind kKind = MessageKind::kTransfer;
  static constexpr std::string_view kName = "Wish";
  static auto fields(auto& self) { return std::tie(self.heir); }
  std::string words() const { return "hand over to node " + std::to_string(heir.value()); }
};
using Message = std::variant<PreVote, PreVoteReply, Vote, VoteReply, Beat, BeatReply, TimeoutNow, Wish>;

}  // namespace raft

struct RaftOptions {
  bool pre_vote = true;
};

class RaftElector final : public PeerElector {
 public:
  explicit RaftElector(PeerConfig config, RaftOptions options = {});

  int64_t term() const { return term_; }

 private:
  enum class Role : uint8_t { kFollower, kAsking, kCandidate, kLeader };

  void begin() override;
  void step_down() override;
  void heard(BrokerId from, std::string_view message) override;
  void woken() override;
  void lost(BrokerId id) override;
  void hand_over(const TransferTo& wish) override;
  Instant due() const override;

  void on(BrokerId from, const raft::PreVote& ask);
  void on(BrokerId from, const raft::PreVoteReply& reply);
  void on(BrokerId from, const raft::Vote& ask);
  void on(BrokerId from, const raft::VoteReply& reply);
  void on(BrokerId from, const raft::Beat& beat);
  void on(BrokerId from, const raft::BeatReply& reply);
  void on(BrokerId from, const raft::TimeoutNow& order);
  void on(BrokerId from, const raft::Wish& wish);

  void tell(BrokerId to, const raft::Message& message) { send(to, encode(raft::kAlgorithm, message)); }
  void tell_all(const raft::Message& message) { send_to_all(encode(raft::kAlgorithm, message)); }
  void remember_leader();
  void time_out();
  void ask_first();
  void campaign(bool transfer);
  void follow(int64_t term, BrokerId leader);
  void lead();
  void beat();
  void depose_for(BrokerId heir);
  void wait_for_leader();
  void transferred_if(BrokerId leader);
  void save();
  bool hears_leader() const { return now_ < heard_until_; }
  Instant lease_end() const;

  const RaftOptions options_;
  Role role_ = Role::kFollower;
  int64_t term_ = 0;
  BrokerId voted_for_;
  BrokerId leader_;
  Instant heard_until_{};                // until then a leader was heard not long ago
  Instant deadline_ = Instant::never();  // of the follower's patience, or of the candidacy
  std::set<BrokerId> votes_;
  Instant asked_at_{};  // for them
  // As a leader.
  int64_t round_ = 0;
  Instant beat_at_ = Instant::never();
  std::map<int64_t, Instant> sent_;        // rounds not long ago
  std::map<BrokerId, Instant> confirmed_;  // the sending of the last beat that it answered
  std::optional<TransferTo> transfer_;
  Instant transfer_until_ = Instant::never();
  bool restarted_ = false;  // we may have promised somebody not to vote
};

}  // namespace baton::election
