#include "controller/decision/topic_rules.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

namespace baton::decision {
namespace {

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

Status check_topic_name(const std::string& name) {
  if (name.empty()) return fail(ErrorCode::kInvalidTopicException, "Topic name is invalid: the empty string is not allowed");
  if (name == "." || name == "..") return fail(ErrorCode::kInvalidTopicException, "Topic name is invalid: '" + name + "' is not allowed");
  if (name.size() > 249) {
    return fail(ErrorCode::kInvalidTopicException,
                fmt::format("Topic name is invalid: {} characters, at most 249 are allowed", name.size()));
  }
  for (char c : name) {
    if (!allowed(c)) {
      return fail(ErrorCode::kInvalidTopicException, "Topic name is invalid: only ASCII letters, digits, '.', '_' and '-' are allowed");
    }
  }
  return {};
}

Result<int32_t> minimum_of(const std::map<std::string, std::string>& configs, int32_t cluster_default) {
  auto found = configs.find("min.insync.replicas");
  if (found == configs.end()) return cluster_default;
  int32_t minimum = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minimum);
  if (error != std::errc() || end != text.data() + text.size() || minimum < 1) {
    return fail(ErrorCode::kInvalidConfig, "min.insync.replicas=" + text + " is not a number of at least 1");
  }
  return minimum;
}

Status check_assignments(const std::vector<std::vector<BrokerId>>& assignments) {
  for (const auto& replicas : assignments) {
    const std::set<BrokerId> distinct(replicas.begin(), replicas.end());
    if (replicas.empty() || distinct.size() != replicas.size()) {
      return fail(ErrorCode::kInvalidReplicaAssignment, "Every partition needs at least one replica, and no broker twice.");
    }
    if (replicas.size() != assignments.front().size()) {
      return fail(ErrorCode::kInvalidReplicaAssignment, "All partitions must have the same number of replicas.");
    }
  }
  return {};
}

}  // namespace baton::decision
