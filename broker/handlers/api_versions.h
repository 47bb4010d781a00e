// ApiVersions: what the table of handlers serves, so that it can not lie.
#pragma once

#include "broker/handlers/handler.h"

namespace baton {

// To a version that is not served: error 35 in the body of version 0, which every client can read (KIP-511).
void answer_unsupported_version(const HandlerTable& table, CallPtr call);

}  // namespace baton
