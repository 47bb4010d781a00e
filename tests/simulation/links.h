// Who can reach whom. Cuts are one-way: a symmetric partition is two of them. Process 0 is the store.
#pragma once

#include <set>
#include <utility>

namespace baton::simulation {

constexpr int kStore = 0;

class Links {
 public:
  bool open(int from, int to) const { return !cut_.contains({from, to}); }
  bool both(int a, int b) const { return open(a, b) && open(b, a); }
  void cut(int from, int to) { cut_.insert({from, to}); }
  void cut_both(int a, int b) {
    cut(a, b);
    cut(b, a);
  }
  void heal_all() { cut_.clear(); }
  bool any() const { return !cut_.empty(); }

 private:
  std::set<std::pair<int, int>> cut_;
};

}  // namespace baton::simulation
