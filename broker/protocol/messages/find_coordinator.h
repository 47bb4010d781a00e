// FindCoordinator: the broker that coordinates a group (key type 0) or a transactional id (1). One key up to version 3, a
// batch of keys from version 4 (KIP-699).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kFindCoordinator{.key = 10, .name = "FindCoordinator", .oldest = 0, .newest = 4, .flexible = 3};

struct FindCoordinatorRequest {
  static constexpr const Api& api = kFindCoordinator;
  std::string key;
  int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;

  static constexpr auto fields =
      table(field("Key", &FindCoordinatorRequest::key, {.upto = 3}), field("KeyType", &FindCoordinatorRequest::key_type, {.since = 1}),
            field("CoordinatorKeys", &FindCoordinatorRequest::coordinator_keys, {.since = 4}));
};

struct FindCoordinatorResponse {
  static constexpr const Api& api = kFindCoordinator;

  struct Coordinator {
    std::string key;
    BrokerId node_id;
    std::string host;
    int32_t port = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    static constexpr auto fields =
        table(field("Key", &Coordinator::key, {.since = 4}), field("NodeId", &Coordinator::node_id, {.since = 4}),
              field("Host", &Coordinator::host, {.since = 4}), field("Port", &Coordinator::port, {.since = 4}),
              field("ErrorCode", &Coordinator::error_code, {.since = 4}),
              field("ErrorMessage", &Coordinator::error_message, {.since = 4, .nullable = 4, .ignorable = true}));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  BrokerId node_id;
  std::string host;
  int32_t port = 0;
  std::vector<Coordinator> coordinators;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &FindCoordinatorResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
            field("ErrorCode", &FindCoordinatorResponse::error_code, {.upto = 3}),
            field("ErrorMessage", &FindCoordinatorResponse::error_message, {.since = 1, .upto = 3, .nullable = 1, .ignorable = true}),
            field("NodeId", &FindCoordinatorResponse::node_id, {.upto = 3}), field("Host", &FindCoordinatorResponse::host, {.upto = 3}),
            field("Port", &FindCoordinatorResponse::port, {.upto = 3}),
            field("Coordinators", &FindCoordinatorResponse::coordinators, {.since = 4}));
};

}  // namespace baton::protocol
