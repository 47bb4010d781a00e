// From a frame to its handler: the header is read, the version is looked at, and the handler called. What can not be
// understood closes its connection with a line in the log; the broker goes on.
#pragma once

#include "broker/handlers/handler.h"

namespace baton {

// REQUIRES: the reactor's thread of the connection, which is that of `home_shard`.
void dispatch(Services& services, const HandlerTable& table, const std::shared_ptr<network::Connection>& connection, network::Ticket ticket,
              network::Frame frame, const std::string& listener, int home_shard);

}  // namespace baton
