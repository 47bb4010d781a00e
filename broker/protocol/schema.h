// Kafka's messages, each declared once. A message is a plain struct whose initialisers are its defaults, with one table of
// its fields in Kafka's own words; encoder, decoder and printer (codec.h) read that table and nothing else. The root of a
// message adds its Api: key, name, the versions that we serve, and the first flexible one (compact lengths, tagged fields,
// KIP-482). Version and flexibility are set once, at the root. Plain data and pure functions: no state, any thread.
//
// A server, from a frame whose 4-byte size the framing layer has already taken off (see frame.h):
//
//   Reader in(frame);
//   const auto header = decode_request_header(in);              // key, version, correlation id, client id
//   const auto request = decode_body<FetchRequest>(in, header->api_version);
//   FetchResponse response;                                     // … fill; records = Records::elsewhere(bytes, my_source_number)
//   const auto answer = encode_response(header->api_version, header->correlation_id, response);
//   // answer->bytes starts with the 4-byte size; answer->gaps say where the record bytes of which source go between them.
//
// A client:
//
//   const auto asked = encode_request(12, correlation_id, "baton", MetadataRequest{});
//   Reader in(frame);
//   const auto id = decode_response_header<MetadataResponse>(in, 12);
//   const auto response = decode_body<MetadataResponse>(in, 12);
//   print(*response, 12);                                       // for people
//
// Choosing a version: `FetchRequest::api` has the range. A null, or a value other than the default in a field that is not
// ignorable, which the version cannot carry, makes encoding fail with UNSUPPORTED_VERSION and names the field.
//
// A nullable field is a std::optional and starts as null, unless it became nullable later than it appeared: then it starts
// empty, so that the oldest version can carry an untouched one. Ids and epochs start as "none", -1.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace baton::protocol {

inline constexpr int16_t kNever = std::numeric_limits<int16_t>::max();

struct Api {
  int16_t key = -1;
  std::string_view name;
  // The versions that are decoded and encoded.
  int16_t oldest = 0;
  int16_t newest = 0;
  // The first version with compact lengths and tagged fields.
  int16_t flexible = kNever;
  // Where clients need to be told of more than is served (Produce: librdkafka looks for 0 before it compresses).
  int16_t advertised_oldest = kNever;

  constexpr bool serves(int16_t version) const { return oldest <= version && version <= newest; }
  constexpr bool is_flexible(int16_t version) const { return version >= flexible; }
  constexpr int16_t oldest_to_advertise() const { return advertised_oldest == kNever ? oldest : advertised_oldest; }
};

// Of one field: the versions that have it, the first in which it may be null, whether a version that lacks it drops it in
// silence, and its tag if it is a tagged field.
struct Traits {
  int16_t since = 0;
  int16_t upto = kNever;
  int16_t nullable = kNever;
  bool ignorable = false;
  int16_t tag = -1;
};

template <class Struct, class T>
struct Field {
  std::string_view name;
  T Struct::*member;
  Traits traits;

  constexpr bool in(int16_t version) const { return traits.since <= version && version <= traits.upto; }
  constexpr bool tagged() const { return traits.tag >= 0; }
};

template <class Struct, class T>
constexpr Field<Struct, T> field(std::string_view name, T Struct::*member, Traits traits = {}) {
  return {name, member, traits};
}

// In the order of the wire; tagged ones by ascending tag.
template <class... Fields>
constexpr std::tuple<Fields...> table(Fields... fields) {
  return {fields...};
}

template <class T>
concept Described = requires { T::fields; };

template <Described S>
bool operator==(const S& left, const S& right) {
  return std::apply([&](const auto&... f) { return ((left.*f.member == right.*f.member) && ...); }, S::fields);
}

// Opaque bytes that are copied (a group member's metadata or assignment).
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// Record batches, never copied. Decoded: `bytes` is a view into the frame, valid as long as the frame. To encode: either
// bytes that lie in memory (copied into the output), or a promise of `length` bytes that the sender puts into a gap.
struct Records {
  std::string_view bytes;
  bool null = false;
  // With `is_elsewhere`: how many bytes, and the caller's own number for where they are (say, the n-th file range).
  bool is_elsewhere = false;
  uint32_t length = 0;
  uint32_t source = 0;

  static Records in_memory(std::string_view bytes) { return {.bytes = bytes}; }
  static Records elsewhere(uint32_t length, uint32_t source) { return {.is_elsewhere = true, .length = length, .source = source}; }
  static Records none() { return {.null = true}; }
  friend bool operator==(const Records&, const Records&) = default;
};

// The same bytes for writing, for a server that stamps offsets and epochs where they were received.
// REQUIRES: `records` was decoded from `frame`.
std::span<char> writable(const Records& records, std::span<char> frame);

// `length` bytes of `source` go before byte `at` of the encoded bytes.
struct Gap {
  size_t at = 0;
  uint32_t length = 0;
  uint32_t source = 0;
};

class Encoder;

// The three readers, for every message of messages/; instantiated once, in the message's own .cc.
// Decoding fails with INVALID_REQUEST (malformed, or bytes left over) or UNSUPPORTED_VERSION.
template <class Message>
Result<Message> decode_body(Reader& in, int16_t version);
// Appends to `out`, whose version and flexibility are the root's.
template <class Message>
Status encode_body(Encoder& out, const Message& message);
// JSON-like, with Kafka's field names and only the fields that the version has; records and bytes by their length.
template <class Message>
std::string print(const Message& message, int16_t version);

}  // namespace baton::protocol
