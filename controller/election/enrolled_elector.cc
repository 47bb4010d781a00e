#include "controller/election/enrolled_elector.h"

#include <algorithm>
#include <utility>

namespace baton::election {

EnrolledElector::EnrolledElector(ZooKeeperElectorOptions roll, std::unique_ptr<Elector> elector, uint64_t elector_calls)
    : roll_(roll), elector_(std::move(elector)), elector_calls_(elector_calls), guid_(roll.guid) {}

ElectorDecisions EnrolledElector::step(Instant now, const ElectorEvent& event) {
  now_ = now;
  if (!std::exchange(begun_, true)) tell_roll(Observe{true});
  if (const auto* replied = std::get_if<StoreReplied>(&event)) {
    if (replied->call >= elector_calls_) {
      tell_elector(event);
    } else {
      tell_roll(event);
    }
  } else if (const auto* observe = std::get_if<Observe>(&event)) {
    observing_ = observe->on;
    if (observing_ && !queue_.empty()) out_.push_back(QueueChanged{queue_});
  } else if (std::holds_alternative<Yield>(event) || std::holds_alternative<TransferTo>(event)) {
    tell_elector(event);  // a place on the roll is nobody's turn
  } else {
    if (const auto* proven = std::get_if<DeathProven>(&event)) dead_.insert(proven->guid);
    if (const auto* rename = std::get_if<Rename>(&event)) guid_ = rename->guid;
    tell_roll(event);
    tell_elector(event);
  }
  nominate();
  return std::exchange(out_, {});
}

Instant EnrolledElector::wake_at() const {
  return std::min(roll_.wake_at(), elector_->wake_at());
}

void EnrolledElector::tell_roll(const ElectorEvent& event) {
  for (ElectorDecision& decision : roll_.step(now_, event)) {
    if (auto* changed = std::get_if<QueueChanged>(&decision)) {
      queue_ = changed->queue;
      if (observing_) out_.push_back(std::move(decision));
    } else if (std::holds_alternative<StoreCall>(decision)) {
      out_.push_back(std::move(decision));
    }
  }
}

void EnrolledElector::tell_elector(const ElectorEvent& event) {
  for (ElectorDecision& decision : elector_->step(now_, event)) {
    if (auto* nominated = std::get_if<Nominated>(&decision)) {
      proposed_ = std::move(nominated->nomination);
    } else if (std::holds_alternative<Withdrawn>(decision)) {
      proposed_.reset();
      // In its turn: a planned change withdraws before it is transferred.
      if (std::exchange(told_, std::nullopt)) out_.push_back(std::move(decision));
    } else {
      out_.push_back(std::move(decision));
    }
  }
}

// Told again when we have come to stand on the roll, or more of it are proven dead.
void EnrolledElector::nominate() {
  if (!proposed_) return;
  Nomination nomination = *proposed_;
  for (const Candidate& one : queue_) {
    if (nomination.candidate.empty() && one.guid == guid_) nomination.candidate = one.path;
    if (dead_.contains(one.guid))
      nomination.dead.push_back(Candidate{.guid = one.guid, .path = one.path, .sequence = one.sequence, .data = {}});
  }
  if (told_ == nomination) return;
  told_ = nomination;
  out_.push_back(Nominated{std::move(nomination)});
}

}  // namespace baton::election
