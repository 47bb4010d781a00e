#include "controller/decision/return_gate.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::decision {

void ReturnGate::died(BrokerId id, Instant now) {
  std::deque<Instant>& deaths = deaths_[id];
  deaths.push_back(now);
  while (now - deaths.front() > kRemembered) deaths.pop_front();
}

Instant ReturnGate::opens_at(BrokerId id) const {
  auto entered = entered_.find(id);
  if (entered == entered_.end()) return Instant{};  // it was never away
  Duration wait = delay_;
  auto deaths = deaths_.find(id);
  const size_t repeated =
      deaths == deaths_.end() || deaths->second.empty() || BATON_MUTANT(flapping_forgiven) ? 0 : deaths->second.size() - 1;
  for (size_t i = 0; i < repeated && wait < kLongest; ++i) wait = wait * 2;
  return entered->second + std::min(wait, std::max(kLongest, delay_));
}

Instant ReturnGate::next_opening(Instant now) const {
  Instant next = Instant::never();
  for (const auto& [id, entered] : entered_) {
    if (opens_at(id) > now) next = std::min(next, opens_at(id));
  }
  return next;
}

}  // namespace baton::decision
