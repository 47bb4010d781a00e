#include "broker/handlers/api_versions.h"

#include <vector>

#include "broker/handlers/handlers.h"
#include "broker/protocol/messages/api_versions.h"

namespace baton {
namespace {

protocol::ApiVersionsResponse served_by(const HandlerTable& table) {
  std::vector<const protocol::Api*> apis;
  for (auto& [key, entry] : table.entries()) apis.push_back(&entry.api);
  return protocol::api_versions_of(apis);
}

}  // namespace

void handle_api_versions(Services& services, CallPtr call, protocol::ApiVersionsRequest) {
  call->answer(served_by(services.handlers));
}

void answer_unsupported_version(const HandlerTable& table, CallPtr call) {
  protocol::ApiVersionsResponse response;
  response.error_code = ErrorCode::kUnsupportedVersion;
  for (auto& each : served_by(table).api_keys) {
    if (each.api_key == protocol::kApiVersionsKey) response.api_keys.push_back(each);
  }
  call->answer_in_version(0, response);
}

}  // namespace baton
