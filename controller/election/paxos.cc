#include "controller/election/paxos.h"

#include <algorithm>
#include <utility>

namespace baton::election {
namespace {

int64_t ballot_of(int64_t round, BrokerId proposer) {
  return (round << 32) | static_cast<uint32_t>(proposer.value());
}
int64_t round_of(int64_t ballot) {
  return ballot >> 32;
}
// Nobody counts so far: such a number is none.
bool is_sound(int64_t number) {
  return number >= 0 && number < int64_t{1} << 60;
}
int64_t micros(Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

}  // namespace

PaxosElector::PaxosElector(PeerConfig config) : PeerElector(std::move(config)) {
  if (state_at_start().empty()) return;
  Reader in(state_at_start());
  for (int64_t* number : {&promised_.first, &promised_.second, &accepted_.first, &accepted_.second}) *number = in.varlong();
  accepted_value_ = BrokerId(in.varint());
  restarted_ = true;
}

void PaxosElector::save() {
  Writer out;
  for (int64_t number : {promised_.first, promised_.second, accepted_.first, accepted_.second}) out.varlong(number);
  out.varint(accepted_value_.value());
  persist(out.take());
}

void PaxosElector::begin() {
  if (mastered_ == 0) try_again_from(std::max({now_, lease_until_, forgotten_until_}));
}

void PaxosElector::step_down() {
  phase_ = Phase::kCalm;
  try_at_ = Instant::never();
  if (mastered_ != 0) release(BrokerId());
}

void PaxosElector::heard(BrokerId from, std::string_view message) {
  if (std::exchange(restarted_, false)) forgotten_until_ = now_ + timing_.suspect;
  const auto known = decode<paxos::Message>(paxos::kAlgorithm, message);
  if (!known) return;
  std::visit(
      [&](const auto& one) {
        if constexpr (requires { one.epoch; }) {
          if (!is_sound(one.epoch)) return;
        }
        if constexpr (requires { one.ballot; }) {
          if (!is_sound(one.ballot)) return;
        }
        if constexpr (requires { one.promised_epoch; }) {
          if (!is_sound(one.promised_epoch) || !is_sound(one.promised_ballot) || !is_sound(one.accepted_epoch)) return;
        }
        on(from, one);
      },
      *known);
}

void PaxosElector::woken() {
  if (std::exchange(restarted_, false)) forgotten_until_ = now_ + timing_.suspect;
  if (now_ >= transfer_until_) {
    transfer_until_ = Instant::never();
    say(TransferFailed{std::exchange(transfer_, std::nullopt)->guid + " was not chosen in time"});
  }
  if (mastered_ != 0 && now_ >= mastered_until_) end_mastership();
  if (mastered_ != 0 && now_ >= renew_at_) renew();
  if (now_ < try_at_) return;
  try_at_ = Instant::never();
  if (standing() && mastered_ == 0) propose();
}

Instant PaxosElector::due() const {
  const Instant master = mastered_ == 0 ? Instant::never() : std::min(renew_at_, mastered_until_);
  return std::min({transfer_until_, master, try_at_});
}

// Everybody waits for another random time, lest two outbid each other again and again.
void PaxosElector::try_again_from(Instant at) {
  phase_ = Phase::kCalm;
  try_at_ = standing() ? at + jitter(timing_.answer * 2) : Instant::never();
}

// How long this epoch is closed to the proposer, as far as this acceptor has its word in it.
Duration PaxosElector::barred(BrokerId proposer, int64_t epoch) const {
  Instant until = forgotten_until_;
  if (epoch > lease_epoch_ && proposer != lease_master_) until = std::max(until, lease_until_);
  if (proposer != heir_) until = std::max(until, reserved_until_);
  return std::max(until - now_, Duration{});
}

void PaxosElector::refuse(BrokerId to, int64_t epoch, int64_t ballot) {
  answer(to, paxos::Refuse{epoch, ballot, promised_.first, promised_.second, accepted_.first, micros(barred(to, epoch))});
}

// Our own questions are answered here as anybody's are, without a message.
void PaxosElector::answer(BrokerId to, const paxos::Message& message) {
  if (to != self()) return send(to, encode(paxos::kAlgorithm, message));
  std::visit([&](const auto& one) { on(self(), one); }, message);
}

void PaxosElector::on(BrokerId from, const paxos::Prepare& ask) {
  const Place place{ask.epoch, ask.ballot};
  if (barred(from, ask.epoch) > Duration{} || place <= promised_ || ask.epoch < accepted_.first) return refuse(from, ask.epoch, ask.ballot);
  promised_ = place;
  save();
  const bool accepted = accepted_.first == ask.epoch;
  answer(from, paxos::Promise{ask.epoch, ask.ballot, accepted ? accepted_.second : 0, accepted ? accepted_value_ : BrokerId()});
}

void PaxosElector::on(BrokerId from, const paxos::Accept& ask) {
  const Place place{ask.epoch, ask.ballot};
  if (place < promised_ || !is_voter(ask.value)) return refuse(from, ask.epoch, ask.ballot);
  promised_ = place;
  accepted_ = place;
  accepted_value_ = ask.value;
  save();
  grant_lease(ask.epoch, ask.value);
  answer(from, paxos::Accepted{ask.epoch, ask.ballot});
}

void PaxosElector::grant_lease(int64_t epoch, BrokerId master) {
  if (epoch > mastered_ && mastered_ != 0) end_mastership();
  lease_epoch_ = epoch;
  lease_master_ = master;
  lease_until_ = now_ + timing_.suspect;
  reserved_until_ = now_;
  if (phase_ == Phase::kCalm) try_again_from(lease_until_);
}

void PaxosElector::on(BrokerId from, const paxos::Renew& renewal) {
  // A later epoch was promised: the lease may no longer be prolonged.
  if (renewal.epoch < promised_.first || renewal.epoch < lease_epoch_) return refuse(from, renewal.epoch, 0);
  grant_lease(renewal.epoch, from);
  if (from != self()) transferred_if(from);
  answer(from, paxos::Renewed{renewal.epoch, renewal.round});
}

void PaxosElector::on(BrokerId from, const paxos::Released& released) {
  if (released.epoch != lease_epoch_ || from != lease_master_) return;
  lease_until_ = now_;
  heir_ = released.heir;
  if (heir_ != BrokerId()) reserved_until_ = now_ + std::chrono::microseconds(std::clamp<int64_t>(released.reserved_us, 0, 3'600'000'000));
  if (!standing() || mastered_ != 0) return;
  if (heir_ == self()) {
    propose();
  } else {
    try_again_from(heir_ == BrokerId() ? now_ : reserved_until_);
  }
}

void PaxosElector::propose() {
  const Duration closed = barred(self(), std::max(accepted_.first, lease_epoch_) + 1);
  if (closed > Duration{}) return try_again_from(now_ + closed);
  phase_ = Phase::kPreparing;
  epoch_ = std::max({accepted_.first + 1, lease_epoch_ + 1, promised_.first, epoch_});
  round_ = std::max(round_, round_of(promised_.second)) + 1;
  ballot_ = ballot_of(round_, self());
  value_ = self();
  value_ballot_ = 0;
  yes_.clear();
  no_.clear();
  try_at_ = now_ + timing_.answer * 3 + jitter(timing_.answer);
  const int64_t ballot = ballot_;
  tell_all(paxos::Prepare{epoch_, ballot_});
  if (ballot == ballot_) on(self(), paxos::Prepare{epoch_, ballot_});
}

void PaxosElector::on(BrokerId from, const paxos::Promise& promise) {
  if (phase_ != Phase::kPreparing || promise.epoch != epoch_ || promise.ballot != ballot_) return;
  if (promise.accepted_ballot > value_ballot_ && is_voter(promise.accepted_value)) {
    value_ballot_ = promise.accepted_ballot;
    value_ = promise.accepted_value;
  }
  yes_.insert(from);
  if (yes_.size() < majority()) return;
  phase_ = Phase::kAccepting;
  yes_.clear();
  no_.clear();
  accept_sent_ = now_;
  tell_all(paxos::Accept{epoch_, ballot_, value_});
  on(self(), paxos::Accept{epoch_, ballot_, value_});
}

void PaxosElector::on(BrokerId from, const paxos::Accepted& accepted) {
  if (phase_ != Phase::kAccepting || accepted.epoch != epoch_ || accepted.ballot != ballot_) return;
  yes_.insert(from);
  if (yes_.size() >= majority()) chosen();
}

void PaxosElector::chosen() {
  phase_ = Phase::kCalm;
  try_at_ = Instant::never();
  tell_all(paxos::Chosen{epoch_, value_});
  if (value_ == self()) {
    become_master(epoch_, accept_sent_);
  } else {
    try_again_from(lease_until_);  // we finished another's election
  }
}

void PaxosElector::on(BrokerId from, const paxos::Refuse& refusal) {
  if (mastered_ != 0 && refusal.epoch == mastered_ && refusal.ballot == 0) {
    if (refusal.promised_epoch > mastered_) epoch_ = std::max(epoch_, refusal.promised_epoch);
    return;  // the lease ends by itself unless a majority renews it
  }
  if (phase_ == Phase::kCalm || refusal.epoch != epoch_ || refusal.ballot != ballot_) return;
  no_.insert(from);
  round_ = std::max(round_, round_of(refusal.promised_ballot));
  if (no_.size() <= voters().size() - majority()) return;
  epoch_ = std::max({epoch_, refusal.accepted_epoch + 1, refusal.promised_epoch});
  try_again_from(now_ + std::chrono::microseconds(std::clamp<int64_t>(refusal.wait_us, 0, micros(timing_.suspect) * 2)));
}

void PaxosElector::on(BrokerId from, const paxos::Chosen& chosen) {
  if (chosen.epoch < lease_epoch_) return;
  if (chosen.value == from) transferred_if(from);
  // Another finished our election: we rule as soon as a majority has renewed the lease.
  if (chosen.value == self() && mastered_ == 0 && standing() && chosen.epoch >= promised_.first) {
    become_master(chosen.epoch, now_ - timing_.suspect);
  }
}

void PaxosElector::become_master(int64_t epoch, Instant lease_from) {
  mastered_ = epoch;
  mastered_until_ = lease_from + timing_.suspect - timing_.suspect / 50;
  renewals_.clear();
  try_at_ = Instant::never();
  if (voters().size() == 1) mastered_until_ = Instant::never();
  if (now_ < mastered_until_) {
    renew_at_ = now_ + timing_.beat;
    nominate();
    transferred_if(self());
    return;
  }
  mastered_until_ = now_ + timing_.suspect;  // for the first renewal to come through; we are not nominated before it does
  renew();
}

void PaxosElector::renew() {
  renew_at_ = now_ + timing_.beat;
  const int64_t round = ++renewal_;
  renewals_[round] = Renewal{now_, {}};
  while (renewals_.size() > 16) renewals_.erase(renewals_.begin());
  const int64_t epoch = mastered_;
  tell_all(paxos::Renew{epoch, round});
  on(self(), paxos::Renew{epoch, round});
}

void PaxosElector::on(BrokerId from, const paxos::Renewed& renewed) {
  const auto found = renewals_.find(renewed.round);
  if (mastered_ == 0 || renewed.epoch != mastered_ || found == renewals_.end()) return;
  found->second.yes.insert(from);
  if (found->second.yes.size() < majority()) return;
  const Instant until = found->second.sent + timing_.suspect - timing_.suspect / 50;
  if (now_ >= until) return;
  mastered_until_ = nominated() ? std::max(mastered_until_, until) : until;
  renewals_.erase(renewals_.begin(), std::next(found));
  nominate();
  transferred_if(self());
}

void PaxosElector::end_mastership() {
  mastered_ = 0;
  renew_at_ = Instant::never();
  withdraw();
  try_again_from(std::max(now_, lease_until_));
}

void PaxosElector::release(BrokerId heir) {
  const int64_t epoch = mastered_;
  end_mastership();
  const paxos::Released released{epoch, heir, micros(timing_.suspect)};
  tell_all(released);
  on(self(), released);
}

void PaxosElector::on(BrokerId, const paxos::Wish& wish) {
  if (mastered_ != 0 && wish.heir != self() && is_voter(wish.heir)) release(wish.heir);
}

void PaxosElector::hand_over(const TransferTo& wish) {
  transfer_ = wish;
  transfer_until_ = now_ + timing_.answer * 4;
  if (mastered_ != 0) {
    if (wish.id == self()) return transferred_if(self());
    release(wish.id);
  } else if (now_ < lease_until_ && lease_master_ != self()) {
    send(lease_master_, encode(paxos::kAlgorithm, paxos::Message(paxos::Wish{wish.id})));
  } else if (wish.id == self() && standing()) {
    propose();
  }
}

void PaxosElector::transferred_if(BrokerId master) {
  if (!transfer_ || transfer_->id != master) return;
  say(Transferred{std::exchange(transfer_, std::nullopt)->guid});
  transfer_until_ = Instant::never();
}

void PaxosElector::lost(BrokerId id) {
  if (id != lease_master_ || mastered_ != 0) return;
  lease_until_ = now_;  // nobody is left whom it could protect
  phase_ = Phase::kCalm;
  try_at_ = standing() ? now_ + timing_.answer * 2 * turn_after(id) : Instant::never();
}

}  // namespace baton::election
