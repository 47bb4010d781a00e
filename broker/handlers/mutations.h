// What the controller is told of the client behind a mutation (creating and deleting topics, adding partitions), so that it can
// keep each one to `controller.mutation.rate`.
#pragma once

#include "broker/handlers/call.h"
#include "controller/messages/control.pb.h"

namespace baton {

// `refusable_since`: the first version of the API whose clients understand THROTTLING_QUOTA_EXCEEDED.
control::MutatingClient mutating_client(const Call& call, int16_t refusable_since);

}  // namespace baton
