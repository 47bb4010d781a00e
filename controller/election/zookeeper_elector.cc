#include "controller/election/zookeeper_elector.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::election {

using store::StoreError;

ZooKeeperElector::ZooKeeperElector(ZooKeeperElectorOptions options) : options_(std::move(options)), next_call_(options_.first_call) {
  BATON_ASSERT(options_.first_call > 0);
  BATON_ASSERT(!options_.guid.empty());
}

ElectorDecisions ZooKeeperElector::step(Instant now, const ElectorEvent& event) {
  now_ = now;
  out_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  return std::exchange(out_, {});
}

Instant ZooKeeperElector::wake_at() const {
  if (retry_at_ != Instant::never()) return retry_at_;
  bool waits_to_enlist = session_ != 0 && phase_ == Phase::kResting && own_path_.empty() && !retired_;
  return waits_to_enlist ? enlist_from_ : Instant::never();
}

void ZooKeeperElector::on(const StoreReplied& replied) {
  if (auto found = reads_.find(replied.call); found != reads_.end()) {
    seen_[found->second] = replied.reply;
    reads_.erase(found);
    if (reads_.empty()) inspected();
    return;
  }
  if (replied.call == 0 || replied.call != pending_) return;
  pending_ = 0;
  if (phase_ == Phase::kListing) {
    listed(replied.reply);
  } else {
    changed(replied.reply);
  }
}

void ZooKeeperElector::on(const StoreHappened& happened) {
  if (const auto* change = std::get_if<store::SessionChanged>(&happened.event)) return on_session(*change);
  if (std::get<store::WatchFired>(happened.event).path.starts_with(paths::kCandidates)) look();
}

void ZooKeeperElector::on_session(const store::SessionChanged& change) {
  if (change.state == store::SessionState::kSuspended) return;
  bool same = change.state == store::SessionState::kConnected && change.session_id == session_;
  if (!same) {
    forget_session();
    withdraw();
  }
  if (change.state != store::SessionState::kConnected) return;
  session_ = change.session_id;
  retry_ = Duration{};
  look();
}

void ZooKeeperElector::on(const DeathProven& proven) {
  if (proven.guid == options_.guid || !dead_.insert(proven.guid).second) return;
  if (own_path_.empty()) return;  // the look under way, or the next, takes it in
  if (nearest_live_ahead_of(own_path_) == nullptr) nominate();
  bool listed = std::any_of(queue_.begin(), queue_.end(), [&](const Candidate& one) { return one.guid == proven.guid; });
  if (!nominated_ || !listed) look();
}

void ZooKeeperElector::on(const Woken&) {
  bool may_enlist = own_path_.empty() && !retired_ && retry_at_ == Instant::never() && now_ >= enlist_from_;
  if (phase_ == Phase::kResting && (now_ >= retry_at_ || may_enlist)) look();
}

void ZooKeeperElector::on(const Yield& yield) {
  leaving_ = own_path_;
  own_path_.clear();
  enlist_from_ = now_ + yield.backoff;
  withdraw();
  look();
}

void ZooKeeperElector::on(const TransferTo& transfer) {
  heir_ = transfer.guid;
  look();
}

void ZooKeeperElector::on(const Observe& observe) {
  observing_ = observe.on;
  told_queue_.reset();
  data_.clear();
  if (observing_) look();
}

void ZooKeeperElector::on(const Rename& rename) {
  former_guids_.insert(options_.guid);
  former_guids_.erase(rename.guid);
  options_.guid = rename.guid;
  options_.data = rename.data;
  own_path_.clear();
  withdraw();
  look();
}

void ZooKeeperElector::on(const Retire&) {
  retired_ = true;
  own_path_.clear();
  withdraw();
  look();
}

uint64_t ZooKeeperElector::call(store::Request request) {
  out_.push_back(StoreCall{.call = next_call_, .request = std::move(request)});
  return next_call_++;
}

void ZooKeeperElector::look() {
  if (session_ == 0) return;
  if (phase_ != Phase::kResting) {
    look_again_ = true;
    return;
  }
  phase_ = Phase::kListing;
  look_again_ = false;
  retry_at_ = Instant::never();
  pending_ = call(store::Children{paths::kCandidates, observing_ || list_watched_});
}

void ZooKeeperElector::listed(const store::Reply& reply) {
  if (!reply.ok()) return retry_later();
  std::vector<std::string> own(former_guids_.begin(), former_guids_.end());
  own.insert(own.begin(), options_.guid);
  queue_ = queue_of(reply.children, own);
  auto gone = [this](const std::string& path) {
    return std::none_of(queue_.begin(), queue_.end(), [&](const Candidate& one) { return one.path == path; });
  };
  if (!leaving_.empty() && gone(leaving_)) leaving_.clear();
  if (!own_path_.empty() && gone(own_path_)) own_path_.clear();
  std::erase_if(data_, [&](const auto& entry) { return gone(entry.first); });
  inspect();
}

// Reads our own nodes, whose owner decides whether they are ours, and the predecessor, whose end we wait for.
void ZooKeeperElector::inspect() {
  phase_ = Phase::kInspecting;
  seen_.clear();
  watched_.clear();
  auto ask = [this](const std::string& path, bool watch) { reads_.emplace(call(store::Get{path, watch}), path); };
  std::string first_own;
  for (const Candidate& one : queue_) {
    if (!is_own(one)) continue;
    ask(one.path, true);
    if (first_own.empty() && one.path != leaving_) first_own = one.path;
  }
  if (const Candidate* ahead = first_own.empty() ? nullptr : nearest_live_ahead_of(first_own)) {
    watched_ = ahead->path;
    ask(watched_, true);
  }
  if (observing_) {
    for (const Candidate& one : queue_) {
      if (!data_.contains(one.path) && !is_own(one) && one.path != watched_) ask(one.path, false);
    }
  }
  if (reads_.empty()) inspected();
}

void ZooKeeperElector::inspected() {
  std::string kept;
  std::vector<store::Op> ops;
  for (const Candidate& one : queue_) {
    auto seen = seen_.find(one.path);
    if (seen == seen_.end()) continue;
    const store::Reply& reply = seen->second;
    if (!reply.ok() && reply.error != StoreError::kNoNode) return retry_later();
    if (!reply.ok()) {
      look_again_ = true;  // gone since it was listed
      continue;
    }
    data_[one.path] = reply.data;
    if (!is_own(one)) continue;
    bool owned = reply.stat.ephemeral_owner == session_ || BATON_MUTANT(owner_unchecked);
    bool good = kept.empty() && !retired_ && one.guid == options_.guid && one.path != leaving_ && owned;
    if (good) {
      kept = one.path;
    } else {
      ops.push_back(store::Delete{one.path, {}});
    }
  }
  if (look_again_) {
    phase_ = Phase::kResting;
    return look();
  }
  bool enlists = kept.empty() && !retired_ && now_ >= enlist_from_;
  if (!ops.empty() || enlists) {
    if (enlists) ops.push_back(enlistment());
    return change(std::move(ops));
  }
  settle(std::move(kept));
}

void ZooKeeperElector::change(std::vector<store::Op> ops) {
  phase_ = Phase::kChanging;
  pending_ = call(store::Multi{std::move(ops)});
}

void ZooKeeperElector::changed(const store::Reply& reply) {
  bool turned = std::exchange(turning_, false);
  if (reply.error == StoreError::kConnectionLoss) list_watched_ = true;
  if (!reply.ok()) return retry_later();
  // Done with the turn itself: to look first whether the heir still leads would let two transfers undo each other for ever.
  if (turned && heir_) out_.push_back(Transferred{*std::exchange(heir_, std::nullopt)});
  phase_ = Phase::kResting;
  look();
}

void ZooKeeperElector::settle(std::string own_path) {
  phase_ = Phase::kResting;
  retry_ = Duration{};
  own_path_ = std::move(own_path);
  if (observing_) tell_queue();
  if (nominated_ && nominated_->candidate != own_path_) withdraw();
  if (heir_) return turn_queue();
  if (own_path_.empty()) return;
  const Candidate* ahead = nearest_live_ahead_of(own_path_);
  if (ahead == nullptr) {
    nominate();
  } else if (ahead->path != watched_) {
    look();  // the one that we watch was proven dead meanwhile
  }
}

// Everyone ahead of the heir goes to the end. The heir's node is checked in the same multi, so that the queue is not
// turned for somebody who has left it.
void ZooKeeperElector::turn_queue() {
  auto heir = std::find_if(queue_.begin(), queue_.end(), [this](const Candidate& one) { return one.guid == *heir_; });
  if (heir == queue_.end() || is_dead(*heir)) {
    out_.push_back(TransferFailed{*heir_ + (heir == queue_.end() ? " does not stand for election" : " is dead")});
    heir_.reset();
    return look();
  }
  if (heir == queue_.begin()) {
    out_.push_back(Transferred{*std::exchange(heir_, std::nullopt)});
    return look();
  }
  std::vector<store::Op> ops{store::Check{heir->path, {}}};
  bool own_leaves = false;
  for (auto one = queue_.begin(); one != heir; ++one) {
    ops.push_back(store::Delete{one->path, {}});
    own_leaves |= is_own(*one);
  }
  if (own_leaves && !retired_) ops.push_back(enlistment());
  turning_ = true;
  change(std::move(ops));
}

void ZooKeeperElector::nominate() {
  Nomination nomination{.candidate = own_path_, .session = session_, .dead = {}};
  for (const Candidate& one : queue_) {
    if (is_dead(one)) nomination.dead.push_back(Candidate{.guid = one.guid, .path = one.path, .sequence = one.sequence, .data = {}});
  }
  bool same_place = nominated_ && nominated_->candidate == nomination.candidate;
  bool known = same_place && std::all_of(nomination.dead.begin(), nomination.dead.end(), [this](const Candidate& one) {
                 return std::find(nominated_->dead.begin(), nominated_->dead.end(), one) != nominated_->dead.end();
               });
  nominated_ = nomination;
  if (known) return;
  out_.push_back(Nominated{std::move(nomination)});
}

void ZooKeeperElector::tell_queue() {
  std::vector<Candidate> queue = queue_;
  for (Candidate& one : queue) one.data = data_[one.path];
  if (told_queue_ == queue) return;
  told_queue_ = queue;
  out_.push_back(QueueChanged{std::move(queue)});
}

void ZooKeeperElector::withdraw() {
  if (!std::exchange(nominated_, std::nullopt)) return;
  out_.push_back(Withdrawn{});
}

void ZooKeeperElector::retry_later() {
  phase_ = Phase::kResting;
  retry_ = retry_ == Duration{} ? options_.retry_min : std::min(retry_ * 2, options_.retry_max);
  retry_at_ = now_ + retry_;
}

void ZooKeeperElector::forget_session() {
  session_ = 0;
  phase_ = Phase::kResting;
  pending_ = 0;
  reads_.clear();
  queue_.clear();
  own_path_.clear();
  leaving_.clear();
  data_.clear();
  told_queue_.reset();
  look_again_ = false;
  list_watched_ = false;
  turning_ = false;
  retry_at_ = Instant::never();
}

bool ZooKeeperElector::is_own(const Candidate& candidate) const {
  return candidate.guid == options_.guid || former_guids_.contains(candidate.guid);
}

const Candidate* ZooKeeperElector::nearest_live_ahead_of(const std::string& path) const {
  const Candidate* nearest = nullptr;
  for (const Candidate& one : queue_) {
    if (one.path == path) return nearest;
    if (!is_dead(one) && !is_own(one)) nearest = &one;
  }
  return nearest;
}

store::Op ZooKeeperElector::enlistment() const {
  return store::Create{candidate_prefix(options_.guid), options_.data, store::NodeKind::kEphemeralSequential};
}

}  // namespace baton::election
