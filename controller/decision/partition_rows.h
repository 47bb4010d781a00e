// Something small kept for each of many partitions: a vector a topic. What lies far beyond the others (an index that nobody counted up
// to) is kept in a map, so that a wrong number costs no memory. Pure.
#pragma once

#include <map>
#include <vector>

#include "controller/decision/cluster.h"
#include "controller/decision/topic_map.h"

namespace baton::decision {

// REQUIRES of Row: a default one, for which `bool there() const` is false.
template <class Row>
class PartitionRows {
 public:
  const Row* find(const PartitionKey& key) const {
    if (const std::vector<Row>* rows = topics_.find(key.topic); rows != nullptr && key.index >= 0) {
      const auto index = static_cast<size_t>(key.index);
      if (index < rows->size() && (*rows)[index].there()) return &(*rows)[index];
    }
    if (far_.empty()) return nullptr;
    auto far = far_.find(key);
    return far == far_.end() ? nullptr : &far->second;
  }
  // REQUIRES: row.there().
  void put(const PartitionKey& key, const Row& row) {
    const auto index = static_cast<size_t>(key.index);
    std::vector<Row>& rows = topics_[key.topic];
    const bool near = key.index >= 0 && index < rows.size() + kGapMax;
    if (!near || far_.contains(key)) {
      size_ += far_.insert_or_assign(key, row).second;
      return;
    }
    if (index >= rows.size()) rows.resize(index + 1);
    size_ += !rows[index].there();
    rows[index] = row;
  }
  void erase(const PartitionKey& key) {
    size_ -= far_.erase(key);
    std::vector<Row>* rows = topics_.find(key.topic);
    const auto index = static_cast<size_t>(key.index);
    if (rows == nullptr || key.index < 0 || index >= rows->size() || !(*rows)[index].there()) return;
    (*rows)[index] = Row{};
    --size_;
  }
  // The indexes of one topic, ascending; those far away last.
  std::vector<int32_t> of_topic(TopicId id) const {
    std::vector<int32_t> indexes;
    if (const std::vector<Row>* rows = topics_.find(id)) {
      for (size_t i = 0; i < rows->size(); ++i) {
        if ((*rows)[i].there()) indexes.push_back(static_cast<int32_t>(i));
      }
    }
    for (auto far = far_.lower_bound({id, INT32_MIN}); far != far_.end() && far->first.topic == id; ++far)
      indexes.push_back(far->first.index);
    return indexes;
  }
  void forget_topic(TopicId id) {
    for (const int32_t index : of_topic(id)) erase({id, index});
    topics_.erase(id);
  }
  size_t size() const { return size_; }
  void clear() { *this = PartitionRows(); }

 private:
  static constexpr size_t kGapMax = size_t{1} << 16;

  TopicMap<std::vector<Row>> topics_;
  std::map<PartitionKey, Row> far_;
  size_t size_ = 0;
};

}  // namespace baton::decision
