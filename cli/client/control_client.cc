#include "cli/client/control_client.h"

namespace baton::client {

Status send_question(Connection& connection, control::Request request, Deadline deadline) {
  request.set_correlation(1);
  control::Frame question;
  *question.mutable_request() = std::move(request);
  return connection.send_frame(question.SerializeAsString(), deadline);
}

Result<control::Response> receive_answer(Connection& connection, Deadline deadline) {
  for (;;) {
    Result<std::string> body = connection.receive_frame(deadline);
    if (!body) return tl::unexpected(body.error());
    control::Frame frame;
    if (!frame.ParseFromString(*body)) return fail(ErrorCode::kNetworkException, "not a control listener");
    if (!frame.has_response() || frame.response().correlation() != 1) continue;  // a ping, or another's answer
    if (frame.response().error() != 0) return fail(static_cast<ErrorCode>(frame.response().error()), frame.response().message());
    return std::move(*frame.mutable_response());
  }
}

Result<control::Response> ask(Connection& connection, control::Request request, Deadline deadline) {
  if (Status sent = send_question(connection, std::move(request), deadline); !sent) return tl::unexpected(sent.error());
  return receive_answer(connection, deadline);
}

Result<control::Status> query_status(const Address& control_address, Deadline deadline) {
  Result<Connection> connection = Connection::open(control_address, deadline);
  if (!connection) return tl::unexpected(connection.error());
  control::Request question;
  question.mutable_query_status();
  Result<control::Response> response = ask(*connection, std::move(question), deadline);
  if (!response) return tl::unexpected(response.error());
  if (!response->has_status()) return fail(ErrorCode::kUnknownServerError, "an answer without a status");
  return std::move(*response->mutable_status());
}

}  // namespace baton::client
