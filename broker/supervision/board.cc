#include "broker/supervision/board.h"

#include <sys/mman.h>

#include <new>

#include "base/assert.h"

namespace baton::supervision {

void Board::wipe() {
  life.clear();
  for (ThreadOnBoard& thread : threads) {
    thread.tid = 0;
    thread.progress_ns = 0;
  }
  threads_used = 0;
  phase = Phase::kStarting;
}

std::vector<Beat> Board::beats() const {
  std::vector<Beat> beats;
  const size_t used = std::min<size_t>(threads_used.load(std::memory_order_acquire), kThreadsMax);
  for (size_t i = 0; i < used; ++i) {
    const int32_t tid = threads[i].tid.load(std::memory_order_acquire);
    if (tid != 0) beats.push_back({tid, Instant{threads[i].progress_ns.load(std::memory_order_acquire)}});
  }
  return beats;
}

void Unmap::operator()(Board* board) const {
  board->~Board();
  munmap(board, sizeof(Board));
}

BoardHandle own_board() {
  auto board = share_board();
  BATON_ASSERT(board.has_value());
  return std::move(*board);
}

Result<BoardHandle> share_board() {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail(ErrorCode::kUnknownServerError, "no memory to share with the broker");
  return BoardHandle(new (memory) Board);
}

}  // namespace baton::supervision
