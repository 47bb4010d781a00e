// The broker's end of its tie to the supervisor: a broker whose supervisor is gone would hang unseen and be started twice, so it
// dies with it. The kernel sees to that (PR_SET_PDEATHSIG), and so does a pipe whose other end only the supervisor holds, since
// the kernel forgets the wish in some cases (a change of credentials) and asks about the parent thread, not the process.
//
// Threading: tie() by the child's only thread right after the fork; severed_fd() is read by whoever polls it.
#pragma once

#include <sys/types.h>

namespace baton::supervision {

class Lifeline {
 public:
  // Ends this process at once if `parent` is gone already. `pipe`: the reading end; every other inherited descriptor is closed.
  void tie(pid_t parent, int pipe);
  // Readable once the supervisor is gone; -1: not tied.
  int severed_fd() const { return pipe_; }

 private:
  int pipe_ = -1;
};

}  // namespace baton::supervision
