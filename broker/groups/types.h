// What the group coordinator is asked and what it answers: Kafka's classic group protocol in plain structs, without its
// versions. Handlers turn wire messages into these and back.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error_code.h"

namespace baton::groups {

// Names a request whose answer may come later. The caller draws it, never twice.
using Ticket = uint64_t;

// Both clocks at the moment of an event: time-outs run on the first, what is stored bears the second.
struct Now {
  Instant instant;
  int64_t wall_ms = 0;
};

struct Config {
  int32_t session_timeout_ms_min = 6'000;
  int32_t session_timeout_ms_max = 1'800'000;
  int32_t initial_rebalance_delay_ms = 3'000;
  int32_t members_max = INT32_MAX;
  int32_t offset_metadata_bytes_max = 4'096;
  int64_t offsets_retention_ms = 10'080LL * 60'000;
};

// ---- membership ----------------------------------------------------------------------------------------------------

// One way of assigning partitions that a member knows, with what it tells the leader about itself; opaque to us.
struct Protocol {
  std::string name;
  std::string metadata;
  friend bool operator==(const Protocol&, const Protocol&) = default;
};

struct JoinRequest {
  std::string group;
  std::string member_id;                   // empty at first
  std::optional<std::string> instance_id;  // given: a static member (KIP-345)
  std::string client_id;
  std::string client_host;
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = 0;
  std::string protocol_type;
  std::vector<Protocol> protocols;   // the preferred one first
  bool member_id_required = false;   // v4+ (KIP-394): a new member is told its id and asks again with it
  bool may_skip_assignment = false;  // v9+: a static leader that returns is told that the assignment stands
};
struct JoinMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string metadata;
};
struct JoinReply {
  ErrorCode error = ErrorCode::kNone;
  int32_t generation = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinMember> members;  // for the leader alone
};

struct SyncRequest {
  std::string group;
  int32_t generation = -1;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::map<std::string, std::string> assignments;  // by member id, from the leader alone
};
struct SyncReply {
  ErrorCode error = ErrorCode::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string assignment;
};

// Who says so: the identity that Heartbeat and OffsetCommit carry.
struct MemberIdentity {
  std::string group;
  int32_t generation = -1;
  std::string member_id;
  std::optional<std::string> instance_id;
};

struct LeavingMember {
  std::string member_id;
  std::optional<std::string> instance_id;
};
struct LeaveReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<ErrorCode> members;  // in the request's order
};

// ---- offsets -------------------------------------------------------------------------------------------------------

// A partition by its topic's name, which is what groups know; offsets outlive a topic's id.
struct NamedPartition {
  std::string topic;
  int32_t partition = 0;
  friend auto operator<=>(const NamedPartition&, const NamedPartition&) = default;
};
struct CommittedOffset {
  int64_t offset = -1;
  int32_t leader_epoch = -1;
  std::string metadata;
  int64_t commit_ms = 0;
  int64_t expire_ms = -1;  // wall clock; -1: by the broker's retention
  friend bool operator==(const CommittedOffset&, const CommittedOffset&) = default;
};
using Offsets = std::map<NamedPartition, CommittedOffset>;

struct OffsetToCommit {
  NamedPartition at;
  int64_t offset = -1;
  int32_t leader_epoch = -1;
  std::string metadata;
  int64_t retention_ms = -1;  // v2–v4 clients; -1: the broker's
};
struct CommitReply {
  std::vector<ErrorCode> errors;  // in the request's order
};

struct DeleteReply {
  ErrorCode error = ErrorCode::kNone;
};
struct OffsetDeleteReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<ErrorCode> errors;  // in the request's order
};

// ---- looking on ----------------------------------------------------------------------------------------------------

enum class GroupState { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable, kDead };
// Kafka's spelling: PreparingRebalance.
const char* name_of(GroupState state);

struct ListedGroup {
  std::string group;
  std::string protocol_type;
  GroupState state = GroupState::kEmpty;
};
struct DescribedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  std::string metadata;
  std::string assignment;
};
struct DescribedGroup {
  GroupState state = GroupState::kDead;
  std::string protocol_type;
  std::string protocol_name;
  std::vector<DescribedMember> members;
};

// ---- decisions -----------------------------------------------------------------------------------------------------

// A record of __consumer_offsets; without a value it deletes its key.
struct Record {
  std::string key;
  std::optional<std::string> value;
};
// Append these in one batch with acks=all, in the order of the decisions, then call Coordinator::appended(token, …).
struct Append {
  uint64_t token = 0;
  std::vector<Record> records;
};
struct Reply {
  Ticket ticket = 0;
  std::variant<JoinReply, SyncReply, LeaveReply, CommitReply, DeleteReply, OffsetDeleteReply> body;
};
struct Decisions {
  std::vector<Append> appends;
  std::vector<Reply> replies;
};

}  // namespace baton::groups
