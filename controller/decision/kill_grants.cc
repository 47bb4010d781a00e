#include "controller/decision/kill_grants.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::decision {

KillDecision KillGrants::ask(Instant now, const Victim& victim, const KillFacts& facts) {
  if (!facts.registered) return {false, "that life is not the registered one"};
  if (now < none_before_) return {false, "a grant of the former controller may still be acted upon"};
  if (taken(now, victim, facts.holder))
    return {false, "one kill at a time: broker " + std::to_string(slot_->victim.id.value()) + " comes first"};
  if (facts.store_away) return {false, "the store does not answer, so that nobody could take its place"};
  if (facts.writing) return {false, "a change of partitions is under way"};
  if (facts.last_of) return {false, "it is the last of an ISR that could lead"};
  slot_ = Slot{victim, now + config_.valid + config_.drift};
  return {true, {}};
}

bool KillGrants::taken(Instant now, const Victim& by, HolderLife holder) const {
  // Who asks again has not got the answer, or not in time: no second kill comes of it.
  if (!slot_ || slot_->victim == by || BATON_MUTANT(kills_at_once)) return false;
  switch (holder) {
    case HolderLife::kLives:
      return now < slot_->until;
    case HolderLife::kGone:
      return now < slot_->until + config_.return_wait;
    case HolderLife::kBack:
      return false;
  }
  return true;
}

void KillGrants::returned(const Victim& victim) {
  if (slot_ && slot_->victim == victim) slot_.reset();
}

std::optional<Victim> KillGrants::holder() const {
  return slot_ ? std::optional(slot_->victim) : std::nullopt;
}

bool last_that_could_lead(const PartitionRecord& record, BrokerId victim, const std::function<bool(BrokerId)>& could_lead) {
  if (BATON_MUTANT(last_member_killed)) return false;
  const auto another = [&](const std::vector<BrokerId>& ids) {
    return std::any_of(ids.begin(), ids.end(), [&](BrokerId id) { return id != victim && could_lead(id); });
  };
  if (contains(record.isr, victim)) return !another(record.isr);
  return contains(record.eligible, victim) && !another(record.isr) && !another(record.eligible);
}

}  // namespace baton::decision
