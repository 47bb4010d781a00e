#include "broker/shards/image_watch.h"

namespace baton {

void ImageWatch::publish(ImagePtr image) {
  image_ = std::move(image);
  std::list<std::shared_ptr<Waiter>> ready;
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    auto next = std::next(at);
    if ((*at)->shows(*image_)) ready.splice(ready.end(), waiters_, at);
    at = next;
  }
  for (auto& waiter : ready) {
    waiter->timer.cancel();
    waiter->done(true);
  }
}

void ImageWatch::when(Function<bool(const Image&)> shows, Duration timeout, Function<void(bool)> done) {
  if (shows(*image_)) return done(true);
  auto waiter = std::make_shared<Waiter>(reactor_);
  waiter->shows = std::move(shows);
  waiter->done = std::move(done);
  waiters_.push_back(waiter);
  waiter->timer.start(timeout, [this, weak = std::weak_ptr(waiter)] {
    auto late = weak.lock();
    if (!late) return;
    waiters_.remove(late);
    late->done(false);
  });
}

}  // namespace baton
