#include "broker/groups/coordinator.h"

#include "base/assert.h"

namespace baton::groups {

Group* Coordinator::find(const std::string& group) {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}
const Group* Coordinator::find(const std::string& group) const {
  return const_cast<Coordinator*>(this)->find(group);
}

Group& Coordinator::find_or_create(const std::string& group) {
  return groups_.try_emplace(group, group).first->second;
}

void Coordinator::append(std::vector<Record> records, Waiting waiting) {
  out_.appends.push_back({++last_token_, std::move(records)});
  waiting_.emplace(last_token_, std::move(waiting));
}

void Coordinator::arm(Group& group) {
  const Instant at = group.next_deadline();
  const auto armed = alarm_of_.find(group.name);
  if (armed != alarm_of_.end() && armed->second == at) return;
  disarm(group.name);
  if (at == Instant::never()) return;
  alarm_of_.emplace(group.name, at);
  alarms_.emplace(at, group.name);
}

void Coordinator::disarm(const std::string& group) {
  const auto armed = alarm_of_.find(group);
  if (armed == alarm_of_.end()) return;
  alarms_.erase({armed->second, group});
  alarm_of_.erase(armed);
}

void Coordinator::erase(const std::string& group) {
  const std::string name = group;  // NOLINT(performance-unnecessary-copy-initialization): it may be the group's own
  disarm(name);
  groups_.erase(name);
}

Decisions Coordinator::take() {
  Decisions decisions = std::move(out_);
  out_ = {};
  return decisions;
}

Decisions Coordinator::tick(Now now) {
  while (!alarms_.empty() && alarms_.begin()->first <= now.instant) {
    const std::string name = alarms_.begin()->second;
    Group* group = find(name);
    BATON_ASSERT(group != nullptr);
    expire_sessions(*group, now);
    if (group->join_deadline <= now.instant) join_deadline_passed(*group, now);
    if (group->sync_deadline <= now.instant) sync_deadline_passed(*group, now);
    BATON_ASSERT(group->next_deadline() > now.instant);
    arm(*group);
  }
  return take();
}

Decisions Coordinator::appended(uint64_t token, ErrorCode error, Now now) {
  auto node = waiting_.extract(token);
  BATON_ASSERT(!node.empty());
  Waiting& waiting = node.mapped();
  // How a failed append reads to a client (Kafka's mapping): where the partition is not well try again, where it is not
  // ours look for the coordinator again.
  const auto mapped = [error] {
    switch (error) {
      case ErrorCode::kUnknownTopicOrPartition:
      case ErrorCode::kNotEnoughReplicas:
      case ErrorCode::kNotEnoughReplicasAfterAppend:
      case ErrorCode::kRequestTimedOut:
        return ErrorCode::kCoordinatorNotAvailable;
      case ErrorCode::kNotLeaderOrFollower:
      case ErrorCode::kKafkaStorageError:
        return ErrorCode::kNotCoordinator;
      default:
        return error;
    }
  }();
  if (const auto* assignment = std::get_if<AssignmentStored>(&waiting)) {
    assignment_stored(*assignment, error == ErrorCode::kRequestTimedOut ? ErrorCode::kRebalanceInProgress : mapped, now);
  } else if (auto* returned = std::get_if<StaticMemberStored>(&waiting)) {
    // The member is in place whatever the append did: a refused one asks again under the id that it was given.
    if (mapped != ErrorCode::kNone) returned->reply = {.error = mapped, .member_id = returned->reply.member_id};
    answer(returned->ticket, std::move(returned->reply));
  } else if (const auto* offsets = std::get_if<OffsetsStored>(&waiting)) {
    const bool too_large = error == ErrorCode::kMessageTooLarge || error == ErrorCode::kRecordListTooLarge;
    offsets_stored(*offsets, too_large ? ErrorCode::kInvalidCommitOffsetSize : mapped);
  } else if (const auto* deleted = std::get_if<GroupDeleted>(&waiting)) {
    answer(deleted->ticket, DeleteReply{mapped});
  } else if (auto* gone = std::get_if<OffsetsDeleted>(&waiting)) {
    answer(gone->ticket, OffsetDeleteReply{mapped, std::move(gone->errors)});
  }
  return take();
}

Decisions Coordinator::resign() {
  constexpr ErrorCode kError = ErrorCode::kNotCoordinator;
  for (auto& [token, waiting] : waiting_) {
    if (const auto* returned = std::get_if<StaticMemberStored>(&waiting)) {
      answer(returned->ticket, JoinReply{.error = kError, .member_id = returned->reply.member_id});
    } else if (const auto* offsets = std::get_if<OffsetsStored>(&waiting)) {
      answer(offsets->ticket, CommitReply{std::vector<ErrorCode>(offsets->errors.size(), kError)});
    } else if (const auto* deleted = std::get_if<GroupDeleted>(&waiting)) {
      answer(deleted->ticket, DeleteReply{kError});
    } else if (const auto* gone = std::get_if<OffsetsDeleted>(&waiting)) {
      answer(gone->ticket, OffsetDeleteReply{kError, {}});
    }
  }
  waiting_.clear();
  for (auto& [name, group] : groups_) {
    for (auto& [id, member] : group.members) {
      if (member.joining) answer(*member.joining, JoinReply{.error = kError, .member_id = id});
      if (member.syncing) answer(*member.syncing, SyncReply{.error = kError});
    }
  }
  groups_.clear();
  alarms_.clear();
  alarm_of_.clear();
  loaded_ = false;
  return take();
}

Result<std::vector<ListedGroup>> Coordinator::list() const {
  if (!loaded_) return fail(ErrorCode::kCoordinatorLoadInProgress);
  std::vector<ListedGroup> listed;
  listed.reserve(groups_.size());
  for (const auto& [name, group] : groups_) listed.push_back({name, group.protocol_type.value_or(""), group.state()});
  return listed;
}

Result<DescribedGroup> Coordinator::describe(const std::string& name) const {
  if (!loaded_) return fail(ErrorCode::kCoordinatorLoadInProgress);
  const Group* group = find(name);
  if (group == nullptr) return DescribedGroup{};
  DescribedGroup described{.state = group->state(), .protocol_type = group->protocol_type.value_or("")};
  // Before a generation is stable its metadata and assignments mean nothing.
  const bool stable = group->is(GroupState::kStable);
  if (stable) described.protocol_name = group->protocol_name.value_or("");
  for (const auto& [id, member] : group->members) {
    DescribedMember& shown = described.members.emplace_back(DescribedMember{
        .member_id = id, .instance_id = member.instance_id, .client_id = member.client_id, .client_host = member.client_host});
    if (!stable) continue;
    if (const std::string* metadata = member.metadata_for(described.protocol_name)) shown.metadata = *metadata;
    shown.assignment = member.assignment;
  }
  return described;
}

}  // namespace baton::groups
