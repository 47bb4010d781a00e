// Asks a node, over its control listener, what it knows of the cluster (QueryStatus).
#pragma once

#include "base/result.h"
#include "cli/client/connection.h"
#include "controller/messages/control.pb.h"

namespace baton::client {

// One node's view, from its own image. Errors: NETWORK_EXCEPTION, REQUEST_TIMED_OUT, or what the node answers.
Result<control::Status> query_status(const Address& control_address, Deadline deadline);

}  // namespace baton::client
