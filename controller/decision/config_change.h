// Changes of configuration: which keys a topic has, which keys of a broker change while it runs, and what a map of configs becomes
// by the operations of IncrementalAlterConfigs and AlterConfigs. Pure. Values are checked against the declarations of
// base/settings_keys.h and base/dynamic_settings.h; what was stored by another release and is not touched stays as it is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace baton::decision {

using Configs = std::map<std::string, std::string>;
// By the broker's id as text; the empty one is for all brokers.
using BrokerConfigs = std::map<std::string, Configs>;

struct ConfigResource {
  static constexpr int32_t kTopic = 2;
  static constexpr int32_t kBroker = 4;
  int32_t type = kTopic;
  std::string name;
};
struct ConfigOp {
  enum class Kind : uint8_t { kSet, kDelete, kAppend, kSubtract };
  std::string key;
  Kind kind = Kind::kSet;
  std::string value;
};
struct ConfigChange {
  ConfigResource resource;
  bool replace = false;  // what no operation names goes back to its default
  std::vector<ConfigOp> ops;
};

// INVALID_CONFIG: a key that a topic does not have, or a value that it may not have; INVALID_REQUEST: a key named twice.
Result<Configs> changed_topic_configs(const Configs& present, const ConfigChange& change);
// Besides INVALID_REQUEST for a key that only a restart changes, or that is one for all brokers.
Result<Configs> changed_broker_configs(const Configs& present, const ConfigChange& change);

}  // namespace baton::decision
