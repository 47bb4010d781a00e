// Reading a message by its table, from bytes that nobody vouches for. Every length and count is compared with the bytes
// that remain before anything is allocated, and an array grows as its elements arrive. Included only where a message is
// instantiated (codec.h).
#pragma once

#include <algorithm>
#include <optional>
#include <type_traits>

#include "base/error_code.h"
#include "base/strong.h"
#include "base/uuid.h"
#include "broker/protocol/schema.h"

namespace baton::protocol::codec {

// Strings longer than this are malformed whatever the encoding, as in Kafka.
inline constexpr int64_t kStringLengthMax = 0x7fff;
// An array's first allocation, in elements: what the count claims, but no more than this.
inline constexpr int64_t kReserveMax = 1024;
// Elements of all arrays of one message. An element may take 2 bytes on the wire and a hundred in memory: without this a
// frame of the largest size would grow to gigabytes.
inline constexpr int64_t kElementsMax = 1'000'000;

struct Decoder {
  Reader& in;
  int16_t version;
  bool flexible;
  std::string_view failed_at = {};
  int64_t elements_left = kElementsMax;

  // −1 is null.
  template <class Fixed>
  int64_t length() {
    if (flexible) return static_cast<int64_t>(in.unsigned_varint()) - 1;
    return in.read<Fixed>();
  }
};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct Unwrapped {
  using type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using type = T;
};

// The fewest bytes that a T can take on the wire.
template <class T>
size_t least_bytes(int16_t version, bool flexible) {
  using Value = typename Unwrapped<T>::type;
  if constexpr (Described<Value>) {
    const auto of = [&]<class S, class M>(const Field<S, M>& f) -> size_t {
      return f.in(version) && !f.tagged() ? least_bytes<M>(version, flexible) : 0;
    };
    const size_t tags = flexible ? 1 : 0;
    return std::apply([&](const auto&... f) { return (tags + ... + of(f)); }, Value::fields);
  } else if constexpr (std::is_same_v<Value, std::string>) {
    return flexible ? 1 : 2;
  } else if constexpr (IsVector<Value>::value || std::is_same_v<Value, Bytes> || std::is_same_v<Value, Records>) {
    return flexible ? 1 : 4;
  } else {
    return sizeof(Value);
  }
}

template <class T>
  requires std::is_integral_v<T>
void decode_value(Decoder& from, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = from.in.i8() != 0;
  } else {
    value = from.in.read<T>();
  }
}
inline void decode_value(Decoder& from, ErrorCode& value) {
  value = static_cast<ErrorCode>(from.in.i16());
}
template <class Tag, class Rep>
void decode_value(Decoder& from, Strong<Tag, Rep>& value) {
  value = Strong<Tag, Rep>(from.in.read<Rep>());
}
inline void decode_value(Decoder& from, Uuid& value) {
  value = Uuid::from_bytes(from.in.take(16));
}
inline void decode_value(Decoder& from, TopicId& value) {
  value = TopicId(Uuid::from_bytes(from.in.take(16)));
}

// Each of these is told the length that was read, ≥ 0.
inline void decode_counted(Decoder& from, std::string& value, int64_t length) {
  if (length > kStringLengthMax) return from.in.set_bad();
  value.assign(from.in.take(length));
}
inline void decode_counted(Decoder& from, Bytes& value, int64_t length) {
  value.data.assign(from.in.take(length));
}
inline void decode_counted(Decoder& from, Records& value, int64_t length) {
  value = Records::in_memory(from.in.take(length));
}

template <Described S>
void decode_value(Decoder& from, S& value);

template <class T>
int64_t read_length(Decoder& from) {
  return std::is_same_v<T, std::string> ? from.length<int16_t>() : from.length<int32_t>();
}

template <class T>
concept Counted = std::is_same_v<T, std::string> || std::is_same_v<T, Bytes> || std::is_same_v<T, Records> || IsVector<T>::value;

template <class T>
void decode_counted(Decoder& from, std::vector<T>& values, int64_t count) {
  const size_t least = std::max<size_t>(1, least_bytes<T>(from.version, from.flexible));
  if (static_cast<uint64_t>(count) > from.in.remaining() / least || count > from.elements_left) return from.in.set_bad();
  from.elements_left -= count;
  values.clear();
  values.reserve(static_cast<size_t>(std::min(count, kReserveMax)));
  for (int64_t i = 0; i < count && !from.in.bad(); ++i) {
    T& value = values.emplace_back();
    if constexpr (Counted<T>) {
      const int64_t length = read_length<T>(from);
      if (length < 0) return from.in.set_bad();
      decode_counted(from, value, length);
    } else {
      decode_value(from, value);
    }
  }
}

template <class T>
void decode_nullable(Decoder& from, T& value, bool may_be_null) {
  using Value = typename Unwrapped<T>::type;
  if constexpr (Counted<Value>) {
    const int64_t length = read_length<Value>(from);
    if (length < -1 || (length == -1 && !may_be_null)) return from.in.set_bad();
    if constexpr (std::is_same_v<T, Records>) {
      if (length == -1) {
        value = Records::none();
      } else {
        decode_counted(from, value, length);
      }
    } else if constexpr (std::is_same_v<T, Value>) {
      if (length == -1) return from.in.set_bad();
      decode_counted(from, value, length);
    } else {
      value.reset();
      if (length >= 0) decode_counted(from, value.emplace(), length);
    }
  } else {
    decode_value(from, value);
  }
}

template <class S, class T>
void decode_field(Decoder& from, S& value, const Field<S, T>& field) {
  if (field.tagged() || !field.in(from.version)) return;
  decode_nullable(from, value.*field.member, from.version >= field.traits.nullable);
  if (from.in.bad() && from.failed_at.empty()) from.failed_at = field.name;
}

template <class S, class T>
void decode_tag(Decoder& from, S& value, const Field<S, T>& field, uint32_t tag, std::string_view bytes) {
  if (!field.tagged() || !field.in(from.version) || static_cast<uint32_t>(field.traits.tag) != tag) return;
  Reader inner(bytes);
  Decoder decoder{inner, from.version, from.flexible, {}, from.elements_left};
  decode_nullable(decoder, value.*field.member, from.version >= field.traits.nullable);
  from.elements_left = decoder.elements_left;
  if (!inner.bad() && inner.at_end()) return;
  from.in.set_bad();
  from.failed_at = field.name;
}

// KIP-482: a count, then for each its tag, its size and its bytes, by strictly ascending tag. Unknown ones are skipped.
template <Described S>
void decode_tags(Decoder& from, S& value) {
  const uint32_t count = from.in.unsigned_varint();
  int64_t last = -1;
  for (uint32_t i = 0; i < count && !from.in.bad(); ++i) {
    const uint32_t tag = from.in.unsigned_varint();
    const std::string_view bytes = from.in.take(from.in.unsigned_varint());
    if (static_cast<int64_t>(tag) <= last) from.in.set_bad();
    if (from.in.bad()) break;
    last = tag;
    std::apply([&](const auto&... f) { (decode_tag(from, value, f, tag, bytes), ...); }, S::fields);
  }
  if (from.in.bad() && from.failed_at.empty()) from.failed_at = "tagged fields";
}

template <Described S>
void decode_value(Decoder& from, S& value) {
  std::apply([&](const auto&... f) { (decode_field(from, value, f), ...); }, S::fields);
  if (from.flexible) decode_tags(from, value);
}

}  // namespace baton::protocol::codec
