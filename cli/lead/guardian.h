// The guardian of a command that runs under a leadership: a process of its own, which sees to it that nothing of the command is left when
// the lease is over, whatever has become of the process that campaigns (the leader: killed, stopped, cut off from the store).
//
// - It is forked before the leader has any thread, takes a session of its own, and is a subreaper: what the command leaves behind comes
//   to it, and it is done only when it has no child any more.
// - Until when the lease runs it reads from memory that both share; the leader moves it on with each renewal. A leader that does not,
//   for whatever reason, has its command ended in time (sentence.h). One that is dead shows as the end of the socket between the two:
//   then the command is ended at once, and after it the guardian releases the leadership, so that nobody waits for a dead one's lease.
// - The guardian may die too. Its command is killed with it (PR_SET_PDEATHSIG), and what else there is comes to the leader, which is a
//   subreaper as well and watches the guardian's pulse. Only what kills both at one stroke leaves a daemon of the command alive: then
//   the token is what keeps its writes out.
//
// Threading: the guardian has one thread; start_guardian() must be called while the caller has one.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/lead/sentence.h"

namespace baton::lead {

// What both look at. Lives in shared memory: nothing but lock-free atomics.
struct Board {
  std::atomic<int64_t> until_ns{0};  // of the lease, on CLOCK_BOOTTIME; the leader writes
  std::atomic<int64_t> pulse_ns{0};  // the guardian's last look
};

struct Order {
  enum Kind : int32_t { kRun, kEnd, kKill, kLeave } kind = kRun;  // kLeave: the leader has seen to everything
  int32_t epoch = 0;
  char guid[40] = {};
};
struct Report {
  enum Kind : int32_t { kStarted, kNotStarted, kEnded, kOutOfTime, kGone } kind = kStarted;  // kOutOfTime: ended, for the lease's sake
  int32_t value = 0;  // pid; errno; wait status of the two that ended
};

struct GuardianConfig {
  std::string name;
  std::vector<std::string> command;
  Patience patience;
  // The leader is dead and nothing of the command is left: tell the store. May take threads.
  std::function<void(int32_t epoch, const std::string& guid)> release;
};

// The leader's end. Not thread-safe but for board().
class Guardian {
 public:
  static Result<Guardian> start(GuardianConfig config);
  Guardian(Guardian&& other) noexcept;
  Guardian& operator=(Guardian&&) = delete;
  ~Guardian();

  pid_t pid() const { return pid_; }
  int fd() const { return fd_; }  // readable: a report, or the end of the guardian
  Board& board() { return *board_; }
  bool order(const Order& order) const;
  // False: the guardian is gone.
  bool read(Report& report) const;

 private:
  Guardian(pid_t pid, int fd, Board* board) : pid_(pid), fd_(fd), board_(board) {}
  pid_t pid_;
  int fd_;
  Board* board_;
};

}  // namespace baton::lead
