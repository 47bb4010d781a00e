// What a topic may be called. Pure.
#pragma once

#include <string>
#include <string_view>

namespace baton {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

// Empty when the name may be used, else the reason why not, for a person. Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], and
// neither "." nor "..".
std::string topic_name_flaw(std::string_view name);
inline bool is_internal_topic(std::string_view name) {
  return name == kOffsetsTopic;
}

}  // namespace baton
