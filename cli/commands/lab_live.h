// The part of `baton lab show` that asks a real cluster.
#pragma once

#include <string>

#include "cli/commands/command.h"

namespace baton::commands {

struct LiveOptions {
  bool all = false;  // everything that the candidates remember, not the last election alone
  std::string html;  // also to this file; empty: not
};

// Returns the command's exit code.
int lab_show_live(const Session& session, const LiveOptions& options);

}  // namespace baton::commands
