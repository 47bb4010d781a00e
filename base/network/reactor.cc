#include "base/network/reactor.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <mutex>

#include "base/network/resolver.h"

namespace baton::network {

namespace {
thread_local Reactor* current_reactor = nullptr;
}

struct Reactor::Impl {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
};

struct Reactor::Remote::Impl {
  std::mutex mutex;
  Reactor* reactor = nullptr;
};

bool Reactor::Remote::post(Task task) const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->reactor == nullptr) return false;
  impl_->reactor->post(std::move(task));
  return true;
}

Reactor::Reactor(Resolver* resolver) : resolver_(resolver), impl_(std::make_unique<Impl>()) {
  remote_.impl_ = std::make_shared<Remote::Impl>();
  remote_.impl_->reactor = this;
}

Reactor::~Reactor() {
  const std::lock_guard lock(remote_.impl_->mutex);
  remote_.impl_->reactor = nullptr;
}

Resolver& Reactor::resolver() {
  return resolver_ != nullptr ? *resolver_ : Resolver::of_process();
}

void Reactor::run() {
  current_reactor = this;
  impl_->io.run();
  current_reactor = nullptr;
}
void Reactor::stop() {
  impl_->io.stop();
}
void Reactor::post(Task task) {
  asio::post(impl_->io, std::move(task));
}
void Reactor::dispatch(Task task) {
  if (on_thread()) {
    task();
  } else {
    post(std::move(task));
  }
}
bool Reactor::on_thread() const {
  return current_reactor == this;
}
Reactor* Reactor::current() {
  return current_reactor;
}

// Completion handlers hold the Impl alive; `generation` tells a wait that was replaced or cancelled after it had already
// been queued as complete.
struct Timer::Impl {
  explicit Impl(asio::io_context& io) : timer(io) {}
  asio::steady_timer timer;
  uint64_t generation = 0;
};

Timer::Timer(Reactor& reactor) : impl_(std::make_shared<Impl>(reactor.impl().io)) {}
Timer::~Timer() {
  cancel();
}

void Timer::start(Duration after, Task task) {
  uint64_t generation = ++impl_->generation;
  impl_->timer.expires_after(after);
  impl_->timer.async_wait([held = impl_, generation, task = std::move(task)](const asio::error_code& error) mutable {
    if (!error && held->generation == generation) task();
  });
}

void Timer::cancel() {
  ++impl_->generation;
  impl_->timer.cancel();
}

struct Watch::Impl {
  Impl(asio::io_context& io, int fd) : descriptor(io, fd) {}
  ~Impl() {
    if (descriptor.is_open()) descriptor.release();
  }
  asio::posix::stream_descriptor descriptor;
  bool open = true;
};

Watch::Watch(Reactor& reactor, int fd) : impl_(std::make_shared<Impl>(reactor.impl().io, fd)) {}
Watch::~Watch() {
  close();
}

void Watch::when_readable(Task task) {
  impl_->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                               [held = impl_, task = std::move(task)](const asio::error_code& error) mutable {
                                 if (!error && held->open) task();
                               });
}
void Watch::when_writable(Task task) {
  impl_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                               [held = impl_, task = std::move(task)](const asio::error_code& error) mutable {
                                 if (!error && held->open) task();
                               });
}
void Watch::close() {
  if (!impl_->open) return;
  impl_->open = false;
  impl_->descriptor.release();
}

}  // namespace baton::network
