// baton drill: break the cluster on purpose, measure, and count what was lost. Exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE.
#include <cstdio>

#include "base/properties.h"
#include "cli/commands/command.h"
#include "drills/scenarios/hang_leader.h"
#include "drills/scenarios/kill_leader.h"
#include "drills/scenarios/pause_leader.h"
#include "drills/scenarios/saturate.h"

namespace baton::commands {
namespace {

using drills::Report;
using drills::Round;

struct Options {
  drills::KillOptions kill;
  drills::PauseOptions pause;
  drills::HangOptions hang;
  drills::SaturateOptions saturate;
  std::string victim = "leader";
  std::vector<std::string> properties;
  int repeat = 1, pause_ms = 4000;
  bool json = false;
};

int finish(Result<Report> report, const Options& options, const std::string& name, const std::string& command) {
  if (!report) return complain(report.error());
  report->drill = name;
  report->command = command;
  std::printf("%s", (options.json ? to_json(*report) + "\n" : summary_for_people(*report)).c_str());
  return exit_code_of(report->verdict());
}

// With --json the rounds go to standard error, so that standard output holds one object.
std::function<void(const Round&)> teller(const Options& options) {
  return [&options](const Round& round) {
    std::fprintf(options.json ? stderr : stdout, "%s", round_for_people(round).c_str());
    std::fflush(stdout);
  };
}

int kill_drill(cluster::Cluster& cluster, Options& options) {
  static const std::map<std::string, drills::Victim> kVictims = {{"leader", drills::Victim::kLeader},
                                                                 {"controller", drills::Victim::kController},
                                                                 {"follower", drills::Victim::kFollower},
                                                                 {"both", drills::Victim::kBoth}};
  options.kill.victim = kVictims.at(options.victim);
  options.kill.repeat = options.repeat;
  for (const std::string& text : options.properties) {
    auto property = parse_override(text);
    if (!property) return complain(property.error());
    options.kill.producer_settings.insert(*property);
  }
  std::string command = "baton drill kill-leader --victim " + options.victim + " --repeat " + std::to_string(options.repeat);
  return finish(drills::kill_leader(cluster, options.kill, teller(options)), options, "kill-leader (" + options.victim + ")", command);
}

int pause_drill(cluster::Cluster& cluster, Options& options) {
  options.pause.repeat = options.repeat;
  options.pause.pause = std::chrono::milliseconds(options.pause_ms);
  std::string command =
      "baton drill pause-leader --pause-ms " + std::to_string(options.pause_ms) + " --repeat " + std::to_string(options.repeat);
  if (options.pause.each) command += " --each";
  return finish(drills::pause_leader(cluster, options.pause, teller(options)), options, "pause-leader", command);
}

int hang_drill(cluster::Cluster& cluster, Options& options) {
  options.hang.repeat = options.repeat;
  options.hang.controller = options.victim == "both";
  std::string command = "baton drill hang-leader --victim " + options.victim + " --repeat " + std::to_string(options.repeat);
  return finish(drills::hang_leader(cluster, options.hang, teller(options)), options, "hang-leader", command);
}

int saturation_drill(cluster::Cluster& cluster, Options& options) {
  std::string command = "baton drill saturate --for " + std::to_string(options.saturate.time.count()) + "s --burners " +
                        std::to_string(options.saturate.burners) + " --producers " + std::to_string(options.saturate.producers);
  auto told = teller(options);
  return finish(drills::saturate(cluster, options.saturate, say, told), options, "saturate", command);
}

void add_saturate(CLI::App& drill, Session& session, const std::shared_ptr<Options>& options) {
  CLI::App* command = add_command(drill, session, "saturate", "Load every core and see that nobody is taken for dead");
  static const std::map<std::string, int> kUnits = {{"s", 1}, {"m", 60}, {"h", 3600}};
  auto seconds = std::make_shared<int>(static_cast<int>(options->saturate.time.count()));
  command->add_option("--for", *seconds, "How long: 90s, 10m, 1h")
      ->transform(CLI::AsNumberWithUnit(kUnits, CLI::AsNumberWithUnit::CASE_INSENSITIVE, "TIME"))
      ->check(CLI::Range(1, 7 * 24 * 3600))
      ->default_str("10m");
  command->add_option("--burners", options->saturate.burners, "Threads that do nothing but compute")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_option("--producers", options->saturate.producers, "librdkafka producers, beside those that are measured")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--json", options->json, "The report as one JSON object");
  command->callback([&session, options, seconds] {
    options->saturate.time = std::chrono::seconds(*seconds);
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return saturation_drill(cluster, *options); });
  });
}

}  // namespace

void add_drill(CLI::App& program, Session& session) {
  CLI::App* drill = program.add_subcommand("drill", "Break the cluster on purpose and count what was lost");
  drill->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* kill = add_command(*drill, session, "kill-leader", "kill -9 of the leader under load, then its return");
  kill->add_option("--victim", options->victim, "leader, controller, follower, or both (leader and controller in one)")
      ->check(CLI::IsMember({"leader", "controller", "follower", "both"}))
      ->capture_default_str();
  kill->add_option("-X", options->properties, "librdkafka's property=value for the producer; repeatable")->allow_extra_args(false);
  CLI::App* pause = add_command(*drill, session, "pause-leader", "SIGSTOP of the leader for twice the bound of silence, then SIGCONT");
  pause->add_option("--pause-ms", options->pause_ms, "How long it is stopped")->capture_default_str();
  pause->add_flag("--each", options->pause.each, "Every live broker in turn leads and is stopped, --repeat times each");
  CLI::App* hang = add_command(*drill, session, "hang-leader", "SIGSTOP of a supervised leader, which its supervisor has to mend");
  hang->add_option("--victim", options->victim, "leader, or both (leader and controller in one)")
      ->check(CLI::IsMember({"leader", "both"}))
      ->capture_default_str();
  for (CLI::App* command : {kill, pause, hang}) {
    command->add_option("--repeat", options->repeat, "Rounds")->check(CLI::Range(1, 100000))->capture_default_str();
    command->add_flag("--json", options->json, "The report as one JSON object");
  }
  add_saturate(*drill, session, options);
  kill->callback([&session, options] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return kill_drill(cluster, *options); });
  });
  hang->callback([&session, options] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return hang_drill(cluster, *options); });
  });
  pause->callback([&session, options] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return pause_drill(cluster, *options); });
  });
}

}  // namespace baton::commands
