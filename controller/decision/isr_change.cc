#include "controller/decision/isr_change.h"

#include "base/mutants.h"
#include "controller/decision/policy_eligible.h"

namespace baton::decision {

Result<PartitionRecord> change_isr(const PartitionRecord& record, int32_t min_insync_replicas, BrokerId asker, const IsrChange& change,
                                   const MemberEpochOf& epoch_of) {
  if (change.leader_epoch > record.leader_epoch || change.partition_epoch > record.partition_epoch) {
    if (BATON_MUTANT(fenced_by_who_is_behind)) return fail(ErrorCode::kFencedLeaderEpoch);
    return fail(ErrorCode::kNotController, "the asker has seen a later state than this controller");
  }
  if (record.leader != asker || change.leader_epoch < record.leader_epoch) {
    return fail(ErrorCode::kFencedLeaderEpoch, "the asker does not lead at the present epoch");
  }
  if (change.partition_epoch < record.partition_epoch) return fail(ErrorCode::kInvalidUpdateVersion);

  PartitionRecord after = record;
  after.isr.clear();
  for (const IsrMember& member : change.isr) {
    if (!contains(record.replicas, member.id) || contains(after.isr, member.id)) return fail(ErrorCode::kInvalidRequest);
    const BrokerEpoch present = epoch_of(member.id);
    if (present == BrokerEpoch() || (present != member.epoch && !BATON_MUTANT(isr_member_epoch_unchecked))) {
      return fail(ErrorCode::kIneligibleReplica);
    }
    after.isr.push_back(member.id);
  }
  if (!contains(after.isr, asker)) return fail(ErrorCode::kInvalidRequest, "the leader is missing in its own ISR");
  after.eligible = eligible_after(record, after.isr, min_insync_replicas);
  after.partition_epoch = record.partition_epoch.next();
  put_in_order(after);
  return after;
}

}  // namespace baton::decision
