// baton rolling-restart: every broker anew, one at a time, without anybody noticing. Exit codes as a drill's.
#include <cstdio>

#include "cli/commands/command.h"
#include "drills/scenarios/rolling_restart.h"

namespace baton::commands {

void add_rolling_restart(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "rolling-restart",
                                  "Restart every broker, one at a time and only when it is safe, the controller last; tells the worst gap");
  struct Options {
    int timeout_s = 300;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--timeout", options->timeout_s, "Seconds that a broker may take to become safe to stop, and to be in sync again")
      ->check(CLI::Range(1, 24 * 3600))
      ->capture_default_str();
  command->add_flag("--json", options->json, "The report as one JSON object");
  command->callback([&session, options] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) {
      auto told = [&](const drills::Round& round) {
        std::fprintf(options->json ? stderr : stdout, "%s", drills::round_for_people(round).c_str());
        std::fflush(stdout);
      };
      auto report = drills::rolling_restart(cluster, {std::chrono::seconds(options->timeout_s)}, say, told);
      if (!report) return complain(report.error());
      report->drill = "rolling-restart";
      report->command = "baton rolling-restart";
      std::printf("%s", (options->json ? to_json(*report) + "\n" : summary_for_people(*report)).c_str());
      return exit_code_of(report->verdict());
    });
  });
}

}  // namespace baton::commands
