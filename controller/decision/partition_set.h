// A set of partitions, a bit each: what a broker vouches for may be a million of them. Pure.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "controller/decision/cluster.h"

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
  void insert(TopicId topic, int32_t first, int32_t count) {
    for (int64_t index = first; index < int64_t{first} + count; ++index) insert({topic, static_cast<int32_t>(index)});
  }
  void erase(const PartitionKey& key) {
    far_.erase(key);
    auto found = bits_.find(key.topic);
    if (found != bits_.end() && key.index >= 0 && word(key) < found->second.size()) found->second[word(key)] &= ~bit(key);
  }
  bool contains(const PartitionKey& key) const {
    auto found = bits_.find(key.topic);
    if (found != bits_.end() && key.index >= 0 && word(key) < found->second.size()) return (found->second[word(key)] & bit(key)) != 0;
    return !far_.empty() && far_.contains(key);
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

  std::map<TopicId, std::vector<uint64_t>> bits_;
  std::set<PartitionKey> far_;
};

}  // namespace baton::decision
