// The records of __consumer_offsets, in Kafka's own format, so that its tools and a migration read ours and we read theirs.
// A record's key begins with its version: 0 and 1 an offset commit, 2 a group. Written: offset key v1 / value v3, group
// key v2 / value v3; read: also the older values. A null value deletes. Source: Kafka's OffsetCommitKey/Value and
// GroupMetadataKey/Value schemas. Pure.
#pragma once

#include <string_view>
#include <variant>

#include "base/result.h"
#include "broker/groups/group.h"

namespace baton::groups {

struct OffsetKey {
  std::string group;
  NamedPartition at;
};
struct GroupKey {
  std::string group;
};
// A record of a version to come (a newer broker's): skipped.
struct UnknownKey {};
using Key = std::variant<OffsetKey, GroupKey, UnknownKey>;

// What a stored group is: as much of it as survives its coordinator.
struct StoredGroup {
  std::string protocol_type;
  int32_t generation = 0;
  std::optional<std::string> protocol_name;
  std::optional<std::string> leader;
  int64_t state_since_ms = -1;
  std::vector<Member> members;  // each with the one protocol that was chosen
};

Record offset_record(const std::string& group, const NamedPartition& at, const CommittedOffset& offset);
Record offset_tombstone(const std::string& group, const NamedPartition& at);
// `assignments` stand in for the members' own: a group is stored before its members learn theirs.
Record group_record(const Group& group, const std::map<std::string, std::string>& assignments, int64_t wall_ms);
Record group_tombstone(const std::string& group);

// CORRUPT_MESSAGE on a malformed one.
Result<Key> parse_key(std::string_view bytes);
Result<CommittedOffset> parse_offset(std::string_view bytes);
// `protocol_type`, … of the stored form; fails also on a version that is not known.
Result<StoredGroup> parse_group(std::string_view bytes);

// Which partition of __consumer_offsets holds a group: Java's String.hashCode of its UTF-16 form, made positive.
int32_t partition_of(std::string_view group, int32_t partitions);

}  // namespace baton::groups
