// How candidates' messages become bytes. A message is a plain struct that says its name, its kind, its fields and itself in words; an
// algorithm's messages are a std::variant of such structs. Two bytes say whose message it is and which one; varints follow.
//
// Bytes from the wire are never trusted: whatever is short, long or unknown decodes to nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/ids.h"

namespace baton::election {

// What a message is counted as where an algorithm's cost is compared with its theory, which counts the first kind only.
enum class MessageKind : uint8_t {
  kElection,         // asks for, gives or refuses support
  kAnnouncement,     // tells who was elected
  kBeat,             // "I still lead", and its answer
  kAcknowledgement,  // "your message arrived"
  kTransfer,         // of a planned change
};
std::string_view name_of(MessageKind kind);

// For people: what a message is, and what it says.
struct MessageInfo {
  MessageKind kind = MessageKind::kElection;
  std::string name;
  std::string words;
};

namespace codec {

inline void put(Writer& out, int64_t value) {
  out.varlong(value);
}
inline void put(Writer& out, int32_t value) {
  out.varint(value);
}
inline void put(Writer& out, bool value) {
  out.i8(value ? 1 : 0);
}
inline void put(Writer& out, BrokerId id) {
  out.varint(id.value());
}
inline void take(Reader& in, int64_t& value) {
  value = in.varlong();
}
inline void take(Reader& in, int32_t& value) {
  value = in.varint();
}
inline void take(Reader& in, bool& value) {
  value = in.i8() != 0;
}
inline void take(Reader& in, BrokerId& id) {
  id = BrokerId(in.varint());
}

}  // namespace codec

template <class Messages>
std::string encode(char algorithm, const Messages& message) {
  Writer out;
  out.i8(algorithm);
  out.i8(static_cast<int8_t>(message.index()));
  std::visit([&out](const auto& one) { std::apply([&out](const auto&... field) { (codec::put(out, field), ...); }, one.fields(one)); },
             message);
  return out.take();
}

template <class Messages, size_t... I>
std::optional<Messages> decode(char algorithm, std::string_view bytes, std::index_sequence<I...>) {
  Reader in(bytes);
  if (in.i8() != algorithm) return std::nullopt;
  const auto index = static_cast<size_t>(static_cast<uint8_t>(in.i8()));
  std::optional<Messages> found;
  const auto attempt = [&]<size_t N>(std::integral_constant<size_t, N>) {
    if (index != N) return;
    std::variant_alternative_t<N, Messages> one;
    std::apply([&in](auto&... field) { (codec::take(in, field), ...); }, one.fields(one));
    if (!in.bad() && in.at_end()) found = one;
  };
  (attempt(std::integral_constant<size_t, I>()), ...);
  return found;
}

template <class Messages>
std::optional<Messages> decode(char algorithm, std::string_view bytes) {
  return decode<Messages>(algorithm, bytes, std::make_index_sequence<std::variant_size_v<Messages>>());
}

template <class Messages>
std::optional<MessageInfo> describe(char algorithm, std::string_view bytes) {
  const std::optional<Messages> message = decode<Messages>(algorithm, bytes);
  if (!message) return std::nullopt;
  return std::visit([](const auto& one) { return MessageInfo{one.kKind, std::string(one.kName), one.words()}; }, *message);
}

}  // namespace baton::election
