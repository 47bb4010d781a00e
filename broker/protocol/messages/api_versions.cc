#include "broker/protocol/messages/api_versions.h"

#include <algorithm>

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(ApiVersionsRequest);
BATON_INSTANTIATE_MESSAGE(ApiVersionsResponse);

ApiVersionsResponse api_versions_of(std::span<const Api* const> handled) {
  ApiVersionsResponse response;
  for (const Api* api : handled) response.api_keys.push_back({api->key, api->oldest_to_advertise(), api->newest});
  std::sort(response.api_keys.begin(), response.api_keys.end(), [](const auto& a, const auto& b) { return a.api_key < b.api_key; });
  return response;
}

}  // namespace baton::protocol
