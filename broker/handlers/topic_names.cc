#include "broker/handlers/topic_names.h"

#include <algorithm>

namespace baton {
namespace {

constexpr size_t kNameMax = 249;

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::string topic_name_flaw(std::string_view name) {
  if (name.empty()) return "a topic's name must not be empty";
  if (name == "." || name == "..") return "a topic must not be called . or ..";
  if (name.size() > kNameMax) return "a topic's name has at most 249 characters";
  if (!std::all_of(name.begin(), name.end(), allowed)) return "a topic's name has only letters, digits, '.', '_' and '-'";
  return {};
}

}  // namespace baton
