#include "controller/election/standing_elector.h"

#include <algorithm>
#include <utility>

namespace baton::election {

ElectorDecisions StandingElector::step(Instant now, const ElectorEvent& event) {
  now_ = now;
  out_.clear();
  stand_or_not();
  if (now_ >= due()) woken();
  std::visit([this](const auto& one) { on(one); }, event);
  stand_or_not();
  return std::exchange(out_, {});
}

Instant StandingElector::wake_at() const {
  const bool waits = !standing_ && session_ != 0 && !retired_ && now_ < stand_from_;
  const Instant lost = standing_ ? suspended_until_ : Instant::never();
  return std::min({waits ? stand_from_ : Instant::never(), lost, due()});
}

void StandingElector::on(const StoreHappened& happened) {
  if (const auto* watch = std::get_if<store::WatchFired>(&happened.event)) return fired(*watch);
  const auto& change = std::get<store::SessionChanged>(happened.event);
  if (change.state == store::SessionState::kSuspended) {
    if (!notices_silence_of_store()) suspended_until_ = now_ + timing_.suspect;
    return;
  }
  suspended_until_ = Instant::never();
  const int64_t session = change.state == store::SessionState::kConnected ? change.session_id : 0;
  if (session == session_) return;
  session_ = 0;
  stand_or_not();
  session_ = session;
}

void StandingElector::on(const Yield& yield) {
  // Long enough for the others to notice and to have their turn.
  stand_from_ = now_ + std::max(yield.backoff, timing_.suspect * 2);
  stand_or_not();
}

void StandingElector::stand_or_not() {
  const bool able = session_ != 0 && !retired_ && now_ >= stand_from_ && now_ < suspended_until_;
  if (able == standing_) return;
  standing_ = able;
  if (able) {
    begin();
  } else {
    step_down();
    withdraw();
  }
}

void StandingElector::nominate(std::string candidate) {
  if (std::exchange(nominated_, true)) return;
  emit(Nominated{Nomination{.candidate = std::move(candidate), .session = session_, .dead = {}}});
}

void StandingElector::withdraw() {
  if (!std::exchange(nominated_, false)) return;
  if (!forget_held_nomination()) say(Withdrawn{});
}

}  // namespace baton::election
