// What a broker lets its supervisor know, in memory that both processes share: who it is, whom to tell of its death, and when
// each of its threads last made progress. It outlives the broker, so the supervisor can still read it after the death.
//
// Threading: each field has one writer (said with it) and any number of readers, in either process; nothing here is locked. A
// writer that dies half-way leaves the former value to be read.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/clock.h"
#include "base/result.h"
#include "broker/supervision/judgement/stall.h"

namespace baton::supervision {

// A value of several words from one writer. It is written beside the one that stands, then that one is turned over to it. Word by
// word, each with release and acquire: who has read a word of a later value also sees that the version has moved on.
template <class Value>
class Published {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  void publish(const Value& value) {
    const uint32_t version = version_.load(std::memory_order_relaxed);
    uint64_t words[kWords] = {};
    std::memcpy(words, &value, sizeof value);
    for (size_t i = 0; i < kWords; ++i) copies_[(version + 1) % 2][i].store(words[i], std::memory_order_release);
    version_.store(version + 1, std::memory_order_release);
  }
  // None: nothing was published, or it is being replaced again and again while one looks.
  std::optional<Value> read() const {
    for (int tries = 0; tries < 100; ++tries) {
      const uint32_t version = version_.load(std::memory_order_acquire);
      if (version == 0) return std::nullopt;
      uint64_t words[kWords];
      for (size_t i = 0; i < kWords; ++i) words[i] = copies_[version % 2][i].load(std::memory_order_acquire);
      if (version_.load(std::memory_order_acquire) != version) continue;
      Value value;
      std::memcpy(&value, words, sizeof value);
      return value;
    }
    return std::nullopt;
  }
  void clear() { version_.store(0, std::memory_order_release); }

 private:
  static constexpr size_t kWords = (sizeof(Value) + sizeof(uint64_t) - 1) / sizeof(uint64_t);
  std::atomic<uint32_t> version_{0};
  std::atomic<uint64_t> copies_[2][kWords] = {};
};

// A text of bounded length, cut off beyond it.
template <size_t kSize>
struct Text {
  char bytes[kSize] = {};
  void set(std::string_view text) {
    const size_t size = std::min(text.size(), kSize - 1);
    std::memcpy(bytes, text.data(), size);
    bytes[size] = 0;
  }
  std::string str() const { return std::string(bytes, strnlen(bytes, kSize)); }
};

// A life as it is registered.
struct LifeOnBoard {
  int32_t broker_id = -1;
  char incarnation[16] = {};
  int64_t broker_epoch = -1;
  Text<64> cluster_id;
};

// Where the processes listen that may be, or become, the controller.
struct CandidatesOnBoard {
  static constexpr int kMost = 32;
  struct One {
    int32_t id = -1;
    Text<256> host;
    int32_t port = 0;
  };
  int32_t count = 0;
  One all[kMost];
};

enum class Phase : uint32_t {
  kStarting,
  kServing,  // registered at least once
  kEnding,   // in good order: its threads may rest
};

struct ThreadOnBoard {
  std::atomic<int32_t> tid{0};          // 0: not there, not yet or not any more
  std::atomic<int64_t> progress_ns{0};  // CLOCK_BOOTTIME of its last sign of life
  char name[24] = {};                   // written before `tid`
};

struct Board {
  static constexpr size_t kThreadsMax = 1100;  // a shard a core, and the manager

  std::atomic<Phase> phase{Phase::kStarting};  // the broker's main thread and manager's thread, which take turns
  Published<LifeOnBoard> life;                 // the manager's thread
  Published<CandidatesOnBoard> candidates;     // the manager's thread
  std::atomic<uint32_t> threads_used{0};
  ThreadOnBoard threads[kThreadsMax];  // each thread its own

  // The threads that are watched now.
  std::vector<Beat> beats() const;
  // REQUIRES: no broker is alive.
  void wipe();
};

// Memory that a forked child shares. Error: the system gives none.
struct Unmap {
  void operator()(Board* board) const;
};
using BoardHandle = std::unique_ptr<Board, Unmap>;
Result<BoardHandle> share_board();
// For a broker without a supervisor.
BoardHandle own_board();

}  // namespace baton::supervision
