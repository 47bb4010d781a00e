#include "controller/decision/succession.h"

#include <algorithm>

#include "base/mutants.h"
#include "controller/decision/policy_clean.h"
#include "controller/decision/policy_eligible.h"
#include "controller/decision/policy_unclean.h"

namespace baton::decision {
namespace {

struct Choice {
  BrokerId leader;
  bool unclean = false;
};

// Nobody leads, or the leader is gone.
std::optional<Choice> choose(const PartitionRecord& record, const SuccessionInput& input, const StandingOf& standing) {
  if (auto leader = clean_leader(record, standing)) return Choice{*leader, false};
  if (auto leader = eligible_leader(record, standing)) return Choice{*leader, false};
  if (auto heir = greatest_of_all(record, standing)) return Choice{heir->leader, !input.commit_flush_policy || heir->refused};
  if (!input.unclean_allowed) return std::nullopt;
  if (auto leader = unclean_leader(record, standing)) return Choice{*leader, true};
  return std::nullopt;
}

void install(PartitionRecord& record, const Choice& choice, int32_t min_insync_replicas) {
  record.leader = choice.leader;
  record.unclean = choice.unclean;
  if (contains(record.isr, choice.leader)) return;
  // Nobody vouches for the others' agreement with a log that was chosen for want of a better one.
  if (choice.unclean) record.isr.clear();
  record.isr.push_back(choice.leader);
  // A clean heir from the eligible set; the others of the set hold no less than the high watermark either.
  record.eligible = choice.unclean ? std::vector<BrokerId>{} : eligible_after(record, record.isr, min_insync_replicas);
}

}  // namespace

std::optional<PartitionRecord> succeed(const SuccessionInput& input, const StandingOf& standing) {
  const PartitionRecord& before = input.record;
  const bool has_leader = before.leader != BrokerId();
  const ReplicaStanding leader = has_leader ? standing(before.leader) : ReplicaStanding{};
  if (has_leader && !leader.member && leader.may_still_act && !BATON_MUTANT(no_wait_for_silent_leader)) return std::nullopt;

  // Who refuses is no heir any more than a dead one is: it counts again when it has entered the ISR (R9).
  const bool refused = leader.member && input.word && input.word->refused;
  PartitionRecord after = before;
  erase_if(after.isr, [&](BrokerId id) { return !standing(id).member || (refused && id == before.leader); });
  after.eligible = eligible_after(before, after.isr, input.min_insync_replicas);

  const bool leader_gone = has_leader && (!leader.member || refused);
  bool answered = refused;  // the word, by another leadership
  std::optional<Choice> choice;
  if (leader.member && !refused && input.word) {
    const Handover handover = hand_over(after, before.leader, *input.word, standing);
    answered = handover.what != Handover::What::kWait;
    if (answered && handover.leader != BrokerId()) choice = Choice{handover.leader, false};
  }
  if (!has_leader || leader_gone) choice = choose(after, input, standing);
  if (!has_leader || leader_gone || answered) {
    after.leader = BrokerId();
    if (choice) install(after, *choice, input.min_insync_replicas);
  }

  const bool another = (after.leader != before.leader && !BATON_MUTANT(leader_epoch_kept)) || answered;
  if (another) after.leader_epoch = before.leader_epoch.next();
  if (after == before) return std::nullopt;
  after.partition_epoch = before.partition_epoch.next();
  return after;
}

}  // namespace baton::decision
