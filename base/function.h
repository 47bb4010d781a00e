// A callable that is moved, never copied, so that a task may own a buffer or a promise. Small ones are stored in place:
// the usual callback of a request costs no allocation. Calling an empty one is a bug. Not thread-safe.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.h"

namespace baton {

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() = default;
  Function(std::nullptr_t) {}
  template <class F,
            class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Function> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>>>
  Function(F&& callable) {
    using Held = std::decay_t<F>;  // NOLINTNEXTLINE(misc-redundant-expression): for some, not for all
    if constexpr (sizeof(Held) <= kInPlace && alignof(Held) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Held>) {
      new (storage_) Held(std::forward<F>(callable));
      operations_ = &in_place<Held>;
    } else {
      *reinterpret_cast<Held**>(storage_) = new Held(std::forward<F>(callable));
      operations_ = &on_heap<Held>;
    }
  }
  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  ~Function() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }
  R operator()(Args... args) {
    BATON_ASSERT(operations_ != nullptr);
    return operations_->call(storage_, std::forward<Args>(args)...);
  }

 private:
  static constexpr size_t kInPlace = 48;
  struct Operations {
    R (*call)(void* storage, Args... args);
    void (*move)(void* to, void* from);
    void (*destroy)(void* storage);
  };
  template <class Held>
  static constexpr Operations in_place = {
      [](void* storage, Args... args) -> R { return (*static_cast<Held*>(storage))(std::forward<Args>(args)...); },
      [](void* to, void* from) {
        new (to) Held(std::move(*static_cast<Held*>(from)));
        static_cast<Held*>(from)->~Held();
      },
      [](void* storage) { static_cast<Held*>(storage)->~Held(); }};
  template <class Held>
  static constexpr Operations on_heap = {
      [](void* storage, Args... args) -> R { return (**static_cast<Held**>(storage))(std::forward<Args>(args)...); },
      [](void* to, void* from) { *static_cast<Held**>(to) = *static_cast<Held**>(from); },
      [](void* storage) { delete *static_cast<Held**>(storage); }};

  void take(Function& other) {
    operations_ = other.operations_;
    if (operations_ != nullptr) operations_->move(storage_, other.storage_);
    other.operations_ = nullptr;
  }
  void reset() {
    if (operations_ != nullptr) operations_->destroy(storage_);
    operations_ = nullptr;
  }

  const Operations* operations_ = nullptr;
  alignas(std::max_align_t) unsigned char storage_[kInPlace];
};

using Task = Function<void()>;

}  // namespace baton
