// The threads of a process as /proc shows them: state, and what the scheduler has counted. Thread-safe.
#pragma once

#include <sys/types.h>

#include <vector>

#include "broker/supervision/judgement/stall.h"

namespace baton::supervision {

// Threads that end meanwhile are left out; nothing where there is no such process.
std::vector<ThreadSample> threads_of(pid_t process);

}  // namespace baton::supervision
