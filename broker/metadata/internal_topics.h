// The topics that are the broker's own: clients may read them and not write to them. Pure.
#pragma once

#include <string_view>

namespace baton {

// What groups are and how far they have read. Loading a group takes all of its partition, so retention never cuts it, whatever
// its configuration says.
inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

inline bool is_internal_topic(std::string_view name) {
  return name == kOffsetsTopic;
}

}  // namespace baton
