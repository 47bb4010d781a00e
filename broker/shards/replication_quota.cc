#include "broker/shards/replication_quota.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "broker/metadata/image.h"

namespace baton {
namespace {

// So much may go at once after a time of rest, and so much has to be there before anything goes: else a slow move of small
// batches would cost a Fetch each.
constexpr Duration kBurst = std::chrono::seconds(1);
constexpr Duration kLeast = std::chrono::milliseconds(100);
constexpr Duration kNever = std::chrono::hours(24);

std::optional<int64_t> rate_of(const Image& image, BrokerId self, const std::string& key) {
  for (const std::string& broker : {std::to_string(self.value()), std::string()}) {
    auto own = image.broker_configs().find(broker);
    if (own == image.broker_configs().end()) continue;
    auto text = own->second.find(key);
    if (text == own->second.end()) continue;
    int64_t rate = 0;
    const char* end = text->second.data() + text->second.size();
    if (std::from_chars(text->second.data(), end, rate).ptr == end && rate >= 0) return rate;
  }
  return std::nullopt;
}

// Fractions of seconds would overflow 64 bits at rates that mean "any".
int64_t bytes_in(Duration time, int64_t rate) {
  return static_cast<int64_t>(std::min(std::chrono::duration<double>(time).count() * static_cast<double>(rate), 9e18));
}

}  // namespace

void ReplicationQuota::set_rate(std::optional<int64_t> bytes_per_second) {
  const int64_t rate = bytes_per_second.value_or(kUnlimited);
  if (rate_.exchange(rate, std::memory_order_relaxed) != rate) paid_until_.store(Instant{}, std::memory_order_relaxed);
}

Duration ReplicationQuota::ahead(Instant now) const {
  return std::max(Duration(0), paid_until_.load(std::memory_order_relaxed) - now);
}

int64_t ReplicationQuota::left(Instant now) const {
  const int64_t rate = rate_.load(std::memory_order_relaxed);
  if (rate == kUnlimited) return INT64_MAX;
  const Duration free = kBurst - ahead(now);
  return rate == 0 || free < kLeast ? 0 : std::max<int64_t>(1, bytes_in(free, rate));
}

Duration ReplicationQuota::wait(Instant now) const {
  if (rate_.load(std::memory_order_relaxed) == 0) return kNever;
  return std::max(Duration(0), ahead(now) - (kBurst - kLeast));
}

void ReplicationQuota::spend(int64_t bytes, Instant now) {
  const int64_t rate = rate_.load(std::memory_order_relaxed);
  if (rate <= 0 || bytes <= 0) return;
  const auto cost = std::chrono::duration_cast<Duration>(std::min(
      std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate)), std::chrono::duration<double>(kNever)));
  Instant before = paid_until_.load(std::memory_order_relaxed);
  while (!paid_until_.compare_exchange_weak(before, std::max(before, now) + cost, std::memory_order_relaxed)) {
  }
}

void ReplicationQuotas::configure(const Image& image, BrokerId self) {
  leader.set_rate(rate_of(image, self, "leader.replication.throttled.rate"));
  follower.set_rate(rate_of(image, self, "follower.replication.throttled.rate"));
}

bool names_replica(const std::vector<std::string>& throttled, PartitionIndex partition, BrokerId broker) {
  const std::string name = std::to_string(partition.value()) + ":" + std::to_string(broker.value());
  return std::any_of(throttled.begin(), throttled.end(), [&](const std::string& each) { return each == "*" || each == name; });
}

}  // namespace baton
