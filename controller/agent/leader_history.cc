#include "controller/agent/leader_history.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

namespace baton::agent {

namespace {

// One change has one of these; the topic's id is the change's own, which has to live as long.
using Key = std::tuple<int32_t, int32_t, std::string_view>;

Key key_of(const control::LeaderChange& change) {
  return {change.leader_epoch(), change.partition(), change.topic_id()};
}

}  // namespace

void LeaderHistory::add(const control::Delta& delta) {
  if (delta.leader_changes().empty()) return;
  // A snapshot alone repeats what was said before.
  std::set<Key> known;
  if (delta.snapshot()) std::transform(changes_.begin(), changes_.end(), std::inserter(known, known.end()), key_of);
  std::vector<const control::LeaderChange*> news;
  for (const control::LeaderChange& change : delta.leader_changes()) {
    if (!known.contains(key_of(change))) news.push_back(&change);
  }
  for (const control::LeaderChange* change : news) changes_.push_back(*change);
  while (changes_.size() > kKept) changes_.pop_front();
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
  std::set<Key> here, there;
  for (const control::LeaderChange& change : changes_) here.insert(key_of(change));
  for (const control::LeaderChange& change : older.changes()) there.insert(key_of(change));
  const bool more = std::any_of(here.begin(), here.end(), [&](const Key& each) { return !there.contains(each); });
  for (auto change = older.changes().rbegin(); change != older.changes().rend() && changes_.size() < kKept; ++change) {
    if (!here.contains(key_of(*change))) changes_.push_front(*change);
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
