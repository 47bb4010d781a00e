#include "broker/supervision/judgement/backoff.h"

#include <algorithm>

namespace baton::supervision {

Duration Backoff::ended(Instant now, std::optional<Instant> healthy_since) {
  const bool healthy = healthy_since && now - *healthy_since >= config_.healthy_while;
  const Duration wait = healthy ? config_.first : std::clamp(next_, config_.first, config_.most);
  next_ = std::min(wait * 2, config_.most);
  return wait;
}

}  // namespace baton::supervision
