#include "broker/supervision/lifeline.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace baton::supervision {
namespace {

constexpr int kFirst = 3;  // behind standard input, output and error

void close_range(unsigned first, unsigned last) {
  if (first <= last) syscall(SYS_close_range, first, last, 0U);
}

}  // namespace

void Lifeline::tie(pid_t parent, int pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before it was asked for; the child is then another's.
  if (getppid() != parent) kill(getpid(), SIGKILL);
  const auto kept = static_cast<unsigned>(pipe);
  if (kept > kFirst) close_range(kFirst, kept - 1);
  close_range(kept + 1, ~0U);
  pipe_ = pipe;
}

}  // namespace baton::supervision
