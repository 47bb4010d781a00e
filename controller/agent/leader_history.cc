#include "controller/agent/leader_history.h"

#include <algorithm>
#include <set>
#include <tuple>

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

bool LeaderHistory::join_older(const control::History& older) {
  using Key = std::tuple<std::string, int32_t, int32_t>;
  const auto key = [](const control::LeaderChange& change) { return Key{change.topic_id(), change.partition(), change.leader_epoch()}; };
  std::set<Key> here, there;
  for (const control::LeaderChange& change : changes_) here.insert(key(change));
  for (const control::LeaderChange& change : older.changes()) there.insert(key(change));
  const bool more = std::any_of(here.begin(), here.end(), [&](const Key& each) { return !there.contains(each); });
  for (auto change = older.changes().rbegin(); change != older.changes().rend() && changes_.size() < kKept; ++change) {
    if (!here.contains(key(*change))) changes_.push_front(*change);
  }
  return more;
}

control::History LeaderHistory::last(size_t changes, size_t bytes) const {
  constexpr size_t kAround = 8;  // tag and length
  size_t first = changes_.size();
  for (size_t size = 0; first > 0 && changes_.size() - first < changes; --first) {
    size += changes_[first - 1].ByteSizeLong() + kAround;
    if (size > bytes) break;
  }
  control::History history;
  for (size_t i = first; i < changes_.size(); ++i) *history.add_changes() = changes_[i];
  return history;
}

}  // namespace baton::agent
