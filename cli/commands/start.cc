// baton start: one process that was killed comes back.
#include <fmt/format.h>

#include "cli/commands/command.h"

namespace baton::commands {

void add_start(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "start", "Start a broker or a controller that is down, and wait until it is live");
  auto id = std::make_shared<int>(-1);
  command->add_option("broker", *id, "The broker's or controller's id")->required();
  command->callback([&session, id] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) {
      if (Status started = cluster.start_broker(*id); !started) return complain(started.error());
      if (Status ready = cluster.wait_until_ready(std::chrono::seconds(60)); !ready) return complain(ready.error());
      say(fmt::format("{} is live (pid {}).", capital(cluster::name_of_process(*id)), cluster.description().process(*id)->own().pid));
      return kOk;
    });
  });
}

}  // namespace baton::commands
