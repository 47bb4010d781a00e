// The readers of a message's table, put together. A message's .cc includes this and says BATON_INSTANTIATE_MESSAGE once for
// its request and once for its response; nobody else includes it, so the templates are compiled once.
#pragma once

#include "broker/protocol/codec_decode.h"
#include "broker/protocol/codec_encode.h"
#include "broker/protocol/codec_print.h"

namespace baton::protocol {

namespace codec {

// Tags must ascend in the table, for the encoder writes them in its order.
template <class S>
constexpr bool tags_ascend() {
  int last = -1;
  bool ascend = true;
  const auto look = [&](const Traits& traits) {
    if (traits.tag < 0) return;
    ascend = ascend && traits.tag > last;
    last = traits.tag;
  };
  std::apply([&](const auto&... f) { (look(f.traits), ...); }, S::fields);
  return ascend;
}

std::string describe(const Api& api, int16_t version);

}  // namespace codec

template <class Message>
Result<Message> decode_body(Reader& in, int16_t version) {
  static_assert(codec::tags_ascend<Message>());
  if (!Message::api.serves(version)) return fail(ErrorCode::kUnsupportedVersion, codec::describe(Message::api, version) + " is not served");
  Message message;
  codec::Decoder decoder{in, version, Message::api.is_flexible(version)};
  codec::decode_value(decoder, message);
  if (in.bad()) {
    return fail(ErrorCode::kInvalidRequest,
                codec::describe(Message::api, version) + " is malformed or cut short at " + std::string(decoder.failed_at));
  }
  if (!in.at_end()) {
    return fail(ErrorCode::kInvalidRequest,
                codec::describe(Message::api, version) + " has " + std::to_string(in.remaining()) + " bytes after its last field");
  }
  return message;
}

template <class Message>
Status encode_body(Encoder& out, const Message& message) {
  const Api& api = Message::api;
  if (!api.serves(out.version())) return fail(ErrorCode::kUnsupportedVersion, codec::describe(api, out.version()) + " is not served");
  codec::encode_value(out, message, api.name);
  if (out.failure().empty()) return {};
  return fail(ErrorCode::kUnsupportedVersion, codec::describe(api, out.version()) + ": " + out.failure());
}

template <class Message>
std::string print(const Message& message, int16_t version) {
  std::string out;
  codec::print_value(out, message, version);
  return out;
}

}  // namespace baton::protocol

#define BATON_INSTANTIATE_MESSAGE(Message)                         \
  template Result<Message> decode_body<Message>(Reader&, int16_t); \
  template Status encode_body<Message>(Encoder&, const Message&);  \
  template std::string print<Message>(const Message&, int16_t)
