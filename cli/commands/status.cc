// baton status: who controls, who lives, who leads. Exit code 0 when all is well, 1 when something ails.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "cli/client/connection.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

struct Options {
  bool json = false, wait = false, watch = false;
  int timeout_s = 60;
};

std::string partition_table(const cluster::ClusterState& state) {
  std::vector<std::vector<std::string>> rows = {{"TOPIC", "PARTITION", "LEADER", "LEADER EPOCH", "REPLICAS", "ISR", ""}};
  constexpr size_t kMost = 200;  // a screen or a few; --json has them all
  for (size_t i = 0; i < std::min(kMost, state.partitions.size()); ++i) {
    const cluster::PartitionState& partition = state.partitions[i];
    std::string note = partition.leader < 0                               ? state.why_leaderless(partition)
                       : partition.isr.size() < partition.replicas.size() ? "under-replicated"
                                                                          : "";
    rows.push_back({partition.topic, std::to_string(partition.partition), partition.leader < 0 ? "none" : std::to_string(partition.leader),
                    std::to_string(partition.leader_epoch), join(partition.replicas), join(partition.isr), note});
  }
  std::string text = state.partitions.empty() ? "No topics yet.\n" : render_table(rows);
  if (state.partitions.size() > kMost) text += fmt::format("... and {} more (--json shows all)\n", state.partitions.size() - kMost);
  return text;
}

std::string for_people(const cluster::ClusterState& state) {
  std::string text = fmt::format("Cluster {}  controller {}  epoch {}", state.cluster_id.empty() ? "(not known yet)" : state.cluster_id,
                                 state.controller_id < 0 ? "none" : std::to_string(state.controller_id), state.controller_epoch);
  if (state.metadata_version > 0) text += fmt::format("  metadata version {}", state.metadata_version);
  if (const std::string why = state.why_no_higher_version(); !why.empty()) text += " (" + why + ")";
  text += "\n\n" + broker_table(state) + "\nBootstrap servers: " + state.bootstrap + "\n\n" + partition_table(state) + "\n";
  std::vector<std::string> ailments = state.ailments();
  for (const std::string& ailment : ailments) text += "! " + ailment + "\n";
  return text + (ailments.empty() ? "Healthy.\n" : "");
}

int status(const Session& session, const Options& options) {
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    client::Deadline deadline = client::after(std::chrono::seconds(options.timeout_s));
    for (;;) {
      cluster::ClusterState state = cluster.state();
      bool healthy = state.ailments().empty();
      bool again = options.watch || (options.wait && !healthy && std::chrono::steady_clock::now() < deadline);
      if (options.watch && !options.json && isatty(1)) std::printf("\033[H\033[2J");
      if (!again || options.watch) {
        // One object a line when it goes on.
        std::printf("%s", (options.json ? cluster::to_json(state, options.watch ? -1 : 2) + "\n" : for_people(state)).c_str());
        std::fflush(stdout);
      }
      if (!again) return healthy ? kOk : kUnhealthy;
      std::this_thread::sleep_for(std::chrono::milliseconds(options.watch ? 1000 : 50));
      if (Status still = cluster.refresh(); !still) return complain(still.error());
    }
  });
}

}  // namespace

void add_status(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "status", "Show the cluster; the exit code is 0 only if it is healthy");
  auto options = std::make_shared<Options>();
  command->add_flag("--json", options->json, "For machines");
  command->add_flag("--wait", options->wait, "Wait until it is healthy");
  command->add_option("--timeout", options->timeout_s, "Seconds that --wait waits")->capture_default_str();
  command->add_flag("--watch", options->watch, "Show it again every second");
  command->callback([&session, options] { session.exit_code = status(session, *options); });
}

}  // namespace baton::commands
