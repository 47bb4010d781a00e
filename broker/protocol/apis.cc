#include "broker/protocol/apis.h"

#include <array>

#include "broker/protocol/all_messages.h"

namespace baton::protocol {

const Api* find_api(int16_t key) {
  static constexpr int16_t kKeys = 64;
  static const std::array<const Api*, kKeys> apis = [] {
    std::array<const Api*, kKeys> by_key{};
    for_each_api([&](auto messages) { by_key[static_cast<size_t>(messages.api.key)] = &messages.api; });
    return by_key;
  }();
  return key >= 0 && key < kKeys ? apis[static_cast<size_t>(key)] : nullptr;
}

}  // namespace baton::protocol
