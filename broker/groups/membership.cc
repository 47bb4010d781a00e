// SyncGroup, Heartbeat, LeaveGroup: what members ask between two rebalances.
#include <algorithm>

#include "broker/groups/coordinator.h"

namespace baton::groups {

ErrorCode Coordinator::check_member(const Group& group, const MemberIdentity& who) const {
  if (who.instance_id) {
    const std::string* owner = group.static_member(*who.instance_id);
    if (owner == nullptr) return ErrorCode::kUnknownMemberId;
    if (*owner != who.member_id) return ErrorCode::kFencedInstanceId;
  }
  if (!group.members.contains(who.member_id)) return ErrorCode::kUnknownMemberId;
  if (who.generation != group.generation) return ErrorCode::kIllegalGeneration;
  return ErrorCode::kNone;
}

Decisions Coordinator::sync(Ticket ticket, const SyncRequest& request, Now now) {
  const auto refuse = [&](ErrorCode error) {
    answer(ticket, SyncReply{.error = error});
    return take();
  };
  if (request.group.empty()) return refuse(ErrorCode::kInvalidGroupId);
  // Kafka's answer while loading: a member whose coordinator has moved rejoins at once instead of waiting blindly.
  if (!loaded_) return refuse(ErrorCode::kRebalanceInProgress);
  Group* group = find(request.group);
  if (group == nullptr) return refuse(ErrorCode::kUnknownMemberId);
  const ErrorCode error = check_member(*group, {request.group, request.generation, request.member_id, request.instance_id});
  if (error != ErrorCode::kNone) return refuse(error);
  const bool other_type = request.protocol_type && request.protocol_type != group->protocol_type;
  const bool other_name = request.protocol_name && request.protocol_name != group->protocol_name;
  if (other_type || other_name) return refuse(ErrorCode::kInconsistentGroupProtocol);
  if (group->is(GroupState::kPreparingRebalance)) return refuse(ErrorCode::kRebalanceInProgress);

  Member& member = *group->find(request.member_id);
  member.sync_expected = false;
  if (std::none_of(group->members.begin(), group->members.end(), [](const auto& entry) { return entry.second.sync_expected; })) {
    group->sync_deadline = Instant::never();
  }
  if (member.syncing) answer(*member.syncing, SyncReply{.error = ErrorCode::kRebalanceInProgress});
  member.syncing = ticket;
  expect_heartbeat(member, now);
  if (group->is(GroupState::kStable)) {
    answer_sync(*group, member);
  } else if (group->is_leader(member.id)) {
    append({group_record(*group, request.assignments, now.wall_ms)}, AssignmentStored{group->name, group->generation, request.assignments});
  }
  arm(*group);
  return take();
}

ErrorCode Coordinator::heartbeat(const MemberIdentity& who, Now now) {
  if (who.group.empty()) return ErrorCode::kInvalidGroupId;
  // Kafka's: not to be known yet is no reason to be thrown out.
  if (!loaded_) return ErrorCode::kNone;
  Group* group = find(who.group);
  if (group == nullptr) return ErrorCode::kUnknownMemberId;
  const ErrorCode error = check_member(*group, who);
  if (error != ErrorCode::kNone) return error;
  // Puts the end off only: the alarm that is set may be early.
  expect_heartbeat(*group->find(who.member_id), now);
  return group->is(GroupState::kPreparingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

Decisions Coordinator::leave(Ticket ticket, const std::string& name, const std::vector<LeavingMember>& members, Now now) {
  LeaveReply reply{.members = std::vector<ErrorCode>(members.size(), ErrorCode::kUnknownMemberId)};
  if (name.empty()) reply.error = ErrorCode::kInvalidGroupId;
  if (!loaded_) reply.error = ErrorCode::kCoordinatorLoadInProgress;
  if (Group* group = find(name); group != nullptr && reply.error == ErrorCode::kNone) {
    for (size_t i = 0; i < members.size(); ++i) reply.members[i] = leave_one(*group, members[i], now);
    arm(*group);
  }
  answer(ticket, std::move(reply));
  return take();
}

ErrorCode Coordinator::leave_one(Group& group, const LeavingMember& leaving, Now now) {
  std::string member_id = leaving.member_id;
  if (leaving.instance_id) {
    const std::string* owner = group.static_member(*leaving.instance_id);
    if (owner == nullptr) return ErrorCode::kUnknownMemberId;
    // An operator removes by the name alone.
    if (!member_id.empty() && member_id != *owner) return ErrorCode::kFencedInstanceId;
    member_id = *owner;
  }
  if (group.pending_members.erase(member_id) > 0) {
    if (group.is(GroupState::kPreparingRebalance)) try_complete_join(group, now);
    return ErrorCode::kNone;
  }
  if (group.find(member_id) == nullptr) return ErrorCode::kUnknownMemberId;
  remove_member(group, member_id, ErrorCode::kUnknownMemberId, now);
  return ErrorCode::kNone;
}

}  // namespace baton::groups
