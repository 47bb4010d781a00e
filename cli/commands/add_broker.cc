// baton add-broker: one more broker, with the next id.
#include <fmt/format.h>

#include "cli/commands/command.h"

namespace baton::commands {

void add_add_broker(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "add-broker", "Add a broker to the running cluster");
  command->callback([&session] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) {
      Result<int> id = cluster.add_broker();
      if (!id) return complain(id.error());
      if (Status ready = cluster.wait_until_ready(std::chrono::seconds(60)); !ready) return complain(ready.error());
      const cluster::BrokerEntry* entry = cluster.description().broker(*id);
      say(fmt::format("Broker {} is live at 127.0.0.1:{} (pid {}).", *id, entry->port, entry->own().pid));
      return kOk;
    });
  });
}

}  // namespace baton::commands
