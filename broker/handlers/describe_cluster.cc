#include "broker/protocol/messages/describe_cluster.h"

#include "broker/handlers/first_image.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/named_controller.h"

namespace baton {
namespace {

void answer(Services& services, const CallPtr& call, const protocol::DescribeClusterRequest& request) {
  auto& image = *services.image();
  protocol::DescribeClusterResponse response;
  response.endpoint_type = request.endpoint_type;
  if (request.endpoint_type != 1) {
    response.error_code = ErrorCode::kInvalidRequest;
    response.error_message = "only brokers' endpoints (type 1) are told here";
    return call->answer(response);
  }
  response.cluster_id = image.cluster_id();
  response.controller_id = named_controller(services, image);
  for (auto& [id, broker] : image.brokers()) {
    auto* endpoint = image.endpoint(id, call->listener());
    if (endpoint == nullptr) continue;
    std::optional<std::string> rack;
    if (!broker.rack.empty()) rack = broker.rack;
    response.brokers.push_back({id, endpoint->host, endpoint->port, std::move(rack)});
  }
  call->answer(response);
}

}  // namespace

void handle_describe_cluster(Services& services, CallPtr call, protocol::DescribeClusterRequest request) {
  when_cluster_is_known(services, *call, [&services, call, request] { answer(services, call, request); });
}

}  // namespace baton
