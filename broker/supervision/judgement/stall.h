// Does a broker hang, or does it only seem so? Each watched thread says when it last made progress; when one is late, the
// threads of the process are looked at, and what they were doing meanwhile decides:
//
// *stopped* (SIGSTOP, a debugger): it hangs, as soon as the time-out is over; nothing of it will run by itself.
// *asleep* without having run at all: it waits for something that does not come, a lock or an answer. It hangs, unless the
//   machine starved the process of CPU meanwhile, or another thread computed and gave no sign of life either: what it waits for
//   may be held by that one, or by one that waits for the CPU.
// *in disk wait* all the time: the disk is at fault, and killing would not help: its leaderships are given up instead.
// *runnable*: it computes, or waits for a core. Which of the two is told by the CPU time that it got (schedstat), never by the
//   time that passed: it hangs when it has used up many time-outs of CPU without progress, however long that takes.
// A process that was stopped and is continued had no time in which to make progress: its time-out begins anew.
//
// Why these and not the load of the machine (PSI): pressure says that somebody waited, not who. Run and wait times are kept by
// the scheduler for each thread, grow only while it runs or waits for a core, and exist wherever scheduler statistics do; without
// them (all zero) a runnable thread simply never counts as hung, and the others are judged by their state alone.
//
// Whoever judges must itself have been punctual: if its look came late, everything may have been late, and it begins anew.
//
// Pure; not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace baton::supervision {

enum class ThreadState : uint8_t { kRunnable, kAsleep, kDiskWait, kStopped };

// One thread of the process as the kernel shows it.
struct ThreadSample {
  int32_t tid = 0;
  ThreadState state = ThreadState::kAsleep;
  int64_t run_ns = 0;   // on a core, in all its life
  int64_t wait_ns = 0;  // runnable, without a core
  int64_t slices = 0;   // times that it got one
};
// A watched thread's last sign of life.
struct Beat {
  int32_t tid = 0;
  Instant progress;
};

enum class Judgement : uint8_t {
  kFine,
  kHung,
  kDiskWait,
  kStarved,   // late for want of CPU, or busy, or waiting for one that is
  kSlowDisk,  // late because of the disk, but not stuck in it
  kLateOurselves,
};
std::string_view name_of(Judgement judgement);

struct StallConfig {
  Duration timeout = std::chrono::milliseconds(300);
  // How often threads give a sign of life.
  Duration beat_every() const { return timeout / 6; }
  // A look that comes later than this proves nothing.
  Duration own_lateness() const { return timeout / 10; }
};

class StallJudge {
 public:
  // A thread that computes may do so for this many time-outs of CPU; so may one sleep for as many while the machine is starved.
  static constexpr int kPatience = 10;

  explicit StallJudge(StallConfig config = {}) : config_(config) {}

  // One look. `due`: when it was to come. `sample` is asked only when a thread is late.
  Judgement look(Instant now, Instant due, const std::vector<Beat>& beats, const std::function<std::vector<ThreadSample>()>& sample);
  // When to look again: seldom while nobody is late, then more often, and exactly when the time is over.
  Instant next_look(Instant now) const;
  // Of the last look that did not say kFine: the thread and what it was doing, for people.
  const std::string& about() const { return about_; }
  // The thread that is late, and its last sign of life; none: nobody is.
  const std::optional<Beat>& suspect() const { return suspect_; }

 private:
  struct Evidence {
    int64_t run_ns = 0, slices = 0;  // of the suspect
    int64_t starved_ns = 0;          // all threads together
    int64_t others_ran_ns = 0;       // the busiest of those that gave no sign of life
    ThreadState state = ThreadState::kAsleep;
    bool there = false;
  };
  Judgement judge(Instant now, const std::vector<Beat>& beats, const std::vector<ThreadSample>& samples);
  Evidence weigh(Instant now, const std::vector<Beat>& beats, const std::vector<ThreadSample>& samples) const;
  Judgement say(Judgement judgement, Instant now, std::string_view doing);
  // Some thread was stopped when they were last looked at, and none is now.
  bool continued(const std::vector<ThreadSample>& samples);
  void forget() {
    seen_stopped_ = false;
    suspect_.reset();
    baseline_.clear();
  }

  StallConfig config_;
  Instant not_before_{};  // progress is taken as made then at the latest
  std::optional<Beat> suspect_;
  std::vector<ThreadSample> baseline_;  // when suspicion arose
  Instant baseline_at_{};
  int looks_ = 0, looks_with_disk_wait_ = 0;  // since then
  bool seen_stopped_ = false;
  std::string about_;
};

}  // namespace baton::supervision
