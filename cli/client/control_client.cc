#include "cli/client/control_client.h"

namespace baton::client {

Result<control::Status> query_status(const Address& control_address, Deadline deadline) {
  Result<Connection> connection = Connection::open(control_address, deadline);
  if (!connection) return tl::unexpected(connection.error());
  control::Frame question;
  question.mutable_request()->set_correlation(1);
  question.mutable_request()->mutable_query_status();
  if (Status sent = connection->send_frame(question.SerializeAsString(), deadline); !sent) return tl::unexpected(sent.error());
  for (;;) {
    Result<std::string> body = connection->receive_frame(deadline);
    if (!body) return tl::unexpected(body.error());
    control::Frame frame;
    if (!frame.ParseFromString(*body)) return fail(ErrorCode::kNetworkException, "not a control listener");
    if (!frame.has_response() || frame.response().correlation() != 1) continue;  // a ping, or another's answer
    if (frame.response().error() != 0) return fail(static_cast<ErrorCode>(frame.response().error()), frame.response().message());
    if (!frame.response().has_status()) return fail(ErrorCode::kUnknownServerError, "an answer without a status");
    return frame.response().status();
  }
}

}  // namespace baton::client
