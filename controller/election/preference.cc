#include "controller/election/preference.h"

#include <algorithm>
#include <tuple>

namespace baton::election {
namespace {

bool stands_by(const Standing& one) {
  return !one.rules && !one.dead && one.following;
}

}  // namespace

std::optional<size_t> best_standby(const std::vector<Standing>& queue) {
  std::optional<size_t> best;
  auto rank = [&](size_t at) { return std::tuple(queue[at].caught_up, queue[at].priority); };
  for (size_t i = 0; i < queue.size(); ++i) {
    if (stands_by(queue[i]) && (!best || rank(i) > rank(*best))) best = i;
  }
  return best;
}

void Preference::ruled(Instant now, BrokerId id, ControllerEpoch epoch) {
  if (epoch <= epoch_) return;
  if (epoch_ != ControllerEpoch() && id != ruler_) {
    Record& record = records_[ruler_];
    record.lost_at = now;
    record.short_rules = now - since_ >= options_.good_rule ? 0 : record.short_rules + 1;
  }
  // The same ruler under a new epoch came back after a loss: its rule begins anew.
  ruler_ = id;
  epoch_ = epoch;
  since_ = now;
}

Duration Preference::again_after(const Record& record) const {
  Duration wait = options_.again;
  for (int i = 1; i < record.short_rules && wait < options_.again_max; ++i) wait *= 2;
  return std::min(wait, options_.again_max);
}

Preference::Verdict Preference::judge(Instant now, const std::vector<Standing>& queue) const {
  const auto ruler = std::find_if(queue.begin(), queue.end(), [](const Standing& one) { return one.rules; });
  if (ruler == queue.end()) return {};
  Verdict verdict;
  int32_t best = ruler->priority;
  int32_t waits = ruler->priority;
  for (size_t i = 0; i < queue.size(); ++i) {
    const Standing& one = queue[i];
    if (one.rules || one.dead || one.priority <= ruler->priority) continue;
    Instant from = since_ + options_.calm;
    std::string why = "the rule has just begun";
    const auto later = [&](Instant at, const char* reason) {
      if (at > from) std::tie(from, why) = std::tuple(at, reason);
    };
    if (one.following) later(one.following_since + options_.steady, "it has not followed for long");
    const auto record = records_.find(one.id);
    if (record != records_.end() && record->second.lost_at != Instant::never()) {
      later(record->second.lost_at + again_after(record->second), "it lost the rule not long ago");
    }
    const bool able = one.following && one.caught_up;
    if (able && now >= from && one.priority > best) {
      verdict.heir = i;
      best = one.priority;
      continue;
    }
    if (now >= from) why = one.following ? "its image is behind" : "it has no control stream";
    // Without a stream, or behind, it is not time that is lacking: whatever happens brings the next look.
    if (able && now < from) verdict.look_again = std::min(verdict.look_again, from);
    if (one.priority <= waits) continue;
    waits = one.priority;
    verdict.waits_for = "candidate " + std::to_string(one.id.value()) + " has a higher priority, but " + why;
  }
  if (verdict.heir) verdict.waits_for.clear();
  return verdict;
}

}  // namespace baton::election
