// baton down: stop everything in good order; with --purge remove the data too.
#include "cli/commands/command.h"

namespace baton::commands {

void add_down(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "down", "Stop the cluster; its data stays unless --purge");
  auto purge = std::make_shared<bool>(false);
  command->add_flag("--purge", *purge, "Remove the data as well");
  command->callback([&session, purge] {
    cluster::Directory directory = session.cluster_directory();
    if (*purge && !directory.holds_cluster()) {
      say("There is no cluster in " + directory.path().string() + ": nothing to do.");
      return;
    }
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) {
      if (Status stopped = cluster.stop(say); !stopped) return complain(stopped.error());
      if (*purge) directory.purge();
      say(*purge ? "The cluster is down and its data is removed." : "The cluster is down. Its data stays: `baton up` starts it again.");
      return kOk;
    });
  });
}

}  // namespace baton::commands
