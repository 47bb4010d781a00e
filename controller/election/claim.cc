#include "controller/election/claim.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::election {
namespace {

using store::StoreError;

// /controller_epoch holds a decimal number, as Kafka writes it.
ControllerEpoch parse_epoch(const std::string& data) {
  int32_t value = 0;
  auto [end, error] = std::from_chars(data.data(), data.data() + data.size(), value);
  bool sound = error == std::errc() && end == data.data() + data.size() && value >= 0 && value < std::numeric_limits<int32_t>::max();
  return sound ? ControllerEpoch(value) : ControllerEpoch();
}

bool answered(const store::Reply& reply) {
  return reply.ok() || reply.error == StoreError::kNoNode;
}

// The end of the session is told by a SessionChanged as well; until then there is nothing to do.
bool session_is_over(StoreError error) {
  return error == StoreError::kSessionExpired || error == StoreError::kClosed;
}

}  // namespace

std::string_view name_of(LossReason reason) {
  switch (reason) {
    case LossReason::kDeposed:
      return "deposed";
    case LossReason::kSessionExpired:
      return "session-expired";
    case LossReason::kResigned:
      return "resigned";
  }
  return "deposed";
}

Claim::Claim(ClaimOptions options) : options_(std::move(options)), next_call_(options_.first_call) {
  BATON_ASSERT(options_.controller_json);
  BATON_ASSERT(options_.first_call > 0);
}

ClaimDecisions Claim::step(Instant now, const ClaimEvent& event) {
  now_ = now;
  out_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  return std::exchange(out_, {});
}

Instant Claim::wake_at() const {
  return std::min(deadline_, retry_at_);
}

void Claim::on(const Nominated& nominated) {
  bool news = nomination_ != nominated.nomination;
  nomination_ = nominated.nomination;
  if (phase_ == Phase::kRuling || phase_ == Phase::kResigning) return;
  if (session_ != nomination_->session) rest();
  session_ = nomination_->session;
  if (phase_ == Phase::kReading && news) look_again_ = true;
  if (phase_ != Phase::kWaiting && deadline_ == Instant::never()) deadline_ = now_ + options_.time_out;
  if (phase_ == Phase::kIdle || (phase_ == Phase::kWaiting && news)) read();
}

void Claim::on(const NominationWithdrawn&) {
  nomination_.reset();
  deadline_ = Instant::never();
  bool unresolved = phase_ == Phase::kClaiming || unclear_ != ControllerEpoch();
  if (phase_ != Phase::kRuling && phase_ != Phase::kResigning && !unresolved) rest();
}

void Claim::on(const Resign&) {
  if (phase_ == Phase::kRuling) {
    resign();
  } else if (phase_ != Phase::kResigning && nomination_) {
    abdicate(Duration{});
  }
}

void Claim::on(const Woken&) {
  if (now_ >= deadline_) abdicate(options_.backoff);
  if (now_ >= retry_at_) retry();
}

void Claim::on(const StoreHappened& happened) {
  if (const auto* change = std::get_if<store::SessionChanged>(&happened.event)) return on_session(*change);
  on_watch(std::get<store::WatchFired>(happened.event));
}

void Claim::on_session(const store::SessionChanged& change) {
  if (change.state == store::SessionState::kSuspended) return;
  if (change.state == store::SessionState::kConnected && (session_ == 0 || change.session_id == session_)) {
    if (retry_at_ != Instant::never()) retry();
    return;
  }
  nomination_.reset();
  if (phase_ == Phase::kRuling || phase_ == Phase::kResigning) {
    lose(LossReason::kSessionExpired);
  } else {
    rest();
  }
  session_ = 0;
}

void Claim::on_watch(const store::WatchFired& fired) {
  bool ours = fired.path == paths::kController || fired.path == paths::kControllerEpoch;
  if (!ours) return;
  if (phase_ == Phase::kReading) look_again_ = true;
  if (phase_ == Phase::kWaiting) read();
  if (phase_ == Phase::kRuling && fired.path == paths::kControllerEpoch) watch_epoch();
}

void Claim::on(const StoreReplied& replied) {
  if (auto found = reads_.find(replied.call); found != reads_.end()) {
    std::string path = std::move(found->second);
    reads_.erase(found);
    return read_replied(path, replied.reply);
  }
  if (replied.call != 0 && replied.call == write_) {
    write_ = 0;
    write_replied(replied.reply);
  }
}

uint64_t Claim::call(store::Request request) {
  out_.push_back(StoreCall{.call = next_call_, .request = std::move(request)});
  return next_call_++;
}

void Claim::read() {
  phase_ = Phase::kReading;
  retry_at_ = Instant::never();
  look_again_ = false;
  view_ = {};
  reads_.clear();
  auto ask = [this](const std::string& path, bool watch) { reads_.emplace(call(store::Get{path, watch}), path); };
  ask(paths::kControllerEpoch, false);
  ask(paths::kController, true);
  if (!nomination_) return;
  for (const Candidate& dead : nomination_->dead) ask(dead.path, false);
}

void Claim::read_replied(const std::string& path, const store::Reply& reply) {
  if (phase_ == Phase::kRuling) return epoch_seen(reply);
  if (phase_ != Phase::kReading) return;
  if (!answered(reply)) {
    reads_.clear();
    if (session_is_over(reply.error)) return rest();
    return pause();
  }
  if (path == paths::kControllerEpoch) {
    view_.epoch = reply;
  } else if (path == paths::kController) {
    view_.controller = reply;
  } else {
    view_.dead[path] = reply;
  }
  if (reads_.empty()) judge();
}

void Claim::judge() {
  if (look_again_) return read();
  if (!view_.epoch.ok()) {
    if (nomination_) return found_epoch();
    return rest();
  }
  ControllerEpoch epoch = parse_epoch(view_.epoch.data);
  if (epoch == ControllerEpoch()) return pause();  // somebody else's data: never guess an epoch
  if (is_our_success(epoch)) return rule(epoch, view_.epoch.stat.version);
  // At or past the epoch that we tried for, and it is not ours: that attempt is settled. Below it, the read may be old.
  if (epoch >= unclear_) unclear_ = ControllerEpoch();
  if (!nomination_) {
    if (unclear_ == ControllerEpoch()) return rest();
    return pause();
  }
  bool free = !view_.controller.ok() || view_.controller.stat.ephemeral_owner == session_ || left_by_the_dead() ||
              BATON_MUTANT(claim_over_live_controller);
  if (free) {
    if (deadline_ == Instant::never()) deadline_ = now_ + options_.time_out;
    return attempt(epoch.next());
  }
  phase_ = Phase::kWaiting;
  deadline_ = Instant::never();
  retry_ = Duration{};
}

// Only our session could have created this /controller, and only the transaction that set this epoch did.
bool Claim::is_our_success(ControllerEpoch epoch) const {
  const store::Stat& controller = view_.controller.stat;
  bool owned = controller.ephemeral_owner == session_ || BATON_MUTANT(owner_unchecked);
  return unclear_ != ControllerEpoch() && epoch == unclear_ && view_.controller.ok() && owned && controller.czxid == view_.epoch.stat.mzxid;
}

bool Claim::left_by_the_dead() const {
  int64_t owner = view_.controller.stat.ephemeral_owner;
  return std::any_of(view_.dead.begin(), view_.dead.end(),
                     [owner](const auto& candidate) { return candidate.second.ok() && candidate.second.stat.ephemeral_owner == owner; });
}

void Claim::found_epoch() {
  phase_ = Phase::kFounding;
  write_ = call(store::Multi{{store::Create{paths::kControllerEpoch, "0"}}});
}

void Claim::attempt(ControllerEpoch epoch) {
  phase_ = Phase::kClaiming;
  if (BATON_MUTANT(no_epoch_compare_and_set)) epoch = ControllerEpoch(std::max(epoch.value() - 1, 1));
  if (BATON_MUTANT(sequence_taken_for_epoch)) {
    const std::string& node = nomination_->candidate;
    epoch = ControllerEpoch(parse_candidate(std::string_view(node).substr(node.rfind('/') + 1))->sequence);
  }
  attempting_ = epoch;
  store::Multi multi;
  if (!nomination_->candidate.empty()) multi.ops.push_back(store::Check{nomination_->candidate, {}});
  set_epoch_op_ = multi.ops.size();
  multi.ops.push_back(store::SetData{paths::kControllerEpoch, std::to_string(epoch.value()), view_.epoch.stat.version});
  if (view_.controller.ok()) multi.ops.push_back(store::Delete{paths::kController, {}});
  for (const auto& [path, reply] : view_.dead) {
    if (reply.ok()) multi.ops.push_back(store::Delete{path, {}});
  }
  multi.ops.push_back(store::Create{paths::kController, options_.controller_json(epoch), store::NodeKind::kEphemeral});
  write_ = call(std::move(multi));
}

void Claim::write_replied(const store::Reply& reply) {
  if (phase_ == Phase::kClaiming) return attempt_replied(reply);
  if (phase_ == Phase::kResigning) return resignation_replied(reply);
  if (phase_ != Phase::kFounding) return;
  if (reply.ok() || reply.error == StoreError::kNodeExists) return read();
  if (session_is_over(reply.error)) return rest();
  pause();
}

void Claim::attempt_replied(const store::Reply& reply) {
  ControllerEpoch epoch = std::exchange(attempting_, {});
  if (reply.ok()) return rule(epoch, reply.results[set_epoch_op_].stat.version);
  if (session_is_over(reply.error)) return rest();
  if (reply.error == StoreError::kConnectionLoss && !BATON_MUTANT(claim_not_read_back)) unclear_ = epoch;
  pause();
}

void Claim::rule(ControllerEpoch epoch, StoreVersion version) {
  rest();
  phase_ = Phase::kRuling;
  epoch_ = epoch;
  version_ = version;
  out_.push_back(Ruling{.epoch = epoch, .version = version});
  watch_epoch();
}

void Claim::watch_epoch() {
  retry_at_ = Instant::never();
  reads_.clear();
  reads_.emplace(call(store::Get{paths::kControllerEpoch, true}), paths::kControllerEpoch);
}

void Claim::epoch_seen(const store::Reply& reply) {
  if (session_is_over(reply.error)) return;
  if (!answered(reply)) {
    retry_at_ = now_ + options_.retry_max;
  } else if (!reply.ok() || reply.stat.version > version_) {
    lose(LossReason::kDeposed);
  }
}

void Claim::resign() {
  phase_ = Phase::kResigning;
  retry_at_ = Instant::never();
  reads_.clear();
  write_ = call(store::Multi{{store::Check{paths::kControllerEpoch, version_}, store::Delete{paths::kController, {}}}});
}

void Claim::resignation_replied(const store::Reply& reply) {
  constexpr int kCheckEpoch = 0;
  if (session_is_over(reply.error)) return;
  bool refused = reply.error == StoreError::kBadVersion || reply.error == StoreError::kNoNode;
  if (refused && reply.failed_op() == kCheckEpoch) return lose(LossReason::kDeposed);
  // A /controller that is gone already: an earlier try, whose reply was lost, removed it.
  if (reply.ok() || refused) return lose(LossReason::kResigned);
  retry_at_ = now_ + options_.retry_min;
}

// The next look comes at once, those after it at growing distances.
void Claim::pause() {
  phase_ = Phase::kPausing;
  if (retry_ == Duration{}) {
    retry_ = options_.retry_min;
    return read();
  }
  retry_at_ = now_ + retry_;
  retry_ = std::min(retry_ * 2, options_.retry_max);
}

void Claim::retry() {
  retry_at_ = Instant::never();
  if (phase_ == Phase::kPausing) read();
  if (phase_ == Phase::kRuling) watch_epoch();
  if (phase_ == Phase::kResigning && write_ == 0) resign();
}

void Claim::abdicate(Duration backoff) {
  on(NominationWithdrawn{});
  out_.push_back(Abdicated{.backoff = backoff});
}

void Claim::lose(LossReason reason) {
  rest();
  nomination_.reset();
  out_.push_back(Lost{.reason = reason});
}

void Claim::rest() {
  phase_ = Phase::kIdle;
  reads_.clear();
  write_ = 0;
  look_again_ = false;
  attempting_ = ControllerEpoch();
  unclear_ = ControllerEpoch();
  deadline_ = Instant::never();
  retry_at_ = Instant::never();
  retry_ = Duration{};
}

}  // namespace baton::election
