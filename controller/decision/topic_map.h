// A map by topic, in order, that remembers where the last question led: partitions are asked for topic by topic, thousands of times each.
// Not thread-safe, not even for readers. Pure.
#pragma once

#include <map>
#include <utility>

#include "base/uuid.h"

namespace baton::decision {

template <class Value>
class TopicMap {
 public:
  using Map = std::map<TopicId, Value>;

  TopicMap() = default;
  TopicMap(const TopicMap& other) : map_(other.map_) {}
  TopicMap(TopicMap&& other) noexcept : map_(std::move(other.map_)) { other.last_ = nullptr; }
  TopicMap& operator=(const TopicMap& other) {
    if (this != &other) map_ = other.map_;
    last_ = nullptr;
    return *this;
  }
  TopicMap& operator=(TopicMap&& other) noexcept {
    map_ = std::move(other.map_);
    last_ = other.last_ = nullptr;
    return *this;
  }
  ~TopicMap() = default;

  const Value* find(const TopicId& topic) const {
    if (last_ != nullptr && last_->first == topic) return &last_->second;
    auto found = map_.find(topic);
    if (found == map_.end()) return nullptr;
    last_ = &*found;
    return &found->second;
  }
  Value* find(const TopicId& topic) { return const_cast<Value*>(std::as_const(*this).find(topic)); }
  Value& operator[](const TopicId& topic) {
    if (Value* known = find(topic)) return *known;
    return map_[topic];
  }
  void erase(const TopicId& topic) {
    last_ = nullptr;
    map_.erase(topic);
  }
  // In order. REQUIRES: nothing is erased by it.
  const Map& map() const { return map_; }
  bool empty() const { return map_.empty(); }
  void clear() { *this = TopicMap(); }

 private:
  Map map_;
  mutable const std::pair<const TopicId, Value>* last_ = nullptr;
};

}  // namespace baton::decision
