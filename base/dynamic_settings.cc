#include "base/dynamic_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/settings.h"

namespace baton {
namespace {

using namespace settings_detail;

constexpr std::string_view kMutationRate = "controller.mutation.rate";

// clang-format off
constexpr KeyDeclaration kDynamicKeys[] = {
    number(kMutationRate, "partitions/s", kAbsent, 0, kInt, "Partitions that one client (principal and client id) may have created, added and deleted in a second, on the mean; none: any number. Kafka's quota controller_mutation_rate."),
    integer("follower.replication.throttled.rate", "bytes/s", kAbsent, 0, kLong, "What a broker's followers fetch in a second for replicas that are named to be throttled and not in the ISR; none: any amount."),
    integer("leader.replication.throttled.rate", "bytes/s", kAbsent, 0, kLong, "What a broker's leaders send in a second, of partitions that are named to be throttled, to replicas outside the ISR; none: any amount."),
    integer("replica.alter.log.dirs.io.max.bytes.per.second", "bytes/s", kAbsent, 0, kLong, "Without effect: a broker has one log directory. Kafka's tool for reassignments sets and deletes it beside the two others."),
};
// clang-format on

template <class T>
bool within(const KeyDeclaration& key, const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  if constexpr (std::is_floating_point_v<T>) {
    return std::isfinite(value) && value >= static_cast<T>(key.min) && value <= static_cast<T>(key.max);
  } else {
    return value >= key.min && value <= key.max;
  }
}

}  // namespace

std::span<const KeyDeclaration> dynamic_keys() {
  return kDynamicKeys;
}

const KeyDeclaration* find_dynamic_key(std::string_view name) {
  const auto* found = std::find_if(std::begin(kDynamicKeys), std::end(kDynamicKeys), [&](const auto& key) { return key.name == name; });
  return found == std::end(kDynamicKeys) ? nullptr : found;
}

bool is_for_all_brokers(const KeyDeclaration& key) {
  return key.name == kMutationRate;
}

Status check_dynamic_value(const KeyDeclaration& key, const std::string& value) {
  const bool allowed = key.kind == Kind::kNumber ? within<double>(key, value) : within<int64_t>(key, value);
  if (allowed) return {};
  return fail(ErrorCode::kInvalidConfig, fmt::format("{}={}: wanted {}", key.name, value, allowed_values(key)));
}

}  // namespace baton
