#include "broker/protocol/frame.h"

#include <limits>

#include "broker/protocol/apis.h"

namespace baton::protocol {
namespace {

// Header tags are defined by no version yet: step over them.
void skip_tags(Reader& in) {
  const uint32_t count = in.unsigned_varint();
  for (uint32_t i = 0; i < count && !in.bad(); ++i) {
    in.unsigned_varint();
    in.take(in.unsigned_varint());
  }
}

bool has_tags_in_response_header(const Api& api, int16_t version) {
  return api.key != kApiVersionsKey && api.is_flexible(version);
}

}  // namespace

Result<RequestHeader> decode_request_header(Reader& in) {
  RequestHeader header;
  header.api_key = in.i16();
  header.api_version = in.i16();
  header.correlation_id = in.i32();
  const int16_t client_id_bytes = in.i16();
  if (client_id_bytes < -1) in.set_bad();
  if (client_id_bytes >= 0) header.client_id = std::string(in.take(client_id_bytes));
  const Api* api = find_api(header.api_key);
  if (api != nullptr && api->is_flexible(header.api_version)) skip_tags(in);
  if (in.bad()) return fail(ErrorCode::kInvalidRequest, "the request header is malformed or cut short");
  return header;
}

Result<int32_t> decode_response_header(Reader& in, const Api& api, int16_t version) {
  const int32_t correlation_id = in.i32();
  if (has_tags_in_response_header(api, version)) skip_tags(in);
  if (in.bad()) return fail(ErrorCode::kInvalidRequest, "the response header is malformed or cut short");
  return correlation_id;
}

void start_request(Encoder& out, const Api& api, int32_t correlation_id, const std::optional<std::string>& client_id) {
  Writer& to = out.out();
  to.i32(0);
  to.i16(api.key);
  to.i16(out.version());
  to.i32(correlation_id);
  if (!client_id) {
    to.i16(-1);
  } else if (client_id->size() > static_cast<size_t>(std::numeric_limits<int16_t>::max())) {
    out.fail("client_id", "is longer than 32767 bytes");
  } else {
    to.i16(static_cast<int16_t>(client_id->size()));
    to.bytes(*client_id);
  }
  if (out.flexible()) to.unsigned_varint(0);
}

void start_response(Encoder& out, const Api& api, int32_t correlation_id) {
  out.out().i32(0);
  out.out().i32(correlation_id);
  if (has_tags_in_response_header(api, out.version())) out.out().unsigned_varint(0);
}

Result<Frame> finish(Encoder& out) {
  const uint64_t size = out.total_bytes() - sizeof(int32_t);
  if (size > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return fail(ErrorCode::kMessageTooLarge, "a frame cannot be larger than 2 GiB");
  }
  out.out().patch(0, static_cast<int32_t>(size));
  return Frame{out.out().take(), out.take_gaps()};
}

}  // namespace baton::protocol
