// baton topic reassignments: what is on its way to other brokers, and how far it is.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/client/reassignments.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

std::string known(int64_t count) {
  return count < 0 ? "?" : std::to_string(count);
}

std::string megabytes(int64_t bytes) {
  return bytes < 0 ? "?" : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string progress(const client::Reassignment& of, const client::AddedReplica& replica) {
  if (replica.in_sync) return "in sync";
  return fmt::format("{} of {}, {} records behind", megabytes(replica.bytes), megabytes(of.leader_bytes), known(replica.records_behind));
}

void print_table(const std::vector<client::Reassignment>& all) {
  std::vector<std::vector<std::string>> rows = {{"PARTITION", "LEADER", "REPLICAS", "REMOVING", "ADDING", "PROGRESS"}};
  for (auto& each : all) {
    std::vector<std::string> row = {fmt::format("{}-{}", each.topic, each.partition),
                                    each.leader < 0 ? "none" : std::to_string(each.leader), join(each.replicas), join(each.removing)};
    if (each.adding.empty()) rows.push_back({row[0], row[1], row[2], row[3], "none", "-"});
    for (auto& replica : each.adding) {
      rows.push_back({row[0], row[1], row[2], row[3], std::to_string(replica.broker), progress(each, replica)});
    }
  }
  std::printf("%s", render_table(rows).c_str());
}

// One object a line; what is not known is null.
void print_json(const std::vector<client::Reassignment>& all) {
  using nlohmann::json;
  auto number = [](int64_t value) { return value < 0 ? json() : json(value); };
  for (auto& each : all) {
    json adding = json::array();
    for (auto& replica : each.adding) {
      adding.push_back({{"broker", replica.broker},
                        {"in_sync", replica.in_sync},
                        {"bytes", number(replica.bytes)},
                        {"bytes_left", number(each.bytes_left(replica))},
                        {"records_behind", number(replica.records_behind)}});
    }
    const json line = {{"topic", each.topic},       {"partition", each.partition}, {"leader", number(each.leader)},
                       {"replicas", each.replicas}, {"removing", each.removing},   {"adding", adding}};
    std::printf("%s\n", line.dump().c_str());
  }
}

int reassignments(const cluster::Cluster& cluster, bool as_json) {
  auto all = client::reassignments(cluster.description().bootstrap(), client::after(std::chrono::seconds(20)));
  if (!all) return complain(all.error());
  if (as_json) {
    print_json(*all);
  } else if (all->empty()) {
    std::printf("No partition is being reassigned.\n");
  } else {
    print_table(*all);
  }
  return kOk;
}

}  // namespace

void add_topic_reassignments(CLI::App& topic, Session& session) {
  CLI::App* command = add_command(topic, session, "reassignments", "Show which partitions move to other brokers, and how far they are");
  auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "One object a line");
  command->callback([&session, as_json] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return reassignments(cluster, *as_json); });
  });
}

}  // namespace baton::commands
