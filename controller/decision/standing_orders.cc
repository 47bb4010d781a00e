#include "controller/decision/standing_orders.h"

#include <algorithm>

#include "controller/decision/topic_keys.h"

namespace baton::decision {

bool Orders::avoids(const PartitionKey& key, BrokerId id, Instant now) const {
  if (avoids(id)) return true;
  auto bar = bars.find(key);
  return bar != bars.end() && bar->second.broker == id && now < bar->second.until;
}

std::optional<BrokerId> Orders::held_leader(const PartitionKey& key, Instant now) const {
  auto hold = holds.find(key);
  if (hold == holds.end() || now >= hold->second.until) return std::nullopt;
  return hold->second.leader;
}

bool Orders::expire(Instant now) {
  auto over = [now](const auto& order) { return now >= order.second.until; };
  return std::erase_if(holds, over) + std::erase_if(bars, over) > 0;
}

bool Orders::remove_topic(TopicId topic) {
  const bool held = erase_topic(holds, topic);
  return erase_topic(bars, topic) || held;
}

bool Orders::concern(TopicId topic) const {
  return has_topic(holds, topic) || has_topic(bars, topic);
}

Instant Orders::next_deadline() const {
  Instant next = Instant::never();
  for (const auto& [key, hold] : holds) next = std::min(next, hold.until);
  for (const auto& [key, bar] : bars) next = std::min(next, bar.until);
  return next;
}

}  // namespace baton::decision
