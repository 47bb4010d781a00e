#include "controller/agent/leader_history.h"

#include <algorithm>

namespace baton::agent {

// A snapshot alone repeats what was said before, and it is rare.
void LeaderHistory::add(const control::Delta& delta) {
  for (const control::LeaderChange& change : delta.leader_changes()) {
    if (delta.snapshot() && known(change)) continue;
    changes_.push_back(change);
    if (changes_.size() > kKept) changes_.pop_front();
  }
}

bool LeaderHistory::known(const control::LeaderChange& change) const {
  return std::any_of(changes_.rbegin(), changes_.rend(), [&](const control::LeaderChange& each) {
    return each.leader_epoch() == change.leader_epoch() && each.partition() == change.partition() && each.topic_id() == change.topic_id();
  });
}

control::History LeaderHistory::of(const std::string& topic_id, int32_t partition) const {
  control::History history;
  for (const control::LeaderChange& change : changes_) {
    if (change.partition() == partition && change.topic_id() == topic_id) *history.add_changes() = change;
  }
  // What came late, with a snapshot, may be older than what was known.
  std::stable_sort(history.mutable_changes()->begin(), history.mutable_changes()->end(),
                   [](const auto& a, const auto& b) { return a.leader_epoch() < b.leader_epoch(); });
  return history;
}

void LeaderHistory::tell(control::Delta& delta, size_t most) const {
  const size_t first = changes_.size() > most ? changes_.size() - most : 0;
  for (size_t i = first; i < changes_.size(); ++i) *delta.add_leader_changes() = changes_[i];
}

}  // namespace baton::agent
