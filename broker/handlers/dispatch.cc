#include "broker/handlers/dispatch.h"

#include <fmt/format.h>

#include "broker/handlers/api_versions.h"

namespace baton {

void dispatch(Services& services, const HandlerTable& table, const std::shared_ptr<network::Connection>& connection, network::Ticket ticket,
              network::Frame frame, const std::string& listener, int home_shard) {
  Reader body(frame.view());
  auto header = protocol::decode_request_header(body);
  if (!header) return connection->close("its request has no readable header");
  const HandlerEntry* entry = table.find(header->api_key);
  int16_t version = header->api_version;
  auto call = std::make_shared<Call>(connection, ticket, std::move(frame), std::move(*header), listener, home_shard,
                                     services.requests[static_cast<size_t>(home_shard)]);
  if (entry == nullptr) return call->close(fmt::format("API {} is not served", call->header().api_key));
  if (!entry->api.serves(version)) {
    if (entry->api.key == protocol::kApiVersionsKey) return answer_unsupported_version(table, std::move(call));
    return call->close(fmt::format("{} version {} is not served", entry->api.name, version));
  }
  entry->handle(services, std::move(call), body);
}

}  // namespace baton
