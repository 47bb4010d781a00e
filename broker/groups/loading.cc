// From the records of __consumer_offsets back to groups, when this broker becomes a partition's leader.
#include "base/assert.h"
#include "broker/groups/coordinator.h"

namespace baton::groups {

Status Coordinator::replay(std::string_view key_bytes, const std::optional<std::string_view>& value) {
  BATON_ASSERT(!loaded_);
  const auto key = parse_key(key_bytes);
  if (!key) return tl::unexpected(key.error());
  if (const auto* at = std::get_if<OffsetKey>(&*key)) {
    if (!value) {
      if (Group* group = find(at->group)) group->offsets.erase(at->at);
      return {};
    }
    const auto offset = parse_offset(*value);
    if (!offset) return tl::unexpected(offset.error());
    find_or_create(at->group).offsets[at->at] = *offset;
  } else if (const auto* named = std::get_if<GroupKey>(&*key)) {
    if (!value) {
      // The offsets have tombstones of their own.
      replay_group(named->group, StoredGroup{});
      return {};
    }
    auto stored = parse_group(*value);
    if (!stored) return tl::unexpected(stored.error());
    replay_group(named->group, std::move(*stored));
  }
  return {};
}

void Coordinator::replay_group(const std::string& name, StoredGroup stored) {
  Offsets offsets;
  if (Group* former = find(name)) offsets = std::move(former->offsets);
  groups_.erase(name);
  Group& group = find_or_create(name);
  group.offsets = std::move(offsets);
  group.generation = stored.generation;
  group.protocol_name = stored.protocol_name;
  for (Member& member : stored.members) {
    const bool twice = group.members.contains(member.id) || (member.instance_id && group.static_member(*member.instance_id) != nullptr);
    if (!twice) group.add(std::move(member), stored.protocol_type);
  }
  if (!stored.protocol_type.empty()) group.protocol_type = stored.protocol_type;
  if (stored.leader && group.members.contains(*stored.leader)) group.leader = stored.leader;
  group.enter(group.members.empty() ? GroupState::kEmpty : GroupState::kStable, stored.state_since_ms);
}

void Coordinator::loaded(Now now) {
  BATON_ASSERT(!loaded_);
  loaded_ = true;
  std::vector<std::string> gone;
  for (auto& [name, group] : groups_) {
    if (group.members.empty() && group.offsets.empty() && !group.protocol_type) gone.push_back(name);
    // The members do not know that their coordinator moved: each has a whole session to find the new one.
    for (auto& [id, member] : group.members) expect_heartbeat(member, now);
    arm(group);
  }
  for (const std::string& name : gone) erase(name);
}

}  // namespace baton::groups
