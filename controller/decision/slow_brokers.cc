#include "controller/decision/slow_brokers.h"

#include <algorithm>
#include <vector>

namespace baton::decision {

// The slowest shard's: what it leads waits for it.
std::optional<Duration> SlowBrokers::append_of(const Broker& broker, Instant now) const {
  std::optional<Duration> longest;
  for (const auto& [shard, report] : broker.shards) {
    if (report.append && now - report.at < kFresh) longest = std::max(longest.value_or(Duration(0)), *report.append);
  }
  return longest;
}

std::optional<Duration> SlowBrokers::median_without(BrokerId id, Instant now) const {
  std::vector<Duration> others;
  for (const auto& [other, broker] : brokers_) {
    const auto append = append_of(broker, now);
    if (other != id && append) others.push_back(*append);
  }
  if (others.empty()) return std::nullopt;
  auto middle = others.begin() + static_cast<std::ptrdiff_t>((others.size() - 1) / 2);
  std::nth_element(others.begin(), middle, others.end());
  return *middle;
}

bool SlowBrokers::room_for_another(Instant now) const {
  size_t slow = 0;
  size_t heard = 0;
  for (const auto& [id, broker] : brokers_) {
    slow += broker.slow;
    heard += std::any_of(broker.shards.begin(), broker.shards.end(), [now](const auto& each) { return now - each.second.at < kFresh; });
  }
  return (slow + 1) * 2 < heard;
}

bool SlowBrokers::note(BrokerId id, int32_t shard, std::optional<Duration> append, Instant now) {
  if (floor_ == Duration(0)) return false;
  Broker& broker = brokers_[id];
  broker.shards[shard] = {append, now};
  const auto own = append_of(broker, now);
  const auto median = median_without(id, now);
  const bool bad = own && median && *own >= floor_ && *own >= *median * kTimesMedian;
  if (bad) {
    broker.last_bad = now;
    if (!broker.bad_since) broker.bad_since = now;
    if (broker.slow || now - *broker.bad_since < bad_for_ || !room_for_another(now)) return false;
    broker.slow = true;
    ++broker.episodes;
    return true;
  }
  broker.bad_since.reset();
  if (!broker.slow || now - broker.last_bad < good_for_ * (1 << std::min(broker.episodes - 1, kDoublings))) return false;
  broker.slow = false;
  return true;
}

bool SlowBrokers::forget(BrokerId id) {
  const bool was = slow(id);
  brokers_.erase(id);
  return was;
}

bool SlowBrokers::slow(BrokerId id) const {
  auto found = brokers_.find(id);
  return found != brokers_.end() && found->second.slow;
}

}  // namespace baton::decision
