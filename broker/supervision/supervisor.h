// The supervisor: a small process without threads, store or big memory that runs the broker as its child. It starts the broker
// anew when it dies (with back-off), reports the death as proof (R6) once waitpid has returned, and passes signals on.
//
// A broker that hangs (judgement/stall.h) it kills, if it may (executioner.h): then the death is proven, long before silence would
// tell of it. It looks a few times within the stall time-out, and makes nothing of a look for which it was late itself.
//
// What ends it, with the broker's own exit code: an orderly end; a broker that refused its configuration, that is, ended before
// any life of it was healthy; SIGTERM and SIGINT, which are passed on and waited for. After kHoldSignal the broker is not
// started anew: whoever is about to kill it for good says so first, and signals are taken in before a death is acted upon.
//
// Threading: by the process's only thread, before any other is started.
#pragma once

#include <csignal>
#include <functional>

#include "broker/supervision/board.h"
#include "broker/supervision/judgement/backoff.h"
#include "broker/supervision/lifeline.h"

namespace baton::supervision {

inline constexpr int kHoldSignal = SIGUSR2;

struct SupervisorConfig {
  BackoffConfig backoff;
  StallConfig stall;
};

// What a supervised broker gets from its supervisor.
struct Supervised {
  Board& board;
  Lifeline lifeline;
};

// Takes over the process. `broker` runs in a child, as often as need be, and its result is the child's exit code; the result is
// what this process is to exit with. REQUIRES: SIGTERM, SIGINT, SIGCHLD and kHoldSignal are blocked; the broker runs with
// kHoldSignal and SIGCHLD unblocked.
int supervise(const SupervisorConfig& config, const std::function<int(Supervised)>& broker);

}  // namespace baton::supervision
