// An operator's questions to a node, over its control listener.
#pragma once

#include "base/result.h"
#include "cli/client/connection.h"
#include "controller/messages/control.pb.h"

namespace baton::client {

// The two halves of it, for who asks several nodes at once: what is received belongs to the question that was sent last.
Status send_question(Connection& connection, control::Request request, Deadline deadline);
Result<control::Response> receive_answer(Connection& connection, Deadline deadline);
// One question and its answer. Errors: NETWORK_EXCEPTION, REQUEST_TIMED_OUT, or what the node answers: NOT_CONTROLLER where it
// does not rule.
Result<control::Response> ask(Connection& connection, control::Request request, Deadline deadline);

// One node's view, from its own image. Errors: NETWORK_EXCEPTION, REQUEST_TIMED_OUT, or what the node answers.
Result<control::Status> query_status(const Address& control_address, Deadline deadline);

}  // namespace baton::client
