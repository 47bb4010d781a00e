#include "controller/election/raft.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace baton::election {
namespace {

// Nobody counts so far: such a term is no term.
constexpr int64_t kTermMax = int64_t{1} << 60;

}  // namespace

RaftElector::RaftElector(PeerConfig config, RaftOptions options) : PeerElector(std::move(config)), options_(options) {
  if (state_at_start().empty()) return;
  Reader in(state_at_start());
  term_ = in.varlong();
  voted_for_ = BrokerId(in.varint());
  restarted_ = true;
}

void RaftElector::save() {
  Writer out;
  out.varlong(term_);
  out.varint(voted_for_.value());
  persist(out.take());
}

// Before it stopped it may have heard a leader, who counts on it.
void RaftElector::remember_leader() {
  if (std::exchange(restarted_, false)) heard_until_ = now_ + timing_.suspect;
}

void RaftElector::begin() {
  remember_leader();
  // At the very first start nobody is waited for.
  deadline_ = hears_leader() || leader_ != BrokerId() ? now_ + timing_.suspect + jitter(timing_.suspect) : now_ + jitter(timing_.suspect);
}

void RaftElector::step_down() {
  deadline_ = Instant::never();
  if (role_ != Role::kLeader) {
    role_ = Role::kFollower;
    return;
  }
  // To the one that has answered last: it is the likeliest to be there.
  const auto latest =
      std::max_element(confirmed_.begin(), confirmed_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  depose_for(latest == confirmed_.end() ? BrokerId() : latest->first);
}

void RaftElector::heard(BrokerId from, std::string_view message) {
  remember_leader();
  const auto known = decode<raft::Message>(raft::kAlgorithm, message);
  if (!known) return;
  std::visit(
      [&](const auto& one) {
        if constexpr (requires { one.term; }) {
          if (one.term < 0 || one.term > kTermMax) return;
        }
        on(from, one);
      },
      *known);
}

void RaftElector::woken() {
  if (now_ >= transfer_until_) {
    transfer_until_ = Instant::never();
    say(TransferFailed{std::exchange(transfer_, std::nullopt)->guid + " was not elected in time"});
  }
  if (role_ == Role::kLeader) {
    if (now_ >= lease_end()) {
      follow(term_, BrokerId());
    } else if (now_ >= beat_at_) {
      beat();
    }
  } else if (now_ >= deadline_) {
    time_out();
  }
}

Instant RaftElector::due() const {
  const Instant role = role_ == Role::kLeader ? std::min(beat_at_, lease_end()) : deadline_;
  return std::min(role, transfer_until_);
}

void RaftElector::time_out() {
  leader_ = BrokerId();
  if (options_.pre_vote) {
    ask_first();
  } else {
    campaign(false);
  }
}

void RaftElector::ask_first() {
  role_ = Role::kAsking;
  votes_ = {self()};
  deadline_ = now_ + timing_.suspect + jitter(timing_.suspect);
  if (votes_.size() >= majority()) return campaign(false);
  tell_all(raft::PreVote{term_ + 1});
}

void RaftElector::campaign(bool transfer) {
  role_ = Role::kCandidate;
  ++term_;
  voted_for_ = self();
  leader_ = BrokerId();
  save();
  votes_ = {self()};
  asked_at_ = now_;
  deadline_ = now_ + timing_.suspect + jitter(timing_.suspect);
  if (votes_.size() >= majority()) return lead();
  tell_all(raft::Vote{term_, transfer});
}

// A higher term, or a leader of ours.
void RaftElector::follow(int64_t term, BrokerId leader) {
  if (role_ == Role::kLeader) withdraw();
  role_ = Role::kFollower;
  if (term > term_) {
    term_ = term;
    voted_for_ = BrokerId();
    save();
  }
  leader_ = leader;
  if (leader != BrokerId()) {
    heard_until_ = now_ + timing_.suspect;
    transferred_if(leader);
  }
  wait_for_leader();
}

void RaftElector::wait_for_leader() {
  deadline_ = standing() ? now_ + timing_.suspect + jitter(timing_.suspect) : Instant::never();
}

void RaftElector::transferred_if(BrokerId leader) {
  if (!transfer_ || transfer_->id != leader) return;
  say(Transferred{std::exchange(transfer_, std::nullopt)->guid});
  transfer_until_ = Instant::never();
}

void RaftElector::lead() {
  role_ = Role::kLeader;
  leader_ = self();
  deadline_ = Instant::never();
  round_ = 0;
  sent_.clear();
  confirmed_.clear();
  for (BrokerId voter : votes_) confirmed_[voter] = asked_at_;  // a vote binds as an answered beat does
  // Votes that took so long bind nobody any more: they may have given another the next term.
  if (now_ >= lease_end()) return follow(term_, BrokerId());
  nominate();
  transferred_if(self());
  beat();
}

void RaftElector::beat() {
  beat_at_ = now_ + timing_.beat;
  sent_[round_] = now_;
  while (sent_.size() > 16) sent_.erase(sent_.begin());
  tell_all(raft::Beat{term_, round_++});
}

// Until then no majority can have stopped hearing us for long enough to elect another.
Instant RaftElector::lease_end() const {
  if (voters().size() == 1) return Instant::never();
  std::vector<Instant> answered;
  for (const auto& [id, at] : confirmed_) {
    if (id != self()) answered.push_back(at);
  }
  const size_t others = majority() - 1;
  if (answered.size() < others) return Instant{};
  std::nth_element(answered.begin(), answered.begin() + static_cast<ptrdiff_t>(others) - 1, answered.end(), std::greater<>());
  return answered[others - 1] + timing_.suspect - timing_.suspect / 50;
}

void RaftElector::on(BrokerId from, const raft::PreVote& ask) {
  const bool granted = ask.term > term_ && !hears_leader() && role_ != Role::kLeader;
  tell(from, raft::PreVoteReply{granted ? ask.term : term_, granted});
}

void RaftElector::on(BrokerId from, const raft::PreVoteReply& reply) {
  if (!reply.granted) {
    if (reply.term > term_) follow(reply.term, BrokerId());
    return;
  }
  if (role_ != Role::kAsking || reply.term != term_ + 1) return;
  votes_.insert(from);
  if (votes_.size() >= majority()) campaign(false);
}

void RaftElector::on(BrokerId from, const raft::Vote& ask) {
  const bool bound = (hears_leader() || role_ == Role::kLeader) && !ask.transfer;
  if (ask.term > term_ && !bound) follow(ask.term, BrokerId());
  const bool granted = ask.term == term_ && !bound && (voted_for_ == BrokerId() || voted_for_ == from) && role_ == Role::kFollower;
  if (granted) {
    if (voted_for_ != from) {
      voted_for_ = from;
      save();
    }
    // The elected has so long to show itself, and may count on us meanwhile.
    heard_until_ = now_ + timing_.suspect;
    wait_for_leader();
  }
  tell(from, raft::VoteReply{term_, granted});
}

void RaftElector::on(BrokerId from, const raft::VoteReply& reply) {
  if (reply.term > term_) return follow(reply.term, BrokerId());
  if (role_ != Role::kCandidate || reply.term != term_ || !reply.granted) return;
  votes_.insert(from);
  if (votes_.size() >= majority()) lead();
}

void RaftElector::on(BrokerId from, const raft::Beat& beat) {
  if (beat.term < term_) {
    tell(from, raft::BeatReply{term_, beat.round});  // it is deposed, and hears of it here
    return;
  }
  follow(beat.term, from);
  tell(from, raft::BeatReply{term_, beat.round});
}

void RaftElector::on(BrokerId from, const raft::BeatReply& reply) {
  if (reply.term > term_) return follow(reply.term, BrokerId());
  const auto sent = sent_.find(reply.round);
  if (role_ != Role::kLeader || reply.term != term_ || sent == sent_.end()) return;
  Instant& last = confirmed_[from];
  last = std::max(last, sent->second);
}

void RaftElector::on(BrokerId, const raft::TimeoutNow& order) {
  heard_until_ = Instant{};
  if (standing() && order.term >= term_ && role_ != Role::kLeader) campaign(true);
}

void RaftElector::on(BrokerId, const raft::Wish& wish) {
  if (role_ == Role::kLeader && wish.heir != self() && is_voter(wish.heir)) depose_for(wish.heir);
}

void RaftElector::hand_over(const TransferTo& wish) {
  transfer_ = wish;
  transfer_until_ = now_ + timing_.answer * 4;
  if (role_ == Role::kLeader) {
    if (wish.id == self()) return transferred_if(self());
    depose_for(wish.id);
  } else if (leader_ != BrokerId()) {
    tell(leader_, raft::Wish{wish.id});
  } else if (wish.id == self() && standing()) {
    time_out();
  }
}

// We lead no longer before the heir stands, so that never two lead with a majority's consent.
void RaftElector::depose_for(BrokerId heir) {
  const int64_t term = term_;
  follow(term_, BrokerId());
  heard_until_ = Instant{};
  if (heir != BrokerId()) tell(heir, raft::TimeoutNow{term});
}

void RaftElector::lost(BrokerId id) {
  if (role_ == Role::kLeader || (id != leader_ && leader_ != BrokerId())) return;
  // Nobody is held back for the sake of the dead. Silence may have come first: then the leader is forgotten, and its vote is not.
  if (id == leader_ || id == voted_for_) heard_until_ = Instant{};
  leader_ = BrokerId();
  if (standing() && role_ != Role::kCandidate) deadline_ = std::min(deadline_, now_ + timing_.answer * turn_after(id));
}

}  // namespace baton::election
