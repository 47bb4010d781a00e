#include "controller/election/ranked_elector.h"

#include <algorithm>
#include <utility>

namespace baton::election {
namespace {

constexpr int kSuspectsAnHeirIsNamed = 10;  // how long, in time-outs of suspicion

}  // namespace

bool RankedElector::ranks_above(BrokerId a, BrokerId b) const {
  if (now_ < heir_until_ && a != b && (a == heir_ || b == heir_)) return a == heir_;
  return outranks(a, b);
}

void RankedElector::begin() {
  if (leader_ == BrokerId() && !looks_before_it_calls()) return start_election();
  if (leader_ != BrokerId() && !tolerates(leader_)) return start_election();
  silent_at_ = now_ + (leader_ == BrokerId() ? timing_.beat * 2 : timing_.suspect);
}

void RankedElector::step_down() {
  stop_election();
  if (!leading_) return;
  give_way();
  leader_ = BrokerId();
  send_to_all(encode(ranked::kAlgorithm, ranked::Message(ranked::SteppedDown{})));
}

void RankedElector::give_way() {
  leading_ = false;
  beat_at_ = Instant::never();
  withdraw();
}

void RankedElector::heard(BrokerId from, std::string_view message) {
  if (const auto common = decode<ranked::Message>(ranked::kAlgorithm, message)) {
    std::visit([&](const auto& one) { on(from, one); }, *common);
  } else {
    came(from, message);
  }
}

void RankedElector::leader_heard(BrokerId from) {
  if (leading_) {
    if (ranks_above(self(), from)) return tell(from, ranked::Beat{});  // it gives way when it hears this
    give_way();
    return accept(from);
  }
  if (standing() && !tolerates(from)) {
    if (election_due() == Instant::never()) start_election();
    return;
  }
  if (leader_ == BrokerId() || leader_ == from || ranks_above(from, leader_)) accept(from);
}

void RankedElector::accept(BrokerId leader) {
  if (leading_) give_way();
  stop_election();
  leader_ = leader;
  silent_at_ = now_ + timing_.suspect;
  if (transfer_ && transfer_->id == leader) {
    say(Transferred{transfer_->guid});
    transfer_.reset();
    transfer_until_ = Instant::never();
  }
}

void RankedElector::on(BrokerId from, const ranked::SteppedDown&) {
  if (leader_ == from) call_election();
}

void RankedElector::on(BrokerId from, const ranked::Named& named) {
  heir_ = named.heir;
  heir_until_ = now_ + std::chrono::milliseconds(std::clamp<int64_t>(named.milliseconds, 0, 3'600'000));
  if (named.heir == self() && standing()) return become_leader();
  if (leader_ == from && !leading_) silent_at_ = now_ + timing_.suspect;
}

void RankedElector::doubt_leader() {
  leader_ = BrokerId();
  silent_at_ = Instant::never();
}

void RankedElector::call_election() {
  doubt_leader();
  if (standing()) start_election();
}

void RankedElector::become_leader() {
  stop_election();
  silent_at_ = Instant::never();
  beat_at_ = now_ + timing_.beat;
  leader_ = self();
  leading_ = true;
  announce();
  nominate();
  if (transfer_ && transfer_->id == self()) {
    say(Transferred{transfer_->guid});
    transfer_.reset();
    transfer_until_ = Instant::never();
  }
}

void RankedElector::lost(BrokerId id) {
  peer_lost(id);
  if (id == leader_) call_election();
}

void RankedElector::hand_over(const TransferTo& wish) {
  transfer_ = wish;
  transfer_until_ = now_ + timing_.answer * 2;
  heir_ = wish.id;
  heir_until_ = now_ + timing_.suspect * kSuspectsAnHeirIsNamed;
  const auto for_ms = std::chrono::duration_cast<std::chrono::milliseconds>(heir_until_ - now_).count();
  send_to_all(encode(ranked::kAlgorithm, ranked::Message(ranked::Named{wish.id, for_ms})));
  if (wish.id == self() && standing()) become_leader();
}

void RankedElector::woken() {
  if (now_ >= transfer_until_) {
    transfer_until_ = Instant::never();
    heir_until_ = now_;
    say(TransferFailed{std::exchange(transfer_, std::nullopt)->guid + " did not answer"});
  }
  if (leading_ && now_ >= beat_at_) {
    beat_at_ = now_ + timing_.beat;
    send_to_all(encode(ranked::kAlgorithm, ranked::Message(ranked::Beat{})));
  }
  if (!leading_ && now_ >= silent_at_) call_election();
  if (now_ >= election_due()) election_woken();
}

Instant RankedElector::due() const {
  return std::min({transfer_until_, beat_at_, leading_ ? Instant::never() : silent_at_, election_due()});
}

}  // namespace baton::election
