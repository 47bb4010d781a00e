// The level of the metadata's forms: who is asked before it rises.
#include "controller/decision/controller.h"

namespace baton::decision {

void Controller::look_at_level() {
  if (level_.at_the_top()) return;
  std::vector<int32_t> versions;
  const std::map<BrokerId, int32_t> assigned = pages_.assigned();
  for (BrokerId id : members_.ids()) {
    const Registration& registration = *members_.registration(id);
    // Who is down comes back as what it was, as far as anybody knows; unless nothing waits for it here.
    if (registration.life != Life::kLive && !assigned.contains(id)) continue;
    versions.push_back(registration.metadata_version);
  }
  for (const CandidateSeen& candidate : candidates_) versions.push_back(candidate.metadata_version);
  level_.see(now_, versions);
}

// By itself, so that nothing is in flight that was put together below the level, and everybody hears of the level first.
bool Controller::raise_level() {
  const auto level = level_.due(now_);
  if (!level) return false;
  InFlight flight;
  flight.write.changes.emplace_back(PutMetadataVersion{*level});
  send(std::move(flight));
  return true;
}

}  // namespace baton::decision
