// baton up: a cluster that is ready when the command returns; repairs one that is there.
#include <fmt/format.h>

#include <cstdio>

#include "base/properties.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

struct Options {
  int brokers = 0, controllers = -1, port_base = 0;
  std::string zookeeper;
  std::vector<std::string> settings;
  bool json = false;
};

Result<cluster::UpOptions> up_options(const Options& given) {
  cluster::UpOptions options;
  if (given.brokers != 0) options.brokers = given.brokers;
  if (given.controllers >= 0) options.controllers = given.controllers;
  if (given.port_base != 0) options.port_base = given.port_base;
  if (!given.zookeeper.empty()) options.zookeeper = given.zookeeper;
  for (const std::string& text : given.settings) {
    auto setting = parse_override(text);
    if (!setting) return tl::unexpected(setting.error());
    options.settings.insert(*setting);
  }
  return options;
}

void print_for_people(const Session& session, const cluster::ClusterState& state) {
  std::printf("\n%s\n", broker_table(state).c_str());
  std::printf("Bootstrap servers: %s\n\n", state.bootstrap.c_str());
  std::printf("Produce a line:    echo hello | kcat -P -b %s -t greetings\n", state.bootstrap.c_str());
  std::printf("Consume them all:  kcat -C -b %s -t greetings -e\n", state.bootstrap.c_str());
  std::printf("Then:              %s    %s    %s\n", session.next("status").c_str(), session.next("drill kill-leader").c_str(),
              session.next("down").c_str());
}

int up(const Session& session, const Options& given) {
  Result<cluster::UpOptions> options = up_options(given);
  if (!options) return complain(options.error());
  cluster::Directory directory = session.cluster_directory();
  bool known = directory.holds_cluster();
  std::vector<std::string> warnings;
  Result<cluster::Cluster> cluster = cluster::Cluster::open_or_create(directory, *options, &warnings);
  if (!cluster) return complain(cluster.error());
  for (const std::string& warning : warnings) say("--set " + warning);
  Result<std::vector<std::string>> started = cluster->start_missing(say);
  if (!started) {
    // Nothing was started and nothing was known: leave no trace.
    if (!known && !directory.holds_cluster()) directory.purge();
    return complain(started.error());
  }
  if (!started->empty()) say("Waiting until all brokers are registered and a controller is elected");
  if (Status ready = cluster->wait_until_ready(std::chrono::seconds(60)); !ready) return complain(ready.error());
  if (known && started->empty()) {
    say("The cluster in " + directory.path().string() + " is up already.");
  } else if (known) {
    std::string what;
    for (const std::string& name : *started) what += (what.empty() ? "" : ", ") + name;
    say("Started again: " + what);
  }
  for (const cluster::BrokerEntry* entry : cluster->description().processes()) {
    if (!entry->held) continue;
    say(fmt::format("{} stays down since `baton kill`; bring it back with: {}", capital(cluster::name_of_process(entry->id)),
                    session.next("start " + std::to_string(entry->id))));
  }
  cluster::ClusterState state = cluster->state();
  if (given.json) {
    std::printf("%s\n", cluster::to_json(state).c_str());
  } else {
    print_for_people(session, state);
  }
  return kOk;
}

}  // namespace

void add_up(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "up", "Start a cluster, or what is missing of it, and wait until it is ready");
  auto options = std::make_shared<Options>();
  command->add_option("--brokers", options->brokers, "How many brokers (3)");
  command->add_option("--controllers", options->controllers,
                      "So many controllers of their own, ids from 101; the brokers are no candidates then (0: every broker is one)");
  command->add_option("--port-base", options->port_base,
                      "Brokers listen from this port on; control listeners from P+100, ZooKeeper on P+99, metrics from P+200, controllers "
                      "from P+300 (9092)");
  command->add_option("--zookeeper", options->zookeeper,
                      "Use this ZooKeeper, host:port[,host:port...][/chroot], instead of one of its own");
  command->add_option("--set", options->settings, "key=value for every broker's properties; repeatable")->allow_extra_args(false);
  command->add_flag("--json", options->json, "Print what `status --json` prints");
  command->callback([&session, options] { session.exit_code = up(session, *options); });
}

}  // namespace baton::commands
