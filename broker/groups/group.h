// One consumer group: its members, its generation, its offsets, and the state they are in.
//
//   Empty ── a member joins ──▶ PreparingRebalance ── all have joined, or time is up ──▶ CompletingRebalance
//     ▲                              ▲      ▲                                                     │ the leader's
//     └── the last member is gone ───┘      └──── a member joins, leaves or falls silent ── Stable ◀┘ assignment is stored
//
// The struct keeps its own books (static members, leader, protocols); when to change state is the coordinator's to say.
// Pure data, not thread-safe. The rules are Kafka's (classic protocol; KIP-62, 345, 394).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/types.h"

namespace baton::groups {

struct Member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::vector<Protocol> protocols;
  std::string assignment;

  // The requests of this member that wait: for the others to join, for the leader's assignment.
  std::optional<Ticket> joining;
  std::optional<Ticket> syncing;
  bool is_new = false;         // has never seen the end of a rebalance
  bool sync_expected = false;  // has been told the generation, has not asked for its assignment
  Instant expires = Instant::never();

  const std::string* metadata_for(const std::string& protocol) const;
};

class Group {
 public:
  explicit Group(std::string group) : name(std::move(group)) {}

  const std::string name;
  int32_t generation = 0;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::optional<std::string> leader;
  std::map<std::string, Member> members;
  // Ids handed out (MEMBER_ID_REQUIRED) whose owner has not come back, until when they are kept.
  std::map<std::string, Instant> pending_members;
  Offsets offsets;

  // While PreparingRebalance: until when others may join. An initial rebalance is put off while members come in, for at
  // most initial_remaining_ms more.
  Instant join_deadline = Instant::never();
  bool initial_rebalance = false;
  bool member_came_in = false;
  int32_t initial_remaining_ms = 0;
  // While members have not asked for their assignment: until when they may.
  Instant sync_deadline = Instant::never();
  // Commits appended and not yet confirmed; the group may not be forgotten meanwhile.
  int commits_in_flight = 0;

  GroupState state() const { return state_; }
  bool is(GroupState state) const { return state_ == state; }
  int64_t state_since_ms() const { return state_since_ms_; }
  void enter(GroupState state, int64_t wall_ms) {
    state_ = state;
    state_since_ms_ = wall_ms;
  }

  Member* find(const std::string& member_id);
  bool is_leader(const std::string& member_id) const { return leader && *leader == member_id; }
  // The member id behind a static member's name, or null.
  const std::string* static_member(const std::string& instance_id) const;

  // The first member to come in leads, and brings the protocol type.
  Member& add(Member member, const std::string& type);
  void remove(const std::string& member_id);
  // A static member came back under a new id: keeps its assignment, and the leadership.
  Member& rename_static(const std::string& old_id, const std::string& new_id);

  // Could a member with these protocols be of this group?
  bool supports(const std::string& type, const std::vector<Protocol>& protocols) const;
  // Of the protocols that all know, the one that most prefer. REQUIRES: members that have one in common.
  std::string select_protocol() const;
  bool all_joined() const;
  // Hands leadership to a member that has joined, if the leader has not. False when nobody has joined.
  bool elect_joined_leader();
  // How long the slowest member may take to join again; at least 1.
  int32_t rebalance_timeout_ms() const;
  // The next generation: with members CompletingRebalance, without Empty.
  void begin_generation(int64_t wall_ms);

  JoinReply join_reply(const Member& member) const;
  // The earliest instant at which this group wants to be looked at.
  Instant next_deadline() const;

 private:
  bool known_by_all(const std::string& protocol) const;
  GroupState state_ = GroupState::kEmpty;
  int64_t state_since_ms_ = -1;
  std::map<std::string, std::string> static_members_;
};

}  // namespace baton::groups
