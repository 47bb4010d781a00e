// The coordinator of all groups of one partition of __consumer_offsets, as a pure core: requests, ticks and confirmed
// appends go in with the time, decisions (records to append, answers to give) come out. Made when this broker becomes the
// partition's leader, fed with its records (replay), then asked; dropped, after resign(), when it no longer leads.
//
//   Decisions d = coordinator.join(ticket, request, now);   append d.appends, in order; send d.replies
//   coordinator.appended(token, error, now)                 what waited for the append: a commit, an assignment
//   coordinator.tick(now) at next_wake()                    sessions and rebalances that have run out
//
// What a group decides is stored before anybody is told: an assignment or a commit is answered once its append is below
// the high watermark. Not thread-safe; randomness (member ids) is handed in. The rules are Kafka's classic protocol.
#pragma once

#include <set>

#include "base/random.h"
#include "broker/groups/group.h"
#include "broker/groups/records.h"

namespace baton::groups {

class Coordinator {
 public:
  Coordinator(Config config, Random& random) : config_(config), random_(random) {}

  // ---- loading: until loaded(), every request is answered COORDINATOR_LOAD_IN_PROGRESS ----
  // One record of the partition, in order. A malformed one is an error and changes nothing.
  Status replay(std::string_view key, const std::optional<std::string_view>& value);
  void loaded(Now now);
  bool is_loaded() const { return loaded_; }

  // ---- membership ----
  [[nodiscard]] Decisions join(Ticket ticket, const JoinRequest& request, Now now);
  [[nodiscard]] Decisions sync(Ticket ticket, const SyncRequest& request, Now now);
  [[nodiscard]] Decisions leave(Ticket ticket, const std::string& group, const std::vector<LeavingMember>& members, Now now);
  ErrorCode heartbeat(const MemberIdentity& who, Now now);

  // ---- offsets ----
  [[nodiscard]] Decisions commit(Ticket ticket, const MemberIdentity& who, const std::vector<OffsetToCommit>& offsets, Now now);
  // The group's committed offsets; an unknown group has none.
  Result<Offsets> offsets_of(const std::string& group) const;
  [[nodiscard]] Decisions delete_offsets(Ticket ticket, const std::string& group, const std::vector<NamedPartition>& offsets, Now now);
  [[nodiscard]] Decisions delete_group(Ticket ticket, const std::string& group, Now now);
  // Forgets offsets that have outlived their retention and groups that have nothing left. For a timer of minutes.
  [[nodiscard]] Decisions expire_offsets(Now now);
  // A topic was deleted: its offsets mean nothing to a later one of that name.
  [[nodiscard]] Decisions forget_topic(const std::string& topic, Now now);

  // ---- looking on ----
  Result<std::vector<ListedGroup>> list() const;
  // An unknown group is Dead, which is not an error.
  Result<DescribedGroup> describe(const std::string& group) const;

  // ---- time and the log ----
  [[nodiscard]] Decisions tick(Now now);
  Instant next_wake() const { return alarms_.empty() ? Instant::never() : alarms_.begin()->first; }
  [[nodiscard]] Decisions appended(uint64_t token, ErrorCode error, Now now);
  // This broker no longer coordinates: all that wait are told NOT_COORDINATOR. Nothing may be asked afterwards.
  [[nodiscard]] Decisions resign();

 private:
  // ---- what waits for an append ----
  struct AssignmentStored {
    std::string group;
    int32_t generation;
    std::map<std::string, std::string> assignments;
  };
  struct StaticMemberStored {
    Ticket ticket;
    JoinReply reply;
  };
  struct OffsetsStored {
    std::string group;
    Ticket ticket;
    std::vector<std::pair<NamedPartition, CommittedOffset>> offsets;
    std::vector<ErrorCode> errors;  // of those that were refused before; kNone for the stored ones
  };
  struct GroupDeleted {
    Ticket ticket;
  };
  struct OffsetsDeleted {
    Ticket ticket;
    std::vector<ErrorCode> errors;
  };
  struct Nothing {};
  using Waiting = std::variant<Nothing, AssignmentStored, StaticMemberStored, OffsetsStored, GroupDeleted, OffsetsDeleted>;

  // coordinator.cc
  Group* find(const std::string& group);
  const Group* find(const std::string& group) const;
  Group& find_or_create(const std::string& group);
  void answer(Ticket ticket, decltype(Reply::body) body) { out_.replies.push_back({ticket, std::move(body)}); }
  void append(std::vector<Record> records, Waiting waiting);
  void arm(Group& group);
  void disarm(const std::string& group);
  void erase(const std::string& group);
  Decisions take();

  // joining.cc
  void join_as_new(Ticket ticket, Group& group, const JoinRequest& request, Now now);
  void join_as_known(Ticket ticket, Group& group, const JoinRequest& request, Now now);
  void join_as_returned_static(Ticket ticket, Group& group, const std::string& old_id, const std::string& new_id,
                               const JoinRequest& request, Now now);
  void add_member(Ticket ticket, Group& group, const std::string& member_id, const JoinRequest& request, Now now);
  void update_member(Ticket ticket, Member& member, const JoinRequest& request);
  std::string new_member_id(const JoinRequest& request);

  // rebalance.cc
  void maybe_rebalance(Group& group, Now now);
  void prepare_rebalance(Group& group, Now now);
  void try_complete_join(Group& group, Now now);
  void complete_join(Group& group, Now now);
  void join_deadline_passed(Group& group, Now now);
  void sync_deadline_passed(Group& group, Now now);
  void assignment_stored(const AssignmentStored& stored, ErrorCode error, Now now);
  void remove_member(Group& group, const std::string& member_id, ErrorCode told, Now now);
  void refuse_syncs(Group& group, ErrorCode error);
  void answer_sync(Group& group, Member& member);
  void expire_sessions(Group& group, Now now);
  void expect_heartbeat(Member& member, Now now) const;

  // membership.cc
  ErrorCode check_member(const Group& group, const MemberIdentity& who) const;
  ErrorCode leave_one(Group& group, const LeavingMember& leaving, Now now);

  // offsets.cc
  ErrorCode check_commit(const MemberIdentity& who, Now now);
  void offsets_stored(const OffsetsStored& stored, ErrorCode error);
  bool expired(const Group& group, const CommittedOffset& offset, Now now) const;

  // loading.cc
  void replay_group(const std::string& group, StoredGroup stored);

  Config config_;
  Random& random_;
  bool loaded_ = false;
  std::map<std::string, Group> groups_;
  std::map<uint64_t, Waiting> waiting_;
  uint64_t last_token_ = 0;
  // When each group wants to be looked at; may be early (a heartbeat puts its member's end off), never late.
  std::set<std::pair<Instant, std::string>> alarms_;
  std::map<std::string, Instant> alarm_of_;
  Decisions out_;
};

}  // namespace baton::groups
