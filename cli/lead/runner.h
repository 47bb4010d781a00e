// `baton lead NAME -- COMMAND`: campaigns, has the guardian run the command while it leads, and ends with an exit code that says why.
//
// Threading: run() takes the calling thread, which must be the only one so far.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/lead/sentence.h"
#include "controller/lead/hosting/campaigner.h"

namespace baton::lead {

// As sysexits.h numbers them, where it has a number.
inline constexpr int kExitUsage = 64;        // a bad name, elector, time or combination
inline constexpr int kExitUnavailable = 69;  // no answer from the store
inline constexpr int kExitGuardian = 70;     // the guardian died or hung: the command was killed
inline constexpr int kExitLost = 75;         // the leadership was lost, or given up on request, before the command had ended
inline constexpr int kExitRefused = 76;      // the store holds something else there
inline constexpr int kExitDenied = 77;       // the store denies access
inline constexpr int kExitNotExecutable = 126, kExitNotFound = 127;

struct RunConfig {
  CampaignerConfig campaign;  // its notice comes from `patience`
  Patience patience;
  std::vector<std::string> command;
  bool again = false;                           // after a loss
  std::function<void(const std::string&)> say;  // a line for people
};

// The defaults, from the session that is asked for.
Patience patience_for(Duration session, Duration grace);

int run(RunConfig config);

}  // namespace baton::lead
