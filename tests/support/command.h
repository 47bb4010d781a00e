// A shell command, run to its end, with what it said.
#pragma once

#include <string>

namespace baton::support {

struct CommandOutcome {
  int code = -1;  // -1: ended by a signal
  std::string out, error;
};

// `line` is the shell's; standard output and error are kept apart.
CommandOutcome run_command(const std::string& line);

// The whole of a file; empty when it is not there.
std::string text_of(const std::string& path);

}  // namespace baton::support
