// One thread's event loop: tasks posted from anywhere, timers, and readiness of file descriptors. A broker runs one a
// core; whatever belongs to a reactor is touched on its thread only, so nothing there needs a lock. asio stays behind
// reactor.cc.
//
// Threading: post(), stop(), remote() and on_thread() from any thread; everything else on the reactor's own thread, or before run().
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/function.h"

namespace baton::network {

class Resolver;

class Reactor {
 public:
  // For those who may outlive the reactor: threads that nobody joins.
  class Remote {
   public:
    // From any thread. False: the reactor is gone, and with it the task.
    bool post(Task task) const;

   private:
    friend class Reactor;
    struct Impl;
    std::shared_ptr<Impl> impl_;
  };

  // `resolver` looks up the names that are dialled here; null: the process's own.
  explicit Reactor(Resolver* resolver = nullptr);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs until stop(). Tasks that are still queued then are destroyed with the reactor, not run.
  void run();
  void stop();
  // Runs `task` on the reactor's thread, after everything posted before it by the same thread.
  void post(Task task);
  // Runs `task` now if this is the reactor's thread, else posts it.
  void dispatch(Task task);
  bool on_thread() const;
  // The reactor whose run() this thread is in; null: none.
  static Reactor* current();
  Remote remote() const { return remote_; }
  Resolver& resolver();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  Resolver* resolver_;
  Remote remote_;
  std::unique_ptr<Impl> impl_;
};

// A one-shot timer. Starting again replaces the former wish; a cancelled or destroyed timer never fires.
class Timer {
 public:
  explicit Timer(Reactor& reactor);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void start(Duration after, Task task);
  void cancel();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Waits for readiness of a non-blocking descriptor, which it does not own: close() it before the descriptor is closed.
// One wait a direction at a time. A task is dropped, not run, by close() or the destructor.
class Watch {
 public:
  Watch(Reactor& reactor, int fd);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  void when_readable(Task task);
  void when_writable(Task task);
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace baton::network
