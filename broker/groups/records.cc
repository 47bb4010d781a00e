#include "broker/groups/records.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"

namespace baton::groups {
namespace {

constexpr int16_t kOffsetKeyVersion = 1;
constexpr int16_t kGroupKeyVersion = 2;
constexpr int16_t kOffsetValueVersion = 3;
constexpr int16_t kGroupValueVersion = 3;

void write_string(Writer& writer, std::string_view text) {
  // Every text here came in a request whose strings are as short.
  BATON_ASSERT(text.size() <= INT16_MAX);
  writer.i16(static_cast<int16_t>(text.size()));
  writer.bytes(text);
}
void write_nullable(Writer& writer, const std::optional<std::string>& text) {
  if (text) {
    write_string(writer, *text);
  } else {
    writer.i16(-1);
  }
}
void write_bytes(Writer& writer, std::string_view bytes) {
  writer.i32(static_cast<int32_t>(bytes.size()));
  writer.bytes(bytes);
}

std::string read_string(Reader& reader) {
  return std::string(reader.take(reader.i16()));
}
std::optional<std::string> read_nullable(Reader& reader) {
  const int16_t length = reader.i16();
  if (length == -1) return std::nullopt;
  return std::string(reader.take(length));
}
std::string read_bytes(Reader& reader) {
  return std::string(reader.take(reader.i32()));
}

tl::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorruptMessage, fmt::format("a record of __consumer_offsets: {}", what));
}

std::string offset_key(const std::string& group, const NamedPartition& at) {
  Writer writer;
  writer.i16(kOffsetKeyVersion);
  write_string(writer, group);
  write_string(writer, at.topic);
  writer.i32(at.partition);
  return writer.take();
}
std::string group_key(const std::string& group) {
  Writer writer;
  writer.i16(kGroupKeyVersion);
  write_string(writer, group);
  return writer.take();
}

Member read_member(Reader& reader, int16_t version, const std::string& protocol) {
  Member member;
  member.id = read_string(reader);
  if (version >= 3) member.instance_id = read_nullable(reader);
  member.client_id = read_string(reader);
  member.client_host = read_string(reader);
  const int32_t rebalance_timeout_ms = version >= 1 ? reader.i32() : -1;
  member.session_timeout_ms = reader.i32();
  member.rebalance_timeout_ms = rebalance_timeout_ms >= 0 ? rebalance_timeout_ms : member.session_timeout_ms;
  member.protocols.push_back({protocol, read_bytes(reader)});
  member.assignment = read_bytes(reader);
  return member;
}

}  // namespace

Record offset_record(const std::string& group, const NamedPartition& at, const CommittedOffset& offset) {
  Writer value;
  // Only version 1 can hold a time of expiry that the client chose.
  const bool expires = offset.expire_ms >= 0;
  value.i16(expires ? 1 : kOffsetValueVersion);
  value.i64(offset.offset);
  if (!expires) value.i32(offset.leader_epoch);
  write_string(value, offset.metadata);
  value.i64(offset.commit_ms);
  if (expires) value.i64(offset.expire_ms);
  return {offset_key(group, at), value.take()};
}

Record offset_tombstone(const std::string& group, const NamedPartition& at) {
  return {offset_key(group, at), std::nullopt};
}

Record group_record(const Group& group, const std::map<std::string, std::string>& assignments, int64_t wall_ms) {
  Writer value;
  value.i16(kGroupValueVersion);
  write_string(value, group.protocol_type.value_or(""));
  value.i32(group.generation);
  write_nullable(value, group.protocol_name);
  write_nullable(value, group.leader);
  value.i64(wall_ms);
  value.i32(static_cast<int32_t>(group.members.size()));
  for (const auto& [id, member] : group.members) {
    write_string(value, id);
    write_nullable(value, member.instance_id);
    write_string(value, member.client_id);
    write_string(value, member.client_host);
    value.i32(member.rebalance_timeout_ms);
    value.i32(member.session_timeout_ms);
    const std::string* metadata = group.protocol_name ? member.metadata_for(*group.protocol_name) : nullptr;
    write_bytes(value, metadata == nullptr ? std::string_view{} : *metadata);
    const auto assignment = assignments.find(id);
    write_bytes(value, assignment == assignments.end() ? std::string_view{} : assignment->second);
  }
  return {group_key(group.name), value.take()};
}

Record group_tombstone(const std::string& group) {
  return {group_key(group), std::nullopt};
}

Result<Key> parse_key(std::string_view bytes) {
  Reader reader(bytes);
  const int16_t version = reader.i16();
  if (reader.bad()) return corrupt("a key without a version");
  if (version < 0 || version > kGroupKeyVersion) return UnknownKey{};
  if (version == kGroupKeyVersion) {
    GroupKey key{read_string(reader)};
    if (reader.bad()) return corrupt("a malformed group key");
    return key;
  }
  OffsetKey key;
  key.group = read_string(reader);
  key.at.topic = read_string(reader);
  key.at.partition = reader.i32();
  if (reader.bad()) return corrupt("a malformed offset key");
  return key;
}

Result<CommittedOffset> parse_offset(std::string_view bytes) {
  Reader reader(bytes);
  const int16_t version = reader.i16();
  if (version < 0 || version > kOffsetValueVersion) return corrupt(fmt::format("an offset of version {}", version));
  CommittedOffset offset;
  offset.offset = reader.i64();
  if (version >= 3) offset.leader_epoch = reader.i32();
  offset.metadata = read_string(reader);
  offset.commit_ms = reader.i64();
  if (version == 1) offset.expire_ms = reader.i64();
  if (reader.bad()) return corrupt("a malformed offset");
  return offset;
}

Result<StoredGroup> parse_group(std::string_view bytes) {
  Reader reader(bytes);
  const int16_t version = reader.i16();
  if (version < 0 || version > kGroupValueVersion) return corrupt(fmt::format("a group of version {}", version));
  StoredGroup group;
  group.protocol_type = read_string(reader);
  group.generation = reader.i32();
  group.protocol_name = read_nullable(reader);
  group.leader = read_nullable(reader);
  if (version >= 2) group.state_since_ms = reader.i64();
  const int32_t members = reader.i32();
  for (int32_t i = 0; i < members && !reader.bad(); ++i) {
    group.members.push_back(read_member(reader, version, group.protocol_name.value_or("")));
  }
  if (reader.bad() || members < 0) return corrupt("a malformed group");
  return group;
}

int32_t partition_of(std::string_view group, int32_t partitions) {
  BATON_ASSERT(partitions > 0);
  uint32_t hash = 0;
  const auto add = [&hash](uint32_t utf16_unit) { hash = hash * 31 + utf16_unit; };
  for (size_t i = 0; i < group.size();) {
    const auto byte = [&](size_t at) { return at < group.size() ? static_cast<uint32_t>(static_cast<uint8_t>(group[at])) : 0u; };
    const uint32_t first = byte(i);
    if (first < 0x80) {
      add(first);
      i += 1;
    } else if (first < 0xe0) {
      add((first & 0x1f) << 6 | (byte(i + 1) & 0x3f));
      i += 2;
    } else if (first < 0xf0) {
      add((first & 0x0f) << 12 | (byte(i + 1) & 0x3f) << 6 | (byte(i + 2) & 0x3f));
      i += 3;
    } else {
      // Beyond the basic plane: a pair of surrogates.
      const uint32_t code =
          ((first & 0x07) << 18 | (byte(i + 1) & 0x3f) << 12 | (byte(i + 2) & 0x3f) << 6 | (byte(i + 3) & 0x3f)) - 0x10000;
      add(0xd800 + (code >> 10));
      add(0xdc00 + (code & 0x3ff));
      i += 4;
    }
  }
  // Kafka's Utils.abs: the most negative number becomes 0, every other its absolute value.
  const auto sign = static_cast<int32_t>(hash);
  return (sign == INT32_MIN ? 0 : sign < 0 ? -sign : sign) % partitions;
}

}  // namespace baton::groups
