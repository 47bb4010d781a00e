// A store that measures how long multis of its caller are under way, the time in which several are counted once: the store's share of
// whatever waits for it. Everything else passes through. As thread-safe as the store behind it; the measure may be read from any thread.
#pragma once

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "controller/coordination/store.h"

namespace baton::scale {

class BusyTime {
 public:
  void begin();
  void end();
  Duration so_far();

 private:
  SystemClock clock_;
  std::mutex mutex_;
  int under_way_ = 0;
  Instant since_{};
  Duration total_{};
};

class TimedStore : public store::Store {
 public:
  TimedStore(std::unique_ptr<store::Store> behind, std::shared_ptr<BusyTime> busy) : behind_(std::move(behind)), busy_(std::move(busy)) {}
  void open(Listener listener) override { behind_->open(std::move(listener)); }
  void close() override { behind_->close(); }
  void submit(store::Request request, Callback callback) override;

 private:
  std::unique_ptr<store::Store> behind_;
  std::shared_ptr<BusyTime> busy_;
};

}  // namespace baton::scale
