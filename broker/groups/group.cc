#include "broker/groups/group.h"

#include <algorithm>

#include "base/assert.h"

namespace baton::groups {

const char* name_of(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kPreparingRebalance:
      return "PreparingRebalance";
    case GroupState::kCompletingRebalance:
      return "CompletingRebalance";
    case GroupState::kStable:
      return "Stable";
    case GroupState::kDead:
      return "Dead";
  }
  return "Dead";
}

const std::string* Member::metadata_for(const std::string& protocol) const {
  const auto found = std::find_if(protocols.begin(), protocols.end(), [&](const Protocol& p) { return p.name == protocol; });
  return found == protocols.end() ? nullptr : &found->metadata;
}

Member* Group::find(const std::string& member_id) {
  const auto found = members.find(member_id);
  return found == members.end() ? nullptr : &found->second;
}

const std::string* Group::static_member(const std::string& instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

Member& Group::add(Member member, const std::string& type) {
  if (members.empty()) protocol_type = type;
  if (!leader) leader = member.id;
  if (member.instance_id) {
    const bool unique = static_members_.emplace(*member.instance_id, member.id).second;
    BATON_ASSERT(unique);
  }
  pending_members.erase(member.id);
  const std::string member_id = member.id;
  const auto [at, added] = members.emplace(member_id, std::move(member));
  BATON_ASSERT(added);
  return at->second;
}

void Group::remove(const std::string& member_id) {
  const auto found = members.find(member_id);
  BATON_ASSERT(found != members.end());
  if (found->second.instance_id) static_members_.erase(*found->second.instance_id);
  members.erase(found);
  if (!is_leader(member_id)) return;
  leader.reset();
  if (!members.empty()) leader = members.begin()->first;
}

Member& Group::rename_static(const std::string& old_id, const std::string& new_id) {
  auto node = members.extract(old_id);
  BATON_ASSERT(!node.empty() && node.mapped().instance_id);
  node.key() = new_id;
  node.mapped().id = new_id;
  static_members_[*node.mapped().instance_id] = new_id;
  if (is_leader(old_id)) leader = new_id;
  const auto inserted = members.insert(std::move(node));
  BATON_ASSERT(inserted.inserted);
  return inserted.position->second;
}

bool Group::known_by_all(const std::string& protocol) const {
  return std::all_of(members.begin(), members.end(), [&](const auto& entry) { return entry.second.metadata_for(protocol) != nullptr; });
}

bool Group::supports(const std::string& type, const std::vector<Protocol>& protocols) const {
  if (type.empty() || protocols.empty()) return false;
  if (members.empty()) return true;
  return protocol_type == type && std::any_of(protocols.begin(), protocols.end(), [&](const Protocol& p) { return known_by_all(p.name); });
}

std::string Group::select_protocol() const {
  BATON_ASSERT(!members.empty());
  std::map<std::string, int> votes;
  for (const auto& [id, member] : members) {
    const auto choice =
        std::find_if(member.protocols.begin(), member.protocols.end(), [&](const Protocol& p) { return known_by_all(p.name); });
    BATON_ASSERT(choice != member.protocols.end());
    ++votes[choice->name];
  }
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
}

bool Group::all_joined() const {
  return pending_members.empty() &&
         std::all_of(members.begin(), members.end(), [](const auto& entry) { return entry.second.joining.has_value(); });
}

bool Group::elect_joined_leader() {
  if (leader && members.at(*leader).joining) return true;
  const auto joined = std::find_if(members.begin(), members.end(), [](const auto& entry) { return entry.second.joining.has_value(); });
  if (joined == members.end()) return false;
  leader = joined->first;
  return true;
}

int32_t Group::rebalance_timeout_ms() const {
  int32_t longest = 1;
  for (const auto& [id, member] : members) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

void Group::begin_generation(int64_t wall_ms) {
  join_deadline = Instant::never();
  initial_rebalance = false;
  // Never back to 0 or below: -1 means "no generation" on the wire.
  generation = generation == INT32_MAX ? 1 : generation + 1;
  if (members.empty()) {
    protocol_name.reset();
    enter(GroupState::kEmpty, wall_ms);
  } else {
    protocol_name = select_protocol();
    enter(GroupState::kCompletingRebalance, wall_ms);
  }
}

JoinReply Group::join_reply(const Member& member) const {
  JoinReply reply{.generation = generation,
                  .protocol_type = protocol_type,
                  .protocol_name = protocol_name,
                  .leader = leader.value_or(""),
                  .member_id = member.id};
  if (!is_leader(member.id)) return reply;
  for (const auto& [id, other] : members) {
    const std::string* metadata = protocol_name ? other.metadata_for(*protocol_name) : nullptr;
    reply.members.push_back({id, other.instance_id, metadata == nullptr ? std::string() : *metadata});
  }
  return reply;
}

Instant Group::next_deadline() const {
  Instant earliest = std::min(join_deadline, sync_deadline);
  for (const auto& [id, member] : members) earliest = std::min(earliest, member.expires);
  for (const auto& [id, until] : pending_members) earliest = std::min(earliest, until);
  return earliest;
}

}  // namespace baton::groups
