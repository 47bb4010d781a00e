// A short list of brokers: a partition's replicas, its ISR. Like a vector of ids, but up to five of them lie in the list itself, so that
// a record of a partition is copied without taking memory: a death may concern a million of them.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <vector>

#include "base/ids.h"

namespace baton::decision {

class BrokerList {
 public:
  using value_type = BrokerId;
  using iterator = BrokerId*;
  using const_iterator = const BrokerId*;

  BrokerList() = default;
  BrokerList(std::initializer_list<BrokerId> ids) { assign(ids.begin(), ids.end()); }
  BrokerList(const std::vector<BrokerId>& ids) { assign(ids.begin(), ids.end()); }  // NOLINT(google-explicit-constructor): the same thing
  BrokerList(const BrokerList& other) { *this = other; }
  BrokerList(BrokerList&&) = default;
  BrokerList& operator=(const BrokerList& other) {
    if (this == &other) return *this;
    few_ = other.few_;
    size_ = other.size_;
    many_ = other.many_ ? std::make_unique<std::vector<BrokerId>>(*other.many_) : nullptr;
    return *this;
  }
  BrokerList& operator=(BrokerList&&) = default;
  ~BrokerList() = default;
  operator std::vector<BrokerId>() const { return {begin(), end()}; }  // NOLINT(google-explicit-constructor): the same thing

  iterator begin() { return many_ ? many_->data() : few_.data(); }
  iterator end() { return begin() + size(); }
  const_iterator begin() const { return many_ ? many_->data() : few_.data(); }
  const_iterator end() const { return begin() + size(); }
  size_t size() const { return many_ ? many_->size() : size_; }
  bool empty() const { return size() == 0; }
  BrokerId& operator[](size_t at) { return begin()[at]; }
  BrokerId operator[](size_t at) const { return begin()[at]; }
  BrokerId front() const { return *begin(); }
  BrokerId back() const { return *(end() - 1); }

  template <class From>
  void assign(From first, From last) {
    clear();
    for (; first != last; ++first) push_back(*first);
  }
  void push_back(BrokerId id) {
    if (many_) return many_->push_back(id);
    if (size_ < few_.size()) {
      few_[size_++] = id;
      return;
    }
    many_ = std::make_unique<std::vector<BrokerId>>(few_.begin(), few_.end());
    many_->push_back(id);
  }
  void clear() {
    many_.reset();
    size_ = 0;
  }
  // The rest keep their order.
  iterator erase(iterator first, iterator last) {
    const auto at = first - begin();
    if (many_) {
      many_->erase(many_->begin() + at, many_->begin() + (last - begin()));
    } else {
      size_ = static_cast<uint32_t>(std::copy(last, end(), first) - begin());
    }
    return begin() + at;
  }
  friend bool operator==(const BrokerList& a, const BrokerList& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

 private:
  std::array<BrokerId, 5> few_{};
  uint32_t size_ = 0;
  std::unique_ptr<std::vector<BrokerId>> many_;  // all of them, where they are more
};

inline bool contains(const BrokerList& ids, BrokerId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

template <class Wanted>
size_t erase_if(BrokerList& ids, Wanted wanted) {
  const size_t before = ids.size();
  ids.erase(std::remove_if(ids.begin(), ids.end(), wanted), ids.end());
  return before - ids.size();
}

}  // namespace baton::decision
