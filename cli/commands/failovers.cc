// baton failovers: what the controller's flight recorder holds, the newest last.
#include <cstdio>
#include <map>
#include <thread>

#include "cli/cluster/controller_request.h"
#include "cli/cluster/failovers.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

constexpr std::chrono::seconds kPatience(5);
constexpr std::chrono::milliseconds kBetweenLooks(500);

struct Options {
  bool last = false, json = false, watch = false;
};

Result<control::FailoverHistory> history(const cluster::Cluster& cluster, const Options& options) {
  control::Request request;
  request.mutable_query_failovers()->set_last(options.last ? 1 : 0);
  Result<control::Response> answer = cluster::ask_controller(cluster.description(), request, client::after(kPatience));
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->has_failovers()) return fail(ErrorCode::kUnsupportedVersion, "the controller keeps no history: it is of an older release");
  return std::move(*answer->mutable_failovers());
}

std::string for_people(const control::FailoverHistory& history, const Options& options) {
  if (history.records().empty()) return "Nothing yet.\n";
  if (options.last) return cluster::failover_timeline(*history.records().rbegin());
  std::vector<std::vector<std::string>> rows = {cluster::failover_columns()};
  for (const control::FailoverRecord& record : history.records()) rows.push_back(cluster::failover_row(record));
  return render_table(rows);
}

// One object a line; while it goes on, those that are new or have changed.
std::string for_machines(const control::FailoverHistory& history, std::map<int64_t, std::string>& said) {
  std::string text;
  for (const control::FailoverRecord& record : history.records()) {
    std::string line = cluster::failover_json(record);
    if (said[record.id()] == line) continue;
    text += line + "\n";
    said[record.id()] = std::move(line);
  }
  return text;
}

int failovers(const Session& session, const Options& options) {
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    std::map<int64_t, std::string> said;
    std::string shown;
    for (;;) {
      Result<control::FailoverHistory> found = history(cluster, options);
      if (!found && !options.watch) return complain(found.error());
      std::string text = !found ? shown : options.json ? for_machines(*found, said) : for_people(*found, options);
      if (options.json || text != shown) std::printf("%s%s", options.watch && !options.json ? "\033[H\033[2J" : "", text.c_str());
      std::fflush(stdout);
      if (!options.json) shown = text;
      if (!options.watch) return kOk;
      std::this_thread::sleep_for(kBetweenLooks);
      if (Status still = cluster.refresh(); !still) return complain(still.error());
    }
  });
}

}  // namespace

void add_failovers(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "failovers",
                                  "Show each election and each broker's death that the controllers have seen, stage by stage");
  auto options = std::make_shared<Options>();
  command->add_flag("--last", options->last, "The latest one alone, as a timeline");
  command->add_flag("--json", options->json, "For machines: one object a line");
  command->add_flag("--watch", options->watch, "Go on; with --json, a line for each that is new or has changed");
  command->callback([&session, options] { session.exit_code = failovers(session, *options); });
}

}  // namespace baton::commands
