// baton leader: move leaderships by hand. Every move is planned: the leader gives its word first, so nothing that was acknowledged
// is at stake. Exit code 0 when every partition is led as asked, 1 when one is not.
#include <fmt/format.h>

#include <cstdio>

#include "cli/cluster/controller_request.h"
#include "cli/commands/command.h"
#include "cli/commands/partition_name.h"

namespace baton::commands {
namespace {

struct Options {
  std::vector<std::string> partitions;
  int to = -1;
  int64_t hold_ms = 0;  // 0: until ordered otherwise
  int64_t bar_ms = 60'000;
  bool all = false, unclean = false;
};

// A move takes some milliseconds; the controller gives up after five seconds.
constexpr std::chrono::seconds kAtMost(15);

void add_time(CLI::App* command, const std::string& name, int64_t& into, const std::string& description) {
  static const std::map<std::string, int64_t> kUnits = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  command->add_option(name, into, description)
      ->transform(CLI::AsNumberWithUnit(kUnits, CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"))
      ->check(CLI::Range(int64_t{1}, int64_t{366} * 86'400'000));
}

std::string told(const control::MoveResult& result) {
  const std::string name = fmt::format("{}-{}", result.topic(), result.partition());
  const auto error = static_cast<ErrorCode>(result.error());
  const std::string leader = result.leader() < 0 ? "nobody" : fmt::format("broker {}", result.leader());
  if (error == ErrorCode::kNone) return fmt::format("{}: {} leads, leader epoch {}", name, leader, result.leader_epoch());
  if (error == ErrorCode::kElectionNotNeeded)
    return fmt::format("{}: {} leads already, leader epoch {}", name, leader, result.leader_epoch());
  return fmt::format("{}: {} ({}). {}", name, leader == "nobody" ? "nobody leads" : leader + " leads as before", name_of(error),
                     result.message());
}

int report(const control::MoveResults& results, bool all) {
  bool good = true;
  for (const control::MoveResult& result : results.partitions()) {
    const auto error = static_cast<ErrorCode>(result.error());
    good &= error == ErrorCode::kNone || error == ErrorCode::kElectionNotNeeded;
    std::printf("%s\n", told(result).c_str());
  }
  if (all && results.partitions().empty()) std::printf("Every partition is led by its preferred replica already.\n");
  return good ? kOk : kUnhealthy;
}

int move(const Session& session, const Options& options, control::MoveLeaders::Kind kind, int64_t lasting_ms) {
  control::Request request;
  control::MoveLeaders& wanted = *request.mutable_move_leaders();
  wanted.set_kind(kind);
  wanted.set_to(options.to);
  wanted.set_all(options.all);
  wanted.set_lasting_ms(lasting_ms);
  for (const std::string& text : options.partitions) {
    Result<control::PartitionName> name = parse_partition(text);
    if (!name) return complain(name.error());
    *wanted.add_partitions() = *name;
  }
  if (!options.all && options.partitions.empty())
    return complain({ErrorCode::kInvalidRequest, "name partitions (TOPIC-NUMBER), or say --all"});
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    Result<control::Response> answer = cluster::ask_controller(cluster.description(), request, client::after(kAtMost));
    return answer ? report(answer->move_leaders(), options.all) : complain(answer.error());
  });
}

CLI::App* add(CLI::App* leader, Session& session, Options& options, const std::string& name, const std::string& description) {
  CLI::App* command = add_command(*leader, session, name, description);
  command->add_option("partition", options.partitions, "Partitions: TOPIC-NUMBER");
  return command;
}

}  // namespace

void add_leader(CLI::App& program, Session& session) {
  CLI::App* leader = program.add_subcommand("leader", "Move leaderships by hand, without losing anything");
  leader->require_subcommand(1);
  add_leader_why(*leader, session);
  auto options = std::make_shared<Options>();

  CLI::App* command = add(leader, session, *options, "move", "Have another replica lead; it stays so until ordered otherwise");
  command->add_option("--to", options->to, "The broker that is to lead")->required();
  add_time(command, "--for", options->hold_ms, "Only for this long (10m, 90s): then leadership returns by itself");
  command->callback([&session, options] { session.exit_code = move(session, *options, control::MoveLeaders::NAMED, options->hold_ms); });

  command = add(leader, session, *options, "step-down", "Have another replica than the present leader lead");
  add_time(command, "--bar", options->bar_ms, "How long the one that steps down does not lead again, if another can; 60s by default");
  command->callback([&session, options] { session.exit_code = move(session, *options, control::MoveLeaders::STEP_DOWN, options->bar_ms); });

  command = add(leader, session, *options, "elect", "Have the preferred replicas lead, and take back what was ordered before");
  command->add_flag("--all", options->all, "Of every partition");
  command->add_flag("--unclean", options->unclean,
                    "Where nobody leads: let a replica lead that may lack acknowledged records. They are lost then");
  command->callback([&session, options] {
    session.exit_code = move(session, *options, options->unclean ? control::MoveLeaders::UNCLEAN : control::MoveLeaders::PREFERRED, 0);
  });
}

}  // namespace baton::commands
