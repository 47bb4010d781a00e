// Asks the controller of a cluster, whoever that is at the moment. Not thread-safe.
#pragma once

#include "base/result.h"
#include "cli/client/connection.h"
#include "cli/cluster/directory.h"
#include "controller/messages/control.pb.h"

namespace baton::cluster {

// Finds the controller and asks it, again after each change of controller, until the deadline. A request that may have been
// carried out already is not repeated. Errors: NOT_CONTROLLER (none rules), NETWORK_EXCEPTION, REQUEST_TIMED_OUT, or what the
// controller answers.
Result<control::Response> ask_controller(const Description& description, const control::Request& request, client::Deadline deadline);

}  // namespace baton::cluster
