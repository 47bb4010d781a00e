#include "broker/protocol/frame.h"
#include "base/assert.h"
#include "broker/protocol/all_messages.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {
namespace {

using namespace protocol;

template <class Message>
void decode_and_back(Reader& in, int16_t version) {
  const auto message = decode_body<Message>(in, version);
  if (!message) return;
  BATON_ASSERT(!print(*message, version).empty());
  Encoder out(version, Message::api.is_flexible(version));
  BATON_ASSERT(encode_body(out, *message).has_value());
  Reader again(out.out().view());
  const auto back = decode_body<Message>(again, version);
  BATON_ASSERT(back.has_value());
  BATON_ASSERT(*back == *message);
}

void request(std::string_view bytes) {
  Reader in(bytes);
  const auto header = decode_request_header(in);
  if (!header) return;
  for_each_api([&](auto messages) {
    using M = decltype(messages);
    if (M::api.key == header->api_key) decode_and_back<typename M::Request>(in, header->api_version);
  });
}

void response(std::string_view bytes) {
  Reader in(bytes);
  const int16_t key = in.i16();
  const int16_t version = in.i16();
  for_each_api([&](auto messages) {
    using M = decltype(messages);
    if (in.bad() || M::api.key != key) return;
    if (!decode_response_header<typename M::Response>(in, version)) return;
    decode_and_back<typename M::Response>(in, version);
  });
}

}  // namespace

void frame(std::string_view input) {
  if (input.empty()) return;
  const bool is_request = input.front() % 2 == 0;
  input.remove_prefix(1);
  // A copy of exactly these bytes, so that a sanitizer sees every step beyond them.
  const std::vector<char> exact(input.begin(), input.end());
  const std::string_view bytes(exact.data(), exact.size());
  is_request ? request(bytes) : response(bytes);
}

}  // namespace baton::fuzz
