// What a campaign tells, carried from its event thread to the thread that runs the command; the lease's end goes straight to the board,
// so that no busy thread stands between a renewal and the guardian.
//
// Threading: callbacks() run on the event thread; the rest belongs to the runner's.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "cli/lead/guardian.h"
#include "controller/lead/hosting/campaigner.h"
#include "controller/lead/view.h"

namespace baton::lead {

struct Connected {
  bool on = false;
};

class Told {
 public:
  explicit Told(Board& board) : board_(board), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Told() { close(fd_); }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

  CampaignerCallbacks callbacks() {
    CampaignerCallbacks callbacks;
    callbacks.on_lead = [this](const Lead& lead) {
      extend(lead.until);
      add(lead);
    };
    callbacks.on_extended = [this](Instant until) { extend(until); };
    callbacks.on_stop = [this](const Stop& stop) { add(stop); };
    callbacks.on_ended = [this](const Ended& ended) { add(ended); };
    callbacks.on_refused = [this](const Refused& refused) { add(refused); };
    callbacks.on_connected = [this](bool on) { add(Connected{on}); };
    return callbacks;
  }
  int fd() const { return fd_; }  // readable: there is something to take
  template <class Take>
  void take(Take take) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = read(fd_, &count, sizeof count);
    std::vector<Item> items;
    {
      const std::lock_guard lock(mutex_);
      items.swap(items_);
    }
    for (const Item& item : items) std::visit(take, item);
  }

 private:
  using Item = std::variant<Lead, Stop, Ended, Refused, Connected>;

  void extend(Instant until) { board_.until_ns.store(until.ns, std::memory_order_release); }
  void add(Item item) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t size = write(fd_, &one, sizeof one);
  }

  Board& board_;
  const int fd_;
  std::mutex mutex_;
  std::vector<Item> items_;
};

}  // namespace baton::lead
