// From a host's properties (broker.properties' keys and those of properties.h) to what a manager needs.
#pragma once

#include <string>

#include "base/properties.h"
#include "base/result.h"
#include "controller/runtime/shell.h"

namespace baton {

struct ManagerConfig {
  node::ShellConfig shell;
  std::string zookeeper_connect;
  Duration session_timeout{};
};

// INVALID_CONFIG names the key, the value and what is allowed. Unknown public keys are logged with the nearest known one.
Result<ManagerConfig> manager_config(const Properties& properties);

}  // namespace baton
