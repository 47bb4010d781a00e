// Writing a message by its table. Included only where a message is instantiated (codec.h).
#pragma once

#include <limits>
#include <optional>
#include <type_traits>

#include "base/assert.h"
#include "base/error_code.h"
#include "base/strong.h"
#include "base/uuid.h"
#include "broker/protocol/encoder.h"

namespace baton::protocol::codec {

// Kafka's limit of a string, compact or not.
inline constexpr size_t kStringBytesMax = std::numeric_limits<int16_t>::max();

template <class S>
const S& defaults() {
  static const S value{};
  return value;
}

template <class T>
  requires std::is_integral_v<T>
void encode_value(Encoder& to, T value, std::string_view) {
  to.out().write(static_cast<std::conditional_t<std::is_same_v<T, bool>, int8_t, T>>(value));
}
inline void encode_value(Encoder& to, ErrorCode value, std::string_view) {
  to.out().i16(static_cast<int16_t>(value));
}
template <class Tag, class Rep>
void encode_value(Encoder& to, Strong<Tag, Rep> value, std::string_view) {
  to.out().write(value.value());
}
inline void encode_value(Encoder& to, const Uuid& value, std::string_view) {
  to.out().bytes(value.raw());
}

inline void encode_value(Encoder& to, const std::string& value, std::string_view name) {
  if (value.size() > kStringBytesMax) return to.fail(name, "is longer than 32767 bytes");
  to.length<int16_t>(value.size());
  to.out().bytes(value);
}

inline void encode_value(Encoder& to, const Bytes& value, std::string_view name) {
  if (value.data.size() >= std::numeric_limits<int32_t>::max()) return to.fail(name, "is longer than 2 GiB");
  to.length<int32_t>(value.data.size());
  to.out().bytes(value.data);
}

inline void encode_value(Encoder& to, const Records& value, std::string_view name) {
  const size_t size = value.is_elsewhere ? value.length : value.bytes.size();
  if (size >= std::numeric_limits<int32_t>::max()) return to.fail(name, "is longer than 2 GiB");
  to.length<int32_t>(size);
  if (!value.is_elsewhere) return to.out().bytes(value.bytes);
  if (value.length > 0) to.gap(value.length, value.source);
}

template <Described S>
void encode_value(Encoder& to, const S& value, std::string_view);

template <class T>
void encode_value(Encoder& to, const std::vector<T>& values, std::string_view name) {
  if (values.size() >= std::numeric_limits<int32_t>::max()) return to.fail(name, "has more than 2^31 elements");
  to.length<int32_t>(values.size());
  for (const T& value : values) encode_value(to, value, name);
}

template <class T>
struct IsString : std::is_same<T, std::string> {};

// Strings are counted in 16 bits before flexible versions, all else in 32.
template <class T>
void encode_null(Encoder& to) {
  if constexpr (IsString<T>::value) {
    to.null_length<int16_t>();
  } else {
    to.null_length<int32_t>();
  }
}

template <class T>
void encode_nullable(Encoder& to, const T& value, std::string_view name, bool) {
  encode_value(to, value, name);
}
template <class T>
void encode_nullable(Encoder& to, const std::optional<T>& value, std::string_view name, bool may_be_null) {
  if (value) return encode_value(to, *value, name);
  if (!may_be_null) return to.fail(name, "may not be null");
  encode_null<T>(to);
}
inline void encode_nullable(Encoder& to, const Records& value, std::string_view name, bool may_be_null) {
  if (!value.null) return encode_value(to, value, name);
  if (!may_be_null) return to.fail(name, "may not be null");
  encode_null<Records>(to);
}

template <class S, class T>
void encode_field(Encoder& to, const S& value, const Field<S, T>& field) {
  if (!field.in(to.version())) {
    const bool lost = !field.traits.ignorable && !(value.*field.member == defaults<S>().*field.member);
    if (lost) to.fail(field.name, "cannot be expressed");
    return;
  }
  if (!field.tagged()) encode_nullable(to, value.*field.member, field.name, to.version() >= field.traits.nullable);
}

template <class S, class T>
bool is_tag_present(const Encoder& to, const S& value, const Field<S, T>& field) {
  return field.tagged() && field.in(to.version()) && !(value.*field.member == defaults<S>().*field.member);
}

template <class S, class T>
void encode_tag(Encoder& to, const S& value, const Field<S, T>& field) {
  if (!is_tag_present(to, value, field)) return;
  Encoder inner(to.version(), to.flexible());
  encode_nullable(inner, value.*field.member, field.name, to.version() >= field.traits.nullable);
  if (!inner.failure().empty()) return to.fail(field.name, inner.failure());
  BATON_ASSERT(inner.gaps().empty());
  to.out().unsigned_varint(static_cast<uint32_t>(field.traits.tag));
  to.out().unsigned_varint(static_cast<uint32_t>(inner.out().size()));
  to.out().bytes(inner.out().view());
}

template <Described S>
void encode_value(Encoder& to, const S& value, std::string_view) {
  std::apply([&](const auto&... f) { (encode_field(to, value, f), ...); }, S::fields);
  if (!to.flexible()) return;
  std::apply(
      [&](const auto&... f) {
        to.out().unsigned_varint((0u + ... + static_cast<uint32_t>(is_tag_present(to, value, f))));
        (encode_tag(to, value, f), ...);
      },
      S::fields);
}

}  // namespace baton::protocol::codec
