#include "controller/decision/policy_reassignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/mutants.h"
#include "controller/decision/policy_clean.h"
#include "controller/decision/policy_eligible.h"

namespace baton::decision {
namespace {

using Ids = std::vector<BrokerId>;

Ids without(const Ids& from, const Ids& those) {
  Ids left;
  for (BrokerId id : from) {
    if (!contains(those, id)) left.push_back(id);
  }
  return left;
}

Ids both(const Ids& a, const Ids& b) {
  Ids common;
  for (BrokerId id : a) {
    if (contains(b, id)) common.push_back(id);
  }
  return common;
}

// The union, the wanted ones first and in their order.
PartitionRecord aiming_at(const PartitionRecord& record, const Ids& target, const Ids& original) {
  PartitionRecord after = record;
  after.adding = without(target, original);
  after.removing = without(record.replicas, target);
  after.replicas = target;
  for (BrokerId id : after.removing) after.replicas.push_back(id);
  after.partition_epoch = record.partition_epoch.next();
  return after;
}

// All that has to be so, but for the leader.
bool ready(const PartitionRecord& record, int32_t min_insync_replicas) {
  const Ids target = target_of(record);
  const auto enough = std::min<size_t>(static_cast<size_t>(std::max(min_insync_replicas, 1)), target.size());
  const bool all_in = both(record.adding, record.isr).size() == Ids(record.adding).size() || BATON_MUTANT(removed_before_added_are_in);
  const bool whole = static_cast<int32_t>(record.isr.size()) >= effective_minimum(record, min_insync_replicas);
  return all_in && whole && both(record.isr, target).size() >= enough;
}

// Drops what a former reassignment was adding and this one does not want.
Result<PartitionRecord> without_unwanted(const PartitionRecord& record, const Ids& target, int32_t min_insync_replicas) {
  const Ids unwanted = without(record.adding, target);
  PartitionRecord after = record;
  if (unwanted.empty()) return after;
  after.replicas = without(record.replicas, unwanted);
  after.adding = without(record.adding, unwanted);
  after.isr = without(record.isr, unwanted);
  after.eligible = without(record.eligible, unwanted);
  const bool short_of = static_cast<int32_t>(after.isr.size()) < effective_minimum(after, min_insync_replicas);
  if (contains(unwanted, record.leader) || (after.isr.size() < record.isr.size() && short_of)) {
    return fail(ErrorCode::kInvalidReplicaAssignment,
                "The reassignment under way has added a replica that is needed now and not wanted any more: cancel it first.");
  }
  return after;
}

}  // namespace

std::vector<BrokerId> target_of(const PartitionRecord& record) {
  return without(record.replicas, record.removing);
}

Result<PartitionRecord> reassign(const PartitionRecord& record, const std::vector<BrokerId>& target, int32_t min_insync_replicas,
                                 const std::function<bool(BrokerId)>& registered) {
  auto refuse = [](std::string why) { return fail(ErrorCode::kInvalidReplicaAssignment, std::move(why)); };
  if (target.empty()) return refuse("A partition needs at least one replica.");
  if (std::set<BrokerId>(target.begin(), target.end()).size() != target.size()) return refuse("No broker may hold two replicas.");
  for (BrokerId id : target) {
    if (!registered(id)) return refuse(fmt::format("Broker {} of the assignment is not registered.", id.value()));
  }
  auto base = without_unwanted(record, target, min_insync_replicas);
  if (!base) return base;
  return aiming_at(*base, target, without(base->replicas, base->adding));
}

Result<PartitionRecord> cancel_reassignment(const PartitionRecord& record) {
  if (!being_reassigned(record)) return fail(ErrorCode::kNoReassignmentInProgress, "No reassignment of this partition is under way.");
  const Ids original = without(record.replicas, record.adding);
  return aiming_at(record, original, original);
}

std::optional<PartitionRecord> finish_reassignment(const PartitionRecord& record, int32_t min_insync_replicas) {
  if (!being_reassigned(record) || !ready(record, min_insync_replicas)) return std::nullopt;
  const Ids target = target_of(record);
  if (record.leader == BrokerId() || !contains(target, record.leader)) return std::nullopt;
  PartitionRecord after = record;
  after.replicas = target;
  after.isr = both(record.isr, target);
  after.eligible = both(record.eligible, target);
  after.adding = Ids();
  after.removing = Ids();
  after.partition_epoch = record.partition_epoch.next();
  return after;
}

std::optional<BrokerId> heir_of_removed_leader(const PartitionRecord& record, int32_t min_insync_replicas, const StandingOf& standing) {
  if (!contains(record.removing, record.leader) || !ready(record, min_insync_replicas)) return std::nullopt;
  for (BrokerId id : in_order_of_choice(record, both(target_of(record), record.isr), standing)) {
    if (standing(id).electable) return id;
  }
  return std::nullopt;
}

}  // namespace baton::decision
