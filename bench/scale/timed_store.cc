#include "bench/scale/timed_store.h"

#include <variant>

namespace baton::scale {

void BusyTime::begin() {
  const std::lock_guard lock(mutex_);
  if (under_way_++ == 0) since_ = clock_.now();
}

void BusyTime::end() {
  const std::lock_guard lock(mutex_);
  if (--under_way_ == 0) total_ += clock_.now() - since_;
}

Duration BusyTime::so_far() {
  const std::lock_guard lock(mutex_);
  return under_way_ == 0 ? total_ : total_ + (clock_.now() - since_);
}

void TimedStore::submit(store::Request request, Callback callback) {
  if (!std::holds_alternative<store::Multi>(request)) return behind_->submit(std::move(request), std::move(callback));
  busy_->begin();
  behind_->submit(std::move(request), [busy = busy_, callback = std::move(callback)](store::Reply reply) {
    busy->end();
    callback(std::move(reply));
  });
}

}  // namespace baton::scale
