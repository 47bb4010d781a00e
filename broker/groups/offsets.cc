// What groups remember: commits, their expiry, their deletion.
#include <algorithm>
#include <set>

#include "base/assert.h"
#include "base/bytes.h"
#include "broker/groups/coordinator.h"

namespace baton::groups {
namespace {

constexpr size_t kTopicBytesMax = 249;
constexpr size_t kTextBytesMax = 32'000;

// Kafka's consumer protocol: what a member subscribes to stands at the head of its metadata (version, topics, …). Empty
// when it does not read as such, as with groups of other kinds.
std::set<std::string> topics_of(const Group& group) {
  std::set<std::string> topics;
  if (group.protocol_type != "consumer") return topics;
  for (const auto& [id, member] : group.members) {
    for (const Protocol& protocol : member.protocols) {
      Reader reader(protocol.metadata);
      reader.i16();
      const int32_t count = reader.i32();
      for (int32_t i = 0; i < count && !reader.bad(); ++i) topics.emplace(reader.take(reader.i16()));
    }
  }
  return topics;
}

}  // namespace

ErrorCode Coordinator::check_commit(const MemberIdentity& who, Now now) {
  if (who.group.empty() || who.group.size() > kTextBytesMax) return ErrorCode::kInvalidGroupId;
  if (!loaded_) return ErrorCode::kCoordinatorLoadInProgress;
  Group* group = find(who.group);
  const bool simple = who.generation < 0;
  if (group == nullptr) return simple ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
  // Partitions assigned by hand: whoever knows the group's name may commit while it has no members.
  if (simple && group->is(GroupState::kEmpty)) return ErrorCode::kNone;
  const ErrorCode error = check_member(*group, who);
  if (error != ErrorCode::kNone) return error;
  expect_heartbeat(*group->find(who.member_id), now);
  // It has been told the generation but not yet its assignment: what it would commit is of the last one.
  return group->is(GroupState::kCompletingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

Decisions Coordinator::commit(Ticket ticket, const MemberIdentity& who, const std::vector<OffsetToCommit>& offsets, Now now) {
  OffsetsStored stored{who.group, ticket, {}, std::vector<ErrorCode>(offsets.size(), check_commit(who, now))};
  std::vector<Record> records;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const OffsetToCommit& offset = offsets[i];
    ErrorCode& error = stored.errors[i];
    if (error != ErrorCode::kNone) continue;
    const size_t metadata_max = std::min<size_t>(static_cast<size_t>(config_.offset_metadata_bytes_max), kTextBytesMax);
    if (offset.metadata.size() > metadata_max) error = ErrorCode::kOffsetMetadataTooLarge;
    if (offset.at.topic.empty() || offset.at.topic.size() > kTopicBytesMax) error = ErrorCode::kUnknownTopicOrPartition;
    if (error != ErrorCode::kNone) continue;
    CommittedOffset committed{offset.offset, offset.leader_epoch, offset.metadata, now.wall_ms};
    if (offset.retention_ms >= 0) committed.expire_ms = now.wall_ms + std::min(offset.retention_ms, INT64_MAX - now.wall_ms);
    records.push_back(offset_record(who.group, offset.at, committed));
    stored.offsets.emplace_back(offset.at, std::move(committed));
  }
  if (records.empty()) {
    answer(ticket, CommitReply{std::move(stored.errors)});
    return take();
  }
  ++find_or_create(who.group).commits_in_flight;
  append(std::move(records), std::move(stored));
  return take();
}

void Coordinator::offsets_stored(const OffsetsStored& stored, ErrorCode error) {
  Group* group = find(stored.group);
  // Deleted meanwhile: its tombstones follow the commit in the log.
  if (group != nullptr) {
    --group->commits_in_flight;
    if (error == ErrorCode::kNone) {
      for (const auto& [at, offset] : stored.offsets) group->offsets[at] = offset;
    }
  }
  CommitReply reply{stored.errors};
  for (ErrorCode& each : reply.errors) {
    if (each == ErrorCode::kNone) each = error;
  }
  answer(stored.ticket, std::move(reply));
}

Result<Offsets> Coordinator::offsets_of(const std::string& name) const {
  if (!loaded_) return fail(ErrorCode::kCoordinatorLoadInProgress);
  const Group* group = find(name);
  return group == nullptr ? Offsets{} : group->offsets;
}

Decisions Coordinator::delete_offsets(Ticket ticket, const std::string& name, const std::vector<NamedPartition>& offsets, Now) {
  Group* group = find(name);
  OffsetDeleteReply reply{.errors = std::vector<ErrorCode>(offsets.size(), ErrorCode::kNone)};
  if (!loaded_) {
    reply.error = ErrorCode::kCoordinatorLoadInProgress;
  } else if (group == nullptr) {
    reply.error = ErrorCode::kGroupIdNotFound;
  } else if (!group->is(GroupState::kEmpty) && group->protocol_type != "consumer") {
    reply.error = ErrorCode::kNonEmptyGroup;
  }
  std::vector<Record> records;
  if (reply.error == ErrorCode::kNone) {
    const std::set<std::string> subscribed = topics_of(*group);
    for (size_t i = 0; i < offsets.size(); ++i) {
      if (subscribed.contains(offsets[i].topic)) {
        reply.errors[i] = ErrorCode::kGroupSubscribedToTopic;
      } else if (group->offsets.erase(offsets[i]) > 0) {
        records.push_back(offset_tombstone(name, offsets[i]));
      }
    }
  }
  if (records.empty()) {
    answer(ticket, std::move(reply));
  } else {
    append(std::move(records), OffsetsDeleted{ticket, std::move(reply.errors)});
  }
  return take();
}

Decisions Coordinator::delete_group(Ticket ticket, const std::string& name, Now) {
  const auto refuse = [&](ErrorCode error) {
    answer(ticket, DeleteReply{error});
    return take();
  };
  if (name.empty()) return refuse(ErrorCode::kInvalidGroupId);
  if (!loaded_) return refuse(ErrorCode::kCoordinatorLoadInProgress);
  const Group* group = find(name);
  if (group == nullptr) return refuse(ErrorCode::kGroupIdNotFound);
  if (!group->is(GroupState::kEmpty) || !group->pending_members.empty()) return refuse(ErrorCode::kNonEmptyGroup);
  // Its offsets have no tombstones yet: they would be back with the next load.
  if (group->commits_in_flight > 0) return refuse(ErrorCode::kNonEmptyGroup);
  std::vector<Record> records{group_tombstone(name)};
  for (const auto& [at, offset] : group->offsets) records.push_back(offset_tombstone(name, at));
  erase(name);
  append(std::move(records), GroupDeleted{ticket});
  return take();
}

bool Coordinator::expired(const Group& group, const CommittedOffset& offset, Now now) const {
  if (offset.expire_ms >= 0) return now.wall_ms >= offset.expire_ms;
  if (!group.is(GroupState::kEmpty)) return false;
  // A group of members forgets from when its last member went, a simple one from the commit.
  const int64_t since =
      group.protocol_type && group.state_since_ms() >= 0 ? std::max(group.state_since_ms(), offset.commit_ms) : offset.commit_ms;
  return now.wall_ms - since >= config_.offsets_retention_ms;
}

Decisions Coordinator::expire_offsets(Now now) {
  std::vector<std::string> forgotten;
  for (auto& [name, group] : groups_) {
    // A tombstone now would follow, in the log, a commit that memory will hold after it.
    if (group.commits_in_flight > 0) continue;
    std::vector<Record> records;
    for (auto at = group.offsets.begin(); at != group.offsets.end();) {
      if (!expired(group, at->second, now)) {
        ++at;
        continue;
      }
      records.push_back(offset_tombstone(name, at->first));
      at = group.offsets.erase(at);
    }
    const bool nothing_left = group.is(GroupState::kEmpty) && group.offsets.empty() && group.pending_members.empty();
    if (nothing_left) {
      records.push_back(group_tombstone(name));
      forgotten.push_back(name);
    }
    if (!records.empty()) append(std::move(records), Nothing{});
  }
  for (const std::string& name : forgotten) erase(name);
  return take();
}

Decisions Coordinator::forget_topic(const std::string& topic, Now) {
  for (auto& [name, group] : groups_) {
    std::vector<Record> records;
    for (auto at = group.offsets.lower_bound({topic, INT32_MIN}); at != group.offsets.end() && at->first.topic == topic;) {
      records.push_back(offset_tombstone(name, at->first));
      at = group.offsets.erase(at);
    }
    if (!records.empty()) append(std::move(records), Nothing{});
  }
  return take();
}

}  // namespace baton::groups
