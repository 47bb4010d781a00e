// A distinct type for every id and every epoch, so that one can never be passed where another is meant.
// There is no implicit conversion in either direction: `value()` out, the explicit constructor in.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace baton {

template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr Strong next() const { return Strong(static_cast<Rep>(value_ + 1)); }
  friend constexpr auto operator<=>(Strong, Strong) = default;

 private:
  Rep value_ = Tag::none;
};

}  // namespace baton

template <class Tag, class Rep>
struct std::hash<baton::Strong<Tag, Rep>> {
  size_t operator()(baton::Strong<Tag, Rep> id) const noexcept { return std::hash<Rep>()(id.value()); }
};
