// What a topic may be called and how it may be configured, as far as the controller has to know (R10). Pure.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "controller/decision/events.h"

namespace baton::decision {

// Kafka's rule: 1 to 249 characters of [a-zA-Z0-9._-], not "." or "..". INVALID_TOPIC_EXCEPTION otherwise.
Status check_topic_name(const std::string& name);

// min.insync.replicas as the topic sets it, or the cluster's default. INVALID_CONFIG where it is no positive number.
Result<int32_t> minimum_of(const std::map<std::string, std::string>& configs, int32_t cluster_default);

// A manual assignment: numbered densely by the caller, every partition with as many distinct replicas as the first.
// INVALID_REPLICA_ASSIGNMENT otherwise.
Status check_assignments(const std::vector<std::vector<BrokerId>>& assignments);

}  // namespace baton::decision
