#include "controller/decision/what_if.h"

#include "controller/decision/policy_eligible.h"
#include "controller/decision/succession.h"

namespace baton::decision {

std::vector<Fate> what_if_dead(const WhatIfInput& input, const std::set<BrokerId>& dead) {
  std::vector<Fate> fates;
  for (const auto& [key, entry] : input.pages.entries()) {
    if (!input.visible(key.topic)) continue;
    const int32_t minimum = input.min_insync_replicas(key.topic);
    const SuccessionInput succession{entry.record, minimum, std::nullopt, input.commit_flush_policy};
    auto standing = [&, key = key](BrokerId id) { return dead.contains(id) ? ReplicaStanding{} : input.standing(key, id); };
    auto after = succeed(succession, standing);
    if (after) fates.push_back({entry.record, std::move(*after), effective_minimum(entry.record, minimum)});
  }
  return fates;
}

}  // namespace baton::decision
