// Processes of a cluster that outlive the command that started them. A process is named by pid *and* start time *and*
// boot, so that a recycled pid is never taken for it, let alone signalled. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace baton::cluster {

struct ProcessId {
  pid_t pid = -1;            // -1: never started
  uint64_t start_ticks = 0;  // since boot, /proc/PID/stat field 22
  std::string boot_id;       // /proc/sys/kernel/random/boot_id

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// The identity of a running process; pid -1 if there is none (a zombie counts as none).
ProcessId identify(pid_t pid);
bool alive(const ProcessId& process);
// The one child of that very process; pid -1: it has none.
ProcessId child_of(const ProcessId& process);
// False when that very process is not there any more. Safe against a pid that is recycled meanwhile (pidfd).
bool send_signal(const ProcessId& process, int signal);
// True as soon as it is gone, false when it is still there at the deadline.
bool wait_until_gone(const ProcessId& process, std::chrono::milliseconds at_most);

// Starts a program in a session of its own, detached from the caller: standard input is /dev/null, output and error are
// appended to `log`. argv[0] is a path or is looked up in PATH. Errors: the program or the log cannot be opened.
Result<ProcessId> start_daemon(const std::vector<std::string>& argv, const std::string& log, const std::string& directory);

// The path of a program in PATH, or empty.
std::string find_program(const std::string& name);

}  // namespace baton::cluster
