// How a group goes from one generation to the next.
#include <algorithm>

#include "broker/groups/coordinator.h"

namespace baton::groups {
namespace {

Instant after_ms(Now now, int64_t ms) {
  return now.instant + std::chrono::milliseconds(ms);
}

}  // namespace

void Coordinator::expect_heartbeat(Member& member, Now now) const {
  member.expires = after_ms(now, std::max(member.session_timeout_ms, 1));
}

void Coordinator::maybe_rebalance(Group& group, Now now) {
  if (group.is(GroupState::kEmpty) || group.is(GroupState::kStable) || group.is(GroupState::kCompletingRebalance))
    prepare_rebalance(group, now);
}

void Coordinator::prepare_rebalance(Group& group, Now now) {
  if (group.is(GroupState::kCompletingRebalance)) refuse_syncs(group, ErrorCode::kRebalanceInProgress);
  group.sync_deadline = Instant::never();
  for (auto& [id, member] : group.members) member.sync_expected = false;

  const int32_t patience_ms = group.rebalance_timeout_ms();
  group.initial_rebalance = group.is(GroupState::kEmpty) && config_.initial_rebalance_delay_ms > 0;
  group.member_came_in = false;
  group.enter(GroupState::kPreparingRebalance, now.wall_ms);
  if (group.initial_rebalance) {
    const int32_t delay_ms = config_.initial_rebalance_delay_ms;
    group.initial_remaining_ms = std::max(patience_ms - delay_ms, 0);
    group.join_deadline = after_ms(now, delay_ms);
  } else {
    group.join_deadline = after_ms(now, patience_ms);
    try_complete_join(group, now);
  }
}

void Coordinator::try_complete_join(Group& group, Now now) {
  // The first rebalance of a group waits its delay out, in the hope of more members.
  if (group.initial_rebalance || !group.all_joined()) return;
  complete_join(group, now);
}

void Coordinator::join_deadline_passed(Group& group, Now now) {
  if (group.initial_rebalance && group.member_came_in && group.initial_remaining_ms > 0) {
    const int32_t delay_ms = std::min(config_.initial_rebalance_delay_ms, group.initial_remaining_ms);
    group.initial_remaining_ms -= delay_ms;
    group.member_came_in = false;
    group.join_deadline = after_ms(now, delay_ms);
    return;
  }
  complete_join(group, now);
}

void Coordinator::complete_join(Group& group, Now now) {
  // A dynamic member that has not joined again is out; a static one keeps its place until its session ends.
  std::vector<std::string> absent;
  for (const auto& [id, member] : group.members) {
    if (!member.joining && !member.instance_id) absent.push_back(id);
  }
  for (const std::string& id : absent) group.remove(id);

  if (!group.members.empty() && !group.elect_joined_leader()) {
    // Only static members, none of them back: nobody could assign. Wait once more; their sessions end the wait.
    group.initial_rebalance = false;
    group.join_deadline = after_ms(now, group.rebalance_timeout_ms());
    return;
  }
  group.begin_generation(now.wall_ms);
  if (group.members.empty()) {
    append({group_record(group, {}, now.wall_ms)}, Nothing{});
    return;
  }
  for (auto& [id, member] : group.members) {
    member.sync_expected = true;
    member.is_new = false;
    if (!member.joining) continue;
    answer(*member.joining, group.join_reply(member));
    member.joining.reset();
    expect_heartbeat(member, now);
  }
  group.sync_deadline = after_ms(now, group.rebalance_timeout_ms());
}

void Coordinator::sync_deadline_passed(Group& group, Now now) {
  group.sync_deadline = Instant::never();
  std::vector<std::string> silent;
  for (const auto& [id, member] : group.members) {
    if (member.sync_expected) silent.push_back(id);
  }
  for (const std::string& id : silent) {
    if (Member* member = group.find(id); member != nullptr) {
      if (member->syncing) answer(*member->syncing, SyncReply{.error = ErrorCode::kUnknownMemberId});
      group.remove(id);
    }
  }
  if (!silent.empty()) maybe_rebalance(group, now);
}

void Coordinator::assignment_stored(const AssignmentStored& stored, ErrorCode error, Now now) {
  Group* group = find(stored.group);
  // Meanwhile another rebalance may have begun: then this assignment is of the past.
  if (group == nullptr || !group->is(GroupState::kCompletingRebalance) || group->generation != stored.generation) return;
  if (error != ErrorCode::kNone) {
    refuse_syncs(*group, error);
    maybe_rebalance(*group, now);
    return arm(*group);
  }
  group->enter(GroupState::kStable, now.wall_ms);
  for (auto& [id, member] : group->members) {
    const auto assignment = stored.assignments.find(id);
    member.assignment = assignment == stored.assignments.end() ? std::string() : assignment->second;
    if (!member.syncing) continue;
    answer_sync(*group, member);
    expect_heartbeat(member, now);
  }
  arm(*group);
}

void Coordinator::answer_sync(Group& group, Member& member) {
  answer(*member.syncing,
         SyncReply{.protocol_type = group.protocol_type, .protocol_name = group.protocol_name, .assignment = member.assignment});
  member.syncing.reset();
}

void Coordinator::refuse_syncs(Group& group, ErrorCode error) {
  for (auto& [id, member] : group.members) {
    member.assignment.clear();
    if (!member.syncing) continue;
    answer(*member.syncing, SyncReply{.error = error});
    member.syncing.reset();
  }
}

void Coordinator::remove_member(Group& group, const std::string& member_id, ErrorCode told, Now now) {
  Member& member = *group.find(member_id);
  if (member.joining) answer(*member.joining, JoinReply{.error = told, .member_id = member_id});
  if (member.syncing) answer(*member.syncing, SyncReply{.error = told});
  group.remove(member_id);
  if (group.is(GroupState::kPreparingRebalance)) {
    try_complete_join(group, now);
  } else {
    maybe_rebalance(group, now);
  }
}

void Coordinator::expire_sessions(Group& group, Now now) {
  bool pending_gone = false;
  for (auto at = group.pending_members.begin(); at != group.pending_members.end();) {
    const bool over = at->second <= now.instant;
    pending_gone |= over;
    at = over ? group.pending_members.erase(at) : std::next(at);
  }
  std::vector<std::string> over;
  for (auto& [id, member] : group.members) {
    if (member.expires > now.instant) continue;
    // One that waits for us is alive by that; its session starts again with our answer. Not so a new one: see add_member.
    if (!member.is_new && (member.joining || member.syncing)) {
      expect_heartbeat(member, now);
    } else {
      over.push_back(id);
    }
  }
  for (const std::string& id : over) remove_member(group, id, ErrorCode::kUnknownMemberId, now);
  if (pending_gone && group.is(GroupState::kPreparingRebalance)) try_complete_join(group, now);
}

}  // namespace baton::groups
