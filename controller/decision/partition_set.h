// A set of partitions, a bit each: what a broker vouches for may be a million of them. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "controller/decision/cluster.h"
#include "controller/decision/topic_map.h"

namespace baton::decision {

class PartitionSet {
 public:
  void insert(const PartitionKey& key) {
    if (key.index < 0 || key.index >= kIndexMax) {
      far_.insert(key);
      return;
    }
    std::vector<uint64_t>& bits = bits_[key.topic];
    if (word(key) >= bits.size()) bits.resize(word(key) + 1);
    bits[word(key)] |= bit(key);
  }
  // What no partition is numbered by is left out.
  void insert(TopicId topic, int32_t first, int32_t count) {
    const int64_t end = std::min<int64_t>(int64_t{first} + count, kIndexMax);
    for (int64_t index = std::max(first, 0); index < end; ++index) insert({topic, static_cast<int32_t>(index)});
  }
  void erase(const PartitionKey& key) {
    far_.erase(key);
    std::vector<uint64_t>* bits = bits_.find(key.topic);
    if (bits != nullptr && key.index >= 0 && word(key) < bits->size()) (*bits)[word(key)] &= ~bit(key);
  }
  bool contains(const PartitionKey& key) const {
    const std::vector<uint64_t>* bits = bits_.find(key.topic);
    if (bits != nullptr && key.index >= 0 && word(key) < bits->size()) return ((*bits)[word(key)] & bit(key)) != 0;
    return !far_.empty() && far_.contains(key);
  }
  bool empty() const { return bits_.empty() && far_.empty(); }
  // `what(topic, first, count)` for each run of indexes that are in the set, those far away last.
  template <class What>
  void each_run(What what) const {
    for (const auto& [topic, bits] : bits_.map()) {
      int32_t first = -1;
      const auto end = static_cast<int32_t>(bits.size() * 64);
      for (int32_t index = 0; index <= end; ++index) {
        const bool in = index < end && (bits[static_cast<size_t>(index) / 64] >> (static_cast<size_t>(index) % 64) & 1u) != 0;
        if (in && first < 0) first = index;
        if (in || first < 0) continue;
        what(topic, first, index - first);
        first = -1;
      }
    }
    for (const PartitionKey& key : far_) what(key.topic, key.index, 1);
  }
  void clear() {
    bits_.clear();
    far_.clear();
  }

 private:
  // Two megabytes of bits: nobody has more partitions in one topic.
  static constexpr int32_t kIndexMax = 1 << 24;
  static size_t word(const PartitionKey& key) { return static_cast<size_t>(key.index) / 64; }
  static uint64_t bit(const PartitionKey& key) { return uint64_t{1} << (static_cast<size_t>(key.index) % 64); }

  TopicMap<std::vector<uint64_t>> bits_;
  std::set<PartitionKey> far_;
};

}  // namespace baton::decision
