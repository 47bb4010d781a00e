// JoinGroup: who may be a member, and under which id.
#include "base/uuid.h"
#include "broker/groups/coordinator.h"

namespace baton::groups {
namespace {

// What is stored with 16-bit lengths must fit; ids of members are client ids with a UUID behind.
constexpr size_t kTextBytesMax = 32'000;

bool fits(const JoinRequest& request) {
  for (const Protocol& protocol : request.protocols) {
    if (protocol.name.size() > kTextBytesMax) return false;
  }
  return request.client_id.size() <= kTextBytesMax && request.member_id.size() <= INT16_MAX &&
         request.instance_id.value_or("").size() <= kTextBytesMax && request.protocol_type.size() <= kTextBytesMax;
}

JoinReply refused(ErrorCode error, const std::string& member_id) {
  return {.error = error, .member_id = member_id};
}

}  // namespace

Decisions Coordinator::join(Ticket ticket, const JoinRequest& request, Now now) {
  const auto refuse = [&](ErrorCode error) {
    answer(ticket, refused(error, request.member_id));
    return take();
  };
  if (request.group.empty() || request.group.size() > kTextBytesMax) return refuse(ErrorCode::kInvalidGroupId);
  if (!loaded_) return refuse(ErrorCode::kCoordinatorLoadInProgress);
  if (!fits(request)) return refuse(ErrorCode::kInvalidRequest);
  if (request.session_timeout_ms < config_.session_timeout_ms_min || request.session_timeout_ms > config_.session_timeout_ms_max)
    return refuse(ErrorCode::kInvalidSessionTimeout);
  const bool is_new = request.member_id.empty();
  if (find(request.group) == nullptr && !is_new) return refuse(ErrorCode::kUnknownMemberId);
  if (request.protocol_type.empty() || request.protocols.empty()) return refuse(ErrorCode::kInconsistentGroupProtocol);

  Group& group = find_or_create(request.group);
  const bool counted = group.find(request.member_id) != nullptr || group.pending_members.contains(request.member_id) ||
                       (request.instance_id && group.static_member(*request.instance_id) != nullptr);
  if (!counted && group.members.size() + group.pending_members.size() >= static_cast<size_t>(config_.members_max))
    return refuse(ErrorCode::kGroupMaxSizeReached);
  if (!group.supports(request.protocol_type, request.protocols)) return refuse(ErrorCode::kInconsistentGroupProtocol);
  if (is_new) {
    join_as_new(ticket, group, request, now);
  } else {
    join_as_known(ticket, group, request, now);
  }
  arm(group);
  return take();
}

std::string Coordinator::new_member_id(const JoinRequest& request) {
  return request.instance_id.value_or(request.client_id) + "-" + Uuid::random(random_).to_string();
}

void Coordinator::join_as_new(Ticket ticket, Group& group, const JoinRequest& request, Now now) {
  const std::string member_id = new_member_id(request);
  if (request.instance_id) {
    if (const std::string* old_id = group.static_member(*request.instance_id)) {
      join_as_returned_static(ticket, group, std::string(*old_id), member_id, request, now);
    } else {
      add_member(ticket, group, member_id, request, now);
    }
  } else if (request.member_id_required) {
    group.pending_members[member_id] = now.instant + std::chrono::milliseconds(request.session_timeout_ms);
    answer(ticket, refused(ErrorCode::kMemberIdRequired, member_id));
  } else {
    add_member(ticket, group, member_id, request, now);
  }
}

void Coordinator::join_as_known(Ticket ticket, Group& group, const JoinRequest& request, Now now) {
  if (!request.instance_id && group.pending_members.contains(request.member_id)) {
    return add_member(ticket, group, request.member_id, request, now);
  }
  const ErrorCode error = check_member(group, {request.group, group.generation, request.member_id, request.instance_id});
  if (error != ErrorCode::kNone) return answer(ticket, refused(error, request.member_id));

  Member& member = *group.find(request.member_id);
  const bool unchanged = member.protocols == request.protocols;
  const bool rebalances =
      group.is(GroupState::kPreparingRebalance) || !unchanged || (group.is(GroupState::kStable) && group.is_leader(member.id));
  if (!rebalances) {
    // It has not got the answer to its former JoinGroup, or asks once more without anything new.
    expect_heartbeat(member, now);
    return answer(ticket, group.join_reply(member));
  }
  update_member(ticket, member, request);
  if (group.is(GroupState::kPreparingRebalance)) {
    try_complete_join(group, now);
  } else {
    prepare_rebalance(group, now);
  }
}

void Coordinator::join_as_returned_static(Ticket ticket, Group& group, const std::string& old_id, const std::string& new_id,
                                          const JoinRequest& request, Now now) {
  Member& old = *group.find(old_id);
  // Two processes with one name: the later has it, the earlier is told.
  if (old.joining) answer(*old.joining, refused(ErrorCode::kFencedInstanceId, old_id));
  if (old.syncing) answer(*old.syncing, SyncReply{.error = ErrorCode::kFencedInstanceId});
  old.joining.reset();
  old.syncing.reset();
  const bool was_leader = group.is_leader(old_id);
  const std::optional<std::string> protocol_before = group.protocol_name;
  Member& member = group.rename_static(old_id, new_id);
  update_member(ticket, member, request);

  if (group.is(GroupState::kPreparingRebalance)) return try_complete_join(group, now);
  if (!group.is(GroupState::kStable) || group.select_protocol() != protocol_before) return prepare_rebalance(group, now);

  // Its place is as it was: no rebalance, which is what static members are for.
  member.joining.reset();
  expect_heartbeat(member, now);
  JoinReply reply = group.join_reply(member);
  if (was_leader && !request.may_skip_assignment) {
    // An older client would assign anew if it were told that it leads; the former id keeps it from that.
    reply.leader = old_id;
    reply.members.clear();
  }
  reply.skip_assignment = was_leader && request.may_skip_assignment;
  std::map<std::string, std::string> assignments;
  for (const auto& [id, each] : group.members) assignments.emplace(id, each.assignment);
  append({group_record(group, assignments, now.wall_ms)}, StaticMemberStored{ticket, std::move(reply)});
}

void Coordinator::update_member(Ticket ticket, Member& member, const JoinRequest& request) {
  // The member has given up the connection of its former request, if there is one.
  if (member.joining) answer(*member.joining, refused(ErrorCode::kRebalanceInProgress, member.id));
  member.joining = ticket;
  member.protocols = request.protocols;
  member.session_timeout_ms = request.session_timeout_ms;
  member.rebalance_timeout_ms = request.rebalance_timeout_ms;
  member.client_id = request.client_id;
  member.client_host = request.client_host;
}

void Coordinator::add_member(Ticket ticket, Group& group, const std::string& member_id, const JoinRequest& request, Now now) {
  // A new member waits for the rebalance without heartbeats; one whose connection is lost meanwhile goes after this long,
  // whatever its session says. (Kafka's constant.)
  constexpr auto kNewMemberPatience = std::chrono::minutes(5);
  Member member{.id = member_id, .instance_id = request.instance_id, .is_new = true};
  update_member(ticket, member, request);
  member.expires = now.instant + kNewMemberPatience;
  group.add(std::move(member), request.protocol_type);
  if (group.is(GroupState::kPreparingRebalance)) {
    group.member_came_in = true;
    try_complete_join(group, now);
  } else {
    prepare_rebalance(group, now);
  }
}

}  // namespace baton::groups
