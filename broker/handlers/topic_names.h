// What a topic may be called. Pure.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// Empty when the name may be used, else the reason why not, for a person. Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], and
// neither "." nor "..".
std::string topic_name_flaw(std::string_view name);

}  // namespace baton
