#include "controller/decision/succession.h"

#include <algorithm>
#include <tuple>

#include "base/mutants.h"

namespace baton::decision {
namespace {

using Candidates = std::vector<BrokerId>;

// ISR members and eligible ids, in assignment order, ISR members first: fewer logs to truncate.
Candidates presumptive_heirs(const PartitionRecord& record) {
  Candidates heirs;
  for (BrokerId id : record.replicas) {
    if (contains(record.isr, id)) heirs.push_back(id);
  }
  for (BrokerId id : record.replicas) {
    if (contains(record.eligible, id) && !contains(heirs, id)) heirs.push_back(id);
  }
  return heirs;
}

struct Choice {
  BrokerId leader;
  bool unclean = false;
};

// Any clean heir may lead. Where none is clean and live, the greatest (last epoch, end offset) among all of them, and only
// when all of them have come back: a missing one could hold more.
std::optional<Choice> choose(const PartitionRecord& record, const Candidates& heirs, bool commit_flush_policy, const StandingOf& standing) {
  bool all_back = !heirs.empty();
  std::optional<std::tuple<LeaderEpoch, int64_t>> greatest;
  Choice best;
  for (BrokerId id : heirs) {
    const ReplicaStanding at = standing(id);
    if (!at.electable) {
      all_back = false;
      continue;
    }
    if (at.clean || contains(record.isr, id)) return Choice{id, false};
    const std::tuple<LeaderEpoch, int64_t> end{at.last_epoch, at.end_offset};
    if (!greatest || end > *greatest) {
      greatest = end;
      best = Choice{id, !commit_flush_policy || at.refused};
    }
  }
  if (all_back && greatest) return best;
  return std::nullopt;
}

// R4.2. The former leader goes on serving its followers at the old epoch, so whoever can catch up is waited for; it is bounded,
// and what follows then is the next epoch for the former leader itself. Where it is on its way out this holds for a replica
// outside the ISR as well, which may yet enter it (R4.4). Nobody at all to wait for: who is on its way out leads no more, and
// the partition waits for a replica.
enum class Handover { kWait, kSuccessor, kBackToFormer, kNobody };
struct HandoverChoice {
  Handover what = Handover::kWait;
  BrokerId leader;
};

HandoverChoice hand_over(const PartitionRecord& record, BrokerId former, const GivenWord& word, const StandingOf& standing) {
  bool others = false;
  for (BrokerId id : presumptive_heirs(record)) {
    if (id == former) continue;
    const ReplicaStanding at = standing(id);
    if (!at.member || (!at.clean && !contains(record.isr, id))) continue;
    others = true;
    if (at.electable && contains(word.caught_up, id)) return {Handover::kSuccessor, id};
  }
  const ReplicaStanding at = standing(former);
  if (!others && !at.electable) {
    others =
        std::any_of(record.replicas.begin(), record.replicas.end(), [&](BrokerId id) { return id != former && standing(id).electable; });
  }
  if (others && !word.overdue) return {Handover::kWait, former};
  if (at.electable || (others && at.streaming)) return {Handover::kBackToFormer, former};
  return at.streaming ? HandoverChoice{Handover::kNobody, BrokerId()} : HandoverChoice{Handover::kWait, former};
}

}  // namespace

int32_t effective_minimum(const PartitionRecord& record, int32_t min_insync_replicas) {
  return std::min(min_insync_replicas, static_cast<int32_t>(record.replicas.size()));
}

std::vector<BrokerId> eligible_after(const PartitionRecord& before, const std::vector<BrokerId>& isr, int32_t min_insync_replicas) {
  if (BATON_MUTANT(eligible_set_dropped)) return {};
  if (static_cast<int32_t>(isr.size()) >= effective_minimum(before, min_insync_replicas)) return {};
  std::vector<BrokerId> eligible;
  for (BrokerId id : before.replicas) {
    const bool was = contains(before.eligible, id) || contains(before.isr, id);
    if (was && !contains(isr, id)) eligible.push_back(id);
  }
  return eligible;
}

std::optional<PartitionRecord> succeed(const SuccessionInput& input, const StandingOf& standing) {
  const PartitionRecord& before = input.record;
  const bool has_leader = before.leader != BrokerId();
  const ReplicaStanding leader = has_leader ? standing(before.leader) : ReplicaStanding{};
  if (has_leader && !leader.member && leader.may_still_act && !BATON_MUTANT(no_wait_for_silent_leader)) return std::nullopt;

  // Who refuses is no heir any more than a dead one is: it counts again when it has entered the ISR (R9).
  const bool refused = leader.member && input.word && input.word->refused;
  PartitionRecord after = before;
  std::erase_if(after.isr, [&](BrokerId id) { return !standing(id).member || (refused && id == before.leader); });
  after.eligible = eligible_after(before, after.isr, input.min_insync_replicas);

  const bool leader_gone = has_leader && (!leader.member || refused);
  bool answered = refused;  // the word, by another leadership
  std::optional<Choice> choice;
  if (leader.member && !refused && input.word) {
    const HandoverChoice handover = hand_over(after, before.leader, *input.word, standing);
    answered = handover.what != Handover::kWait;
    if (answered && handover.leader != BrokerId()) choice = Choice{handover.leader, false};
  }
  if (!has_leader || leader_gone) choice = choose(after, presumptive_heirs(after), input.commit_flush_policy, standing);
  if (!has_leader || leader_gone || answered) {
    if (choice) {
      after.leader = choice->leader;
      after.unclean = choice->unclean;
      if (!contains(after.isr, choice->leader)) {
        after.isr.push_back(choice->leader);
        // A clean heir from the eligible set; the others of the set hold no less than the high watermark either.
        after.eligible = choice->unclean ? std::vector<BrokerId>{} : eligible_after(after, after.isr, input.min_insync_replicas);
      }
    } else {
      after.leader = BrokerId();
    }
  }

  if (after.leader != before.leader || answered) after.leader_epoch = before.leader_epoch.next();
  if (after == before) return std::nullopt;
  after.partition_epoch = before.partition_epoch.next();
  return after;
}

}  // namespace baton::decision
