// The descendants of a process, found in /proc and signalled by pidfd, so that a recycled pid is never hit. Who has become a subreaper
// inherits what its descendants leave behind, daemons that forked twice and took a session of their own included: so long as the
// subreaper lives, none of them leaves its kin.
//
// A process that forks faster than /proc is read can outrun one look; it is found by the next, as its orphans come to the subreaper.
// Not thread-safe.
#pragma once

#include <sys/types.h>

#include <vector>

namespace baton::lead {

// Children, their children, and so on. A process that has ended and was not awaited yet is left out.
std::vector<pid_t> descendants_of(pid_t ancestor);
// To each descendant of `ancestor`, save `spared` and its descendants (0: nobody). How many were there.
size_t signal_descendants(pid_t ancestor, int signal, pid_t spared = 0);
// Awaits all that have ended. False: this process has no child any more, running or ended.
bool reap(void (*ended)(void* context, pid_t pid, int status), void* context);

}  // namespace baton::lead
