#include "broker/supervision/progress.h"

#include <unistd.h>

namespace baton::supervision {
namespace {

thread_local ThreadOnBoard* here = nullptr;

}  // namespace

void watch_this_thread(Board& board, std::string_view name) {
  if (here >= board.threads && here < board.threads + Board::kThreadsMax) return still_working();
  const uint32_t index = board.threads_used.fetch_add(1);
  if (index >= Board::kThreadsMax) return;  // more threads than cores can be: one of them goes unwatched
  here = &board.threads[index];
  const size_t size = std::min(name.size(), sizeof here->name - 1);
  std::memcpy(here->name, name.data(), size);
  here->name[size] = 0;
  still_working();
  here->tid.store(gettid(), std::memory_order_release);
}

void leave_this_thread() {
  if (here != nullptr) here->tid.store(0, std::memory_order_release);
  here = nullptr;
}

void still_working() {
  if (here != nullptr) here->progress_ns.store(SystemClock().now().ns, std::memory_order_release);
}

}  // namespace baton::supervision
