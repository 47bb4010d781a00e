// DescribeCluster: brokers and the controller, for admin clients. EndpointType 1 asks a broker's listener, 2 a
// controller's (KIP-919).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kDescribeCluster{.key = 60, .name = "DescribeCluster", .oldest = 0, .newest = 1, .flexible = 0};

struct DescribeClusterRequest {
  static constexpr const Api& api = kDescribeCluster;
  bool include_cluster_authorized_operations = false;
  int8_t endpoint_type = 1;

  static constexpr auto fields =
      table(field("IncludeClusterAuthorizedOperations", &DescribeClusterRequest::include_cluster_authorized_operations),
            field("EndpointType", &DescribeClusterRequest::endpoint_type, {.since = 1}));
};

struct DescribeClusterResponse {
  static constexpr const Api& api = kDescribeCluster;

  struct Broker {
    BrokerId broker_id;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;

    static constexpr auto fields = table(field("BrokerId", &Broker::broker_id), field("Host", &Broker::host), field("Port", &Broker::port),
                                         field("Rack", &Broker::rack, {.nullable = 0}));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  int8_t endpoint_type = 1;
  std::string cluster_id;
  BrokerId controller_id;
  std::vector<Broker> brokers;
  int32_t cluster_authorized_operations = std::numeric_limits<int32_t>::min();

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &DescribeClusterResponse::throttle_time_ms), field("ErrorCode", &DescribeClusterResponse::error_code),
            field("ErrorMessage", &DescribeClusterResponse::error_message, {.nullable = 0}),
            field("EndpointType", &DescribeClusterResponse::endpoint_type, {.since = 1}),
            field("ClusterId", &DescribeClusterResponse::cluster_id), field("ControllerId", &DescribeClusterResponse::controller_id),
            field("Brokers", &DescribeClusterResponse::brokers),
            field("ClusterAuthorizedOperations", &DescribeClusterResponse::cluster_authorized_operations));
};

}  // namespace baton::protocol
