// What /controller says: Kafka's JSON for people and tools, and where the controller's control listener is. Informative:
// who rules is decided by /controller_epoch, and a wrong address costs a refused stream, never safety.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/uuid.h"

namespace baton::agent {

struct ControllerLocation {
  BrokerId id;
  ControllerEpoch epoch;
  Incarnation incarnation;
  std::string host;
  int port = 0;
  friend bool operator==(const ControllerLocation&, const ControllerLocation&) = default;
};

std::string to_json(const ControllerLocation& location, int64_t wall_ms);
// None when it is not JSON, or lacks what a stream needs.
std::optional<ControllerLocation> parse_controller(std::string_view json);

}  // namespace baton::agent
