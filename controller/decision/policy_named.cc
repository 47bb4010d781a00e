#include "controller/decision/policy_named.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton::decision {
namespace {

constexpr const char* kNoLeader = "The partition has no leader that could hand over.";

}  // namespace

Result<BrokerId> named_target(const PartitionRecord& record, BrokerId wanted, const StandingOf& standing) {
  if (!contains(record.replicas, wanted)) {
    return fail(ErrorCode::kInvalidReplicaAssignment, fmt::format("Broker {} holds no replica of this partition.", wanted.value()));
  }
  if (record.leader == wanted) return fail(ErrorCode::kElectionNotNeeded, fmt::format("Broker {} leads already.", wanted.value()));
  auto refuse = [](std::string why) { return fail(ErrorCode::kEligibleLeadersNotAvailable, std::move(why)); };
  if (record.leader == BrokerId()) return refuse(kNoLeader);
  const ReplicaStanding at = standing(wanted);
  if (!at.member) return refuse(fmt::format("Broker {} is not alive.", wanted.value()));
  if (!contains(record.isr, wanted)) return refuse(fmt::format("Broker {} is not in the ISR.", wanted.value()));
  if (!at.electable) return refuse(fmt::format("Broker {} may not lead now: it is stopping, or has no control stream.", wanted.value()));
  return wanted;
}

Status check_step_down(const PartitionRecord& record, const StandingOf& standing) {
  if (record.leader == BrokerId()) return fail(ErrorCode::kEligibleLeadersNotAvailable, kNoLeader);
  const bool others = std::any_of(record.isr.begin(), record.isr.end(), [&](BrokerId id) {
    const ReplicaStanding at = standing(id);
    return id != record.leader && at.electable && !at.avoided;
  });
  if (!others) return fail(ErrorCode::kEligibleLeadersNotAvailable, "No other member of the ISR may lead now.");
  return {};
}

}  // namespace baton::decision
