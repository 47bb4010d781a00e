#include "controller/lead/leadership.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace baton::lead {
namespace {

using store::StoreError;

constexpr uint64_t kClaimCalls = uint64_t{1} << 56;
constexpr uint64_t kOwnCalls = uint64_t{1} << 57;

election::ElectorSetup setup_of(const LeadershipOptions& options) {
  election::ElectorSetup setup;
  setup.guid = options.guid;
  Fields who = options.who;
  who.emplace_back("elector", options.elector);
  setup.data = print_fields(who);
  setup.random = options.random;
  return setup;
}

bool session_is_over(StoreError error) {
  return error == StoreError::kSessionExpired || error == StoreError::kClosed;
}

}  // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::kDone:
      return "done";
    case Reason::kAsked:
      return "asked";
    case Reason::kOutOfTouch:
      return "out-of-touch";
    case Reason::kLost:
      return "lost";
  }
  return "lost";
}

Leadership::Leadership(LeadershipOptions options)
    : options_(std::move(options)),
      place_(options_.name),
      elector_(election::make_enrolled(**election::find_elector(options_.elector), setup_of(options_))),
      claim_([this] {
        election::ClaimOptions claim;
        claim.first_call = kClaimCalls;
        claim.controller_json = [this](ControllerEpoch epoch) { return leader_data(epoch); };
        return claim;
      }()),
      next_call_(kOwnCalls) {
  BATON_ASSERT(!options_.guid.empty() && options_.random != nullptr && options_.wall_ms);
}

// Time comes first: a process that was stopped must see how late it is before it acts on what waits for it.
Decisions Leadership::step(Instant now, const Event& event) {
  now_ = now;
  out_.clear();
  if (!refused_) time_passes();
  std::visit([this](const auto& one) { on(one); }, event);
  return std::exchange(out_, {});
}

Instant Leadership::wake_at() const {
  if (refused_) return Instant::never();
  Instant at = std::min(elector_->wake_at(), claim_.wake_at());
  if (lease_call_ == 0 && open()) at = std::min(at, again_at_);
  if (acting_ && !acting_->stopping) at = std::min(at, acting_->until - options_.notice);
  if (acting_ && phase_ == Phase::kReleasing && retiring_) at = std::min(at, acting_->until);
  return at;
}

void Leadership::time_passes() {
  if (acting_ && !acting_->stopping && now_ >= acting_->until - options_.notice) stop(Reason::kOutOfTouch);
  if (phase_ == Phase::kReleasing && retiring_ && now_ >= acting_->until) {
    // Nobody waits for the release any more: the lease is over by itself.
    phase_ = Phase::kResigning;
    over(false);
    tell_elector(election::Retire{});
    if (!std::exchange(retired_, true)) out_.push_back(Retired{});
  }
  if (now_ >= elector_->wake_at()) tell_elector(election::Woken{});
  if (now_ >= claim_.wake_at()) tell_claim(election::Woken{});
  if (now_ < again_at_ || lease_call_ != 0 || !open()) return;
  again_at_ = Instant::never();
  if (!founded_) return connected();
  if (phase_ == Phase::kLeading && !sight_is_old_) return write_lease(Ask::kRenew, false);
  if (phase_ == Phase::kReleasing && !sight_is_old_) return release();
  if (phase_ == Phase::kWaiting) return take_when_free();
  if (phase_ != Phase::kResigning) look_at_lease();
}

void Leadership::on(const election::StoreReplied& replied) {
  if (replied.reply.error == StoreError::kAccessDenied) {
    refuse(true, "the store denies this process access to " + place_.root() + ": give it the rights, or name another store");
  }
  if (replied.call < kClaimCalls) return tell_elector(election::StoreReplied{replied.call, place_.to_core(replied.reply)});
  if (replied.call < kOwnCalls) return tell_claim(election::StoreReplied{replied.call, place_.to_core(replied.reply)});
  const auto found = calls_.find(replied.call);
  if (found == calls_.end()) return;
  const Call call = found->second;
  calls_.erase(found);
  if (replied.call == lease_call_) lease_call_ = 0;
  switch (call.ask) {
    case Ask::kRoot:
      return mark_seen(replied.reply);
    case Ask::kLease:
      return lease_seen(replied.reply);
    case Ask::kWishThere:
    case Ask::kWish:
      return wish_seen(call.ask, replied.reply);
    case Ask::kTake:
    case Ask::kRenew:
    case Ask::kRelease:
      return lease_written(call, replied.reply);
  }
}

void Leadership::on(const election::StoreHappened& happened) {
  if (const auto* change = std::get_if<store::SessionChanged>(&happened.event)) return on_session(*change);
  const auto& fired = std::get<store::WatchFired>(happened.event);
  if (fired.path == place_.wish()) {
    wish_watched_ = false;
    if (acting_ && open() && wish_call_ == 0) call(Ask::kWish, store::Get{place_.wish(), true});
    return;
  }
  const store::StoreEvent inner = place_.to_core(happened.event);
  if (std::get<store::WatchFired>(inner).path.empty()) return;
  tell_elector(election::StoreHappened{inner});
  tell_claim(election::StoreHappened{inner});
}

void Leadership::on_session(const store::SessionChanged& change) {
  connected_ = change.state == store::SessionState::kConnected;
  if (change.state == store::SessionState::kSuspended) {
    tell_elector(election::StoreHappened{change});
    return tell_claim(election::StoreHappened{change});
  }
  const int64_t session = connected_ ? change.session_id : 0;
  if (session != session_) {
    calls_.clear();
    lease_call_ = 0;
    wish_call_ = 0;
    wish_watched_ = false;
    founded_ = false;
    sight_is_old_ = true;
  }
  session_ = session;
  if (!connected_) {
    again_at_ = Instant::never();
    tell_claim(election::StoreHappened{change});
    return tell_elector(election::StoreHappened{change});
  }
  session_timeout_ = change.negotiated_timeout;
  if (own_length() <= options_.notice * 2) {
    return refuse(false, "the store grants sessions of " +
                             std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(session_timeout_).count()) +
                             " ms, too short for the time that the holder wants for stopping: ask for a longer session");
  }
  again_at_ = now_;
  if (founded_) {
    tell_claim(election::StoreHappened{change});
    tell_elector(election::StoreHappened{change});
    return time_passes();
  }
  connected();
}

// The nodes of this place first; the elector and the claim hear of the session once they are there.
void Leadership::connected() {
  for (const auto& [path, data] :
       {std::pair<std::string, std::string>{kLeaders, ""}, {place_.root(), std::string(kMark)}, {place_.candidates(), ""}}) {
    out_.push_back(election::StoreCall{next_call_++, store::Multi{{store::Create{path, data}}}});
  }
  call(Ask::kRoot, store::Get{place_.root(), false});
}

void Leadership::mark_seen(const store::Reply& reply) {
  if (refused_ || session_is_over(reply.error)) return;
  if (!reply.ok()) {
    again_at_ = now_ + kRetry;
    return;
  }
  if (reply.data != kMark) {
    return refuse(
        false,
        place_.root() + " of this store is no leadership of this version of Baton: name another leadership, or another store or chroot");
  }
  founded_ = true;
  again_at_ = now_;
  const store::SessionChanged change{store::SessionState::kConnected, session_, session_timeout_};
  tell_claim(election::StoreHappened{change});
  tell_elector(election::StoreHappened{change});
  time_passes();
}

void Leadership::tell_elector(const election::ElectorEvent& event) {
  if (refused_) return;
  for (const auto& decision : elector_->step(now_, event)) heard(decision);
}

void Leadership::tell_claim(const election::ClaimEvent& event) {
  if (refused_) return;
  for (const auto& decision : claim_.step(now_, event)) heard(decision);
}

void Leadership::heard(const election::ElectorDecision& decision) {
  if (const auto* wanted = std::get_if<election::StoreCall>(&decision)) {
    out_.push_back(election::StoreCall{wanted->call, place_.to_store(wanted->request)});
  } else if (const auto* nominated = std::get_if<election::Nominated>(&decision)) {
    tell_claim(*nominated);
  } else if (std::holds_alternative<election::Withdrawn>(decision)) {
    tell_claim(election::NominationWithdrawn{});
  }
}

void Leadership::heard(const election::ClaimDecision& decision) {
  if (const auto* wanted = std::get_if<election::StoreCall>(&decision)) {
    out_.push_back(election::StoreCall{wanted->call, place_.to_store(wanted->request)});
  } else if (const auto* won = std::get_if<election::Ruling>(&decision)) {
    ruling(*won);
  } else if (const auto* gone = std::get_if<election::Lost>(&decision)) {
    lost(*gone);
  } else if (const auto* abdicated = std::get_if<election::Abdicated>(&decision)) {
    tell_elector(election::Yield{abdicated->backoff});
  }
}

void Leadership::ruling(const election::Ruling& won) {
  epoch_ = won.epoch;
  version_ = won.version;
  length_ = own_length();
  renewals_ = 0;
  phase_ = Phase::kLooking;
  // What is under way is older than the claim.
  std::erase_if(calls_, [this](const auto& one) { return one.first == lease_call_; });
  lease_call_ = 0;
  if (retiring_) return give_up();
  look_at_lease();
}

void Leadership::lost(const election::Lost& gone) {
  const bool was_leading = acting_ && acting_->epoch == epoch_;
  const bool released = was_leading && phase_ == Phase::kResigning;
  phase_ = Phase::kCampaigning;
  epoch_ = ControllerEpoch();
  again_at_ = now_;
  if (was_leading) stop(Reason::kLost);
  if (was_leading && acting_->stopped) over(released);
  if (retiring_ && !acting_) {
    tell_elector(election::Retire{});
    if (!std::exchange(retired_, true)) out_.push_back(Retired{});
  } else if (gone.reason != election::LossReason::kSessionExpired) {
    tell_elector(election::Yield{});
  }
}

void Leadership::call(Ask ask, store::Request request) {
  const uint64_t id = next_call_++;
  calls_.emplace(id, Call{ask, now_});
  (ask == Ask::kWish || ask == Ask::kWishThere ? wish_call_ : lease_call_) = id;
  out_.push_back(election::StoreCall{id, std::move(request)});
}

void Leadership::stop(Reason reason) {
  if (!acting_ || acting_->stopping) return;
  acting_->stopping = reason;
  out_.push_back(Stop{reason, acting_->until});
}

void Leadership::on(const Stopped&) {
  if (!acting_ || acting_->stopped) return;
  acting_->stopping = acting_->stopping.value_or(Reason::kDone);
  acting_->stopped = true;
  if (acting_->epoch == epoch_ && !refused_) {
    phase_ = Phase::kReleasing;
    again_at_ = now_;
    if (lease_call_ == 0) time_passes();
    return;
  }
  // The epoch was lost before: nothing of ours is left to be released, and a leadership that was won meanwhile may begin.
  over(false);
  if (refused_) return;
  if (epoch_ == ControllerEpoch()) {
    if (retiring_) on(Retire{});
  } else if (!retiring_) {
    again_at_ = now_;
    time_passes();
  }
}

void Leadership::on(const Resign&) {
  if (acting_) return stop(Reason::kDone);
  if (epoch_ != ControllerEpoch() && phase_ != Phase::kResigning) return give_up();
  if (epoch_ == ControllerEpoch()) tell_claim(election::Resign{});
}

void Leadership::on(const Retire&) {
  retiring_ = true;
  if (acting_) return stop(Reason::kDone);
  if (epoch_ != ControllerEpoch()) {
    if (phase_ != Phase::kResigning) give_up();
    if (open()) return;
  }
  tell_elector(election::Retire{});
  if (!std::exchange(retired_, true)) out_.push_back(Retired{});
}

void Leadership::give_up() {
  phase_ = Phase::kResigning;
  again_at_ = Instant::never();
  tell_claim(election::Resign{});
}

void Leadership::over(bool released) {
  const Acting was = *std::exchange(acting_, std::nullopt);
  out_.push_back(Ended{was.epoch, was.stopping.value_or(Reason::kLost), released});
}

void Leadership::refuse(bool denied, const std::string& why) {
  if (std::exchange(refused_, true)) return;
  stop(Reason::kLost);
  out_.push_back(Refused{denied, why});
}

std::string Leadership::leader_data(ControllerEpoch epoch) const {
  Fields fields = {{"epoch", std::to_string(epoch.value())}, {"guid", options_.guid}, {"since_ms", std::to_string(options_.wall_ms())}};
  fields.insert(fields.end(), options_.who.begin(), options_.who.end());
  fields.emplace_back("elector", options_.elector);
  return print_fields(fields);
}

}  // namespace baton::lead
