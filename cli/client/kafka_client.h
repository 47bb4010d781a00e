// A blocking client of Kafka's protocol for what librdkafka has no call for, over broker/protocol's messages. One request at
// a time on one connection. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "broker/protocol/frame.h"
#include "cli/client/connection.h"

namespace baton::client {

class KafkaClient {
 public:
  // Connects to the first of the brokers that answers.
  static Result<KafkaClient> open(const std::vector<Address>& brokers, Deadline deadline);
  // "host:port,host:port"
  static Result<std::vector<Address>> parse_bootstrap(const std::string& text);

  template <class Request, class Response>
  Result<Response> call(int16_t version, const Request& request, Deadline deadline) {
    Result<protocol::Frame> frame = protocol::encode_request(version, ++correlation_, "baton", request);
    if (!frame) return tl::unexpected(frame.error());
    Result<std::string> answer = exchange(frame->bytes, deadline);
    if (!answer) return tl::unexpected(answer.error());
    Reader in(*answer);
    Result<int32_t> id = protocol::decode_response_header<Response>(in, version);
    if (!id) return tl::unexpected(id.error());
    if (*id != correlation_) return fail(ErrorCode::kNetworkException, "an answer to another question");
    return protocol::decode_body<Response>(in, version);
  }

 private:
  explicit KafkaClient(Connection connection) : connection_(std::move(connection)) {}
  // `frame` begins with its length.
  Result<std::string> exchange(const std::string& frame, Deadline deadline);

  Connection connection_;
  int32_t correlation_ = 0;
};

}  // namespace baton::client
