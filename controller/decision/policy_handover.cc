#include "controller/decision/policy_handover.h"

#include <algorithm>

#include "controller/decision/policy_clean.h"

namespace baton::decision {
namespace {

// ISR members first, then the eligible: fewer logs to truncate.
std::vector<BrokerId> heirs_of(const PartitionRecord& record, const StandingOf& standing) {
  std::vector<BrokerId> heirs = in_order_of_choice(record, record.isr, standing);
  for (BrokerId id : in_order_of_choice(record, record.eligible, standing)) {
    if (!contains(heirs, id)) heirs.push_back(id);
  }
  return heirs;
}

bool may_inherit(const PartitionRecord& record, BrokerId id, const ReplicaStanding& at) {
  return at.member && (at.clean || contains(record.isr, id));
}

}  // namespace

Handover hand_over(const PartitionRecord& record, BrokerId former, const GivenWord& word, const StandingOf& standing) {
  using What = Handover::What;
  const ReplicaStanding at_former = standing(former);
  // A move that nobody waits for but its own target: the former leader goes on if that one is not to be had.
  const bool named_only = word.wanted != BrokerId() && at_former.electable;
  bool others = false;
  bool better = false;  // one that is not avoided may yet catch up
  for (BrokerId id : heirs_of(record, standing)) {
    const ReplicaStanding at = standing(id);
    if (id == former || !may_inherit(record, id, at)) continue;
    if (named_only && id != word.wanted) continue;
    others |= !named_only || at.electable;
    better |= at.electable && !at.avoided;
    if (at.avoided && better && !word.overdue) continue;
    if (at.electable && contains(word.caught_up, id)) return {What::kSuccessor, id};
  }
  if (!others && !at_former.electable) {
    others =
        std::any_of(record.replicas.begin(), record.replicas.end(), [&](BrokerId id) { return id != former && standing(id).electable; });
  }
  if (others && !word.overdue) return {What::kWait, former};
  if (at_former.electable || (others && at_former.streaming)) return {What::kBackToFormer, former};
  return at_former.streaming ? Handover{What::kNobody, BrokerId()} : Handover{What::kWait, former};
}

}  // namespace baton::decision
