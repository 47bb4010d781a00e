#include "controller/election/handover.h"

#include <utility>

#include "base/mutants.h"

namespace baton::election {

using How = HandoverOver::How;

HandoverDecisions Handover::step(Instant now, const HandoverEvent& event) {
  now_ = now;
  out_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  return std::exchange(out_, {});
}

void Handover::on(const HandOver& wish) {
  if (under_way() || wish.heir == wish.self) return;
  wish_ = wish;
  phase_ = Phase::kTurning;
  deadline_ = now_ + options_.step_time_out;
  out_.emplace_back(TurnQueue{wish_.heir});
}

void Handover::on(const Transferred& transferred) {
  if (phase_ != Phase::kTurning || transferred.guid != wish_.heir) return;
  phase_ = Phase::kHolding;
  deadline_ = now_ + options_.step_time_out;
  out_.emplace_back(Hold{});
  if (BATON_MUTANT(given_up_with_write_in_flight)) on(Drained{});
}

void Handover::on(const TransferFailed& failed) {
  if (phase_ == Phase::kTurning) keep(failed.reason);
}

void Handover::on(const Drained&) {
  if (phase_ != Phase::kHolding) return;
  phase_ = Phase::kResigning;
  // No time-out: the claim asks until it has an answer, or the session is over. Whether /controller stands is not known until then,
  // and nothing may be written meanwhile in the belief that it does.
  deadline_ = Instant::never();
  out_.emplace_back(GiveUp{});
}

void Handover::on(const Lost& lost) {
  if (phase_ == Phase::kTurning || phase_ == Phase::kHolding) {
    return over({How::kLost, {}, "the rule ended meanwhile: " + std::string(name_of(lost.reason))});
  }
  if (phase_ != Phase::kResigning) return;
  // However it ended, /controller is ours no longer.
  phase_ = Phase::kAwaiting;
  deadline_ = now_ + options_.claim_time_out;
}

void Handover::on(const RuleSeen& seen) {
  if (!under_way() || seen.epoch <= wish_.epoch) return;
  if (seen.guid == wish_.heir) return over({How::kHeirRules, seen.epoch, {}});
  const bool ourselves = seen.guid == wish_.self;
  over({ourselves ? How::kRulesAgain : How::kAnotherRules, seen.epoch, "the heir did not claim"});
}

// After the resignation the queue knows what to do: the next in it claims.
void Handover::on(const DeathProven& proven) {
  if (proven.guid == wish_.heir && (phase_ == Phase::kTurning || phase_ == Phase::kHolding)) keep("the heir died");
}

void Handover::on(const Woken&) {
  if (now_ < deadline_) return;
  if (phase_ == Phase::kTurning) return keep("the store did not answer in time");
  if (phase_ == Phase::kHolding) return keep("the write in flight did not end in time");
  if (phase_ != Phase::kAwaiting && phase_ != Phase::kReturning) return;
  phase_ = Phase::kReturning;
  deadline_ = now_ + options_.claim_time_out;
  out_.emplace_back(TurnQueue{wish_.self});
}

void Handover::keep(std::string reason) {
  if (phase_ == Phase::kHolding) out_.emplace_back(Release{});
  over({How::kKept, wish_.epoch, std::move(reason)});
}

void Handover::over(HandoverOver outcome) {
  phase_ = Phase::kNone;
  deadline_ = Instant::never();
  out_.emplace_back(std::move(outcome));
}

}  // namespace baton::election
