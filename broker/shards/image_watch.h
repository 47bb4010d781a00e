// Those who wait until this broker's image shows something: the topic that was just created, or deleted. Belongs to one
// shard's thread.
#pragma once

#include <list>
#include <memory>

#include "base/function.h"
#include "base/network/reactor.h"
#include "broker/metadata/image.h"

namespace baton {

class ImageWatch {
 public:
  explicit ImageWatch(network::Reactor& reactor) : reactor_(reactor), image_(std::make_shared<Image>()) {}

  const ImagePtr& image() const { return image_; }
  void publish(ImagePtr image);
  // `done(true)` as soon as `shows` holds, perhaps at once; `done(false)` after `timeout`.
  void when(Function<bool(const Image&)> shows, Duration timeout, Function<void(bool)> done);

 private:
  struct Waiter {
    explicit Waiter(network::Reactor& reactor) : timer(reactor) {}
    Function<bool(const Image&)> shows;
    Function<void(bool)> done;
    network::Timer timer;
  };

  network::Reactor& reactor_;
  ImagePtr image_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace baton
