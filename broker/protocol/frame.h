// Headers and whole frames. A frame is a 4-byte size and that many bytes: a header, then the message. The request header is
// v2 (tagged fields) where the message's version is flexible and v1 otherwise; the response header likewise v1 and v0, save
// that ApiVersions always answers with v0, since a client that asks it may know no better. client_id is never compact.
// Decoding starts after the size; encoding writes it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/encoder.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr int16_t kApiVersionsKey = 18;

struct RequestHeader {
  int16_t api_key = -1;
  int16_t api_version = -1;
  int32_t correlation_id = 0;
  std::optional<std::string> client_id;
  friend bool operator==(const RequestHeader&, const RequestHeader&) = default;
};

// `bytes` starts with the size, which counts the gaps too. Without records from elsewhere there are no gaps.
struct Frame {
  std::string bytes;
  std::vector<Gap> gaps;
};

// Leaves `in` at the first byte of the message. An API that is not in apis.h is read as not flexible: its frame can only be
// refused anyway. Fails with INVALID_REQUEST.
Result<RequestHeader> decode_request_header(Reader& in);
// The correlation id.
Result<int32_t> decode_response_header(Reader& in, const Api& api, int16_t version);

// The two halves around encode_body: the size is patched in at the end.
void start_request(Encoder& out, const Api& api, int32_t correlation_id, const std::optional<std::string>& client_id);
void start_response(Encoder& out, const Api& api, int32_t correlation_id);
Result<Frame> finish(Encoder& out);

template <class Request>
Result<Frame> encode_request(int16_t version, int32_t correlation_id, const std::optional<std::string>& client_id, const Request& request) {
  Encoder out(version, Request::api.is_flexible(version));
  start_request(out, Request::api, correlation_id, client_id);
  if (Status encoded = encode_body(out, request); !encoded) return tl::unexpected(encoded.error());
  return finish(out);
}

template <class Response>
Result<Frame> encode_response(int16_t version, int32_t correlation_id, const Response& response) {
  Encoder out(version, Response::api.is_flexible(version));
  start_response(out, Response::api, correlation_id);
  if (Status encoded = encode_body(out, response); !encoded) return tl::unexpected(encoded.error());
  return finish(out);
}

template <class Response>
Result<int32_t> decode_response_header(Reader& in, int16_t version) {
  return decode_response_header(in, Response::api, version);
}

}  // namespace baton::protocol
