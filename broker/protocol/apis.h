// The APIs that this tree can decode, by key. What a broker serves is the handlers' table, a part of these.
#pragma once

#include <string>
#include <string_view>

#include "broker/protocol/schema.h"

namespace baton::protocol {

// Null for a key that is unknown.
const Api* find_api(int16_t key);

}  // namespace baton::protocol
