// baton lead: runs a command while, and only while, this process leads a name; shows who leads it; has the leader resign.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands/command.h"
#include "cli/commands/table.h"
#include "cli/lead/runner.h"
#include "cli/lead/words.h"
#include "controller/coordination/zookeeper_store.h"
#include "controller/lead/hosting/asker.h"
#include "controller/lead/view.h"

namespace baton::commands {
namespace {

using json = nlohmann::ordered_json;

constexpr std::chrono::seconds kAnswerWithin(5);
constexpr std::chrono::seconds kResignWithin(30);

struct Options {
  std::string name;
  std::string elector = "zookeeper";
  std::string zookeeper;
  int64_t session_ms = 2000;
  int64_t grace_ms = 0;
  bool again = false, who = false, resign = false, as_json = false;
  std::vector<std::string> command;
};

int usage(const std::string& why) {
  complain({ErrorCode::kInvalidRequest, why});
  return lead::kExitUsage;
}

// The one that is named, else that of the cluster in the directory.
Result<std::string> connect_string(const Session& session, const Options& options) {
  if (!options.zookeeper.empty()) return options.zookeeper;
  Result<cluster::Description> description = session.cluster_directory().load();
  if (description) return description->zookeeper.connect;
  return fail(ErrorCode::kInvalidConfig, "no ZooKeeper is named, and there is no cluster whose it could be: say --zookeeper host:port (" +
                                             description.error().message + ")");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text.substr(0, 200);
}

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

json to_json(const lead::Fields& fields) {
  json object = json::object();
  for (const auto& [key, value] : fields) {
    const auto number = lead::number(fields, key);
    const bool counts = number && (key == "pid" || key == "epoch" || key == "since_ms");
    object[key] = counts ? json(*number) : json(value);
  }
  return object;
}

void print(const std::string& name, const lead::View& view, bool as_json) {
  if (as_json) {
    json queue = json::array();
    for (const lead::Fields& one : view.queue) queue.push_back(to_json(one));
    json whole = {{"name", name},
                  {"leader", view.leader ? to_json(*view.leader) : json(nullptr)},
                  {"epoch", view.epoch == ControllerEpoch() ? json(nullptr) : json(view.epoch.value())},
                  {"lease_ms", view.lease ? json(view.lease->length / std::chrono::milliseconds(1)) : json(nullptr)},
                  {"queue", queue}};
    std::printf("%s\n", whole.dump(2).c_str());
    return;
  }
  if (view.leader) {
    std::printf("%s leads %s, epoch %d, since %s\n", lead::who_of(*view.leader).c_str(), name.c_str(), view.epoch.value(),
                lead::since_of(*view.leader).c_str());
  } else {
    std::printf("Nobody leads %s%s\n", name.c_str(),
                view.known ? fmt::format("; the last epoch was {}", view.epoch.value()).c_str() : ", nor has anybody ever");
  }
  if (view.queue.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"PLACE", "WHO", "ELECTOR", "COMMAND"}};
  for (const lead::Fields& one : view.queue) {
    rows.push_back({std::to_string(rows.size()), lead::who_of(one), lead::field(one, "elector"), lead::field(one, "command")});
  }
  std::printf("\n%s", render_table(rows).c_str());
}

int resign(const lead::Place& place, const lead::View& view, const lead::Question& ask) {
  if (!view.leader) {
    say("Nobody leads " + place.name() + ".");
    return kUnhealthy;
  }
  if (Status wished = lead::wish_resignation(place, view, host_name(), ask); !wished) {
    complain(wished.error());
    return lead::kExitUnavailable;
  }
  const auto deadline = std::chrono::steady_clock::now() + kResignWithin;
  while (std::chrono::steady_clock::now() < deadline) {
    const Result<lead::View> now = lead::look(place, ask);
    if (now && (!now->leader || now->epoch != view.epoch)) {
      say(fmt::format("{} has resigned (epoch {}).", lead::who_of(*view.leader), view.epoch.value()));
      return kOk;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  say(fmt::format("{} has not resigned within {} s: is it stopped, or does its command not end?", lead::who_of(*view.leader),
                  kResignWithin.count()));
  return kUnhealthy;
}

int ask_about(const std::string& connect, const Options& options) {
  auto store = lead::Asker::open(connect, kAnswerWithin);
  if (!store) {
    complain(store.error());
    return lead::kExitUnavailable;
  }
  const lead::Question ask = [&](store::Request request) { return (*store)->ask(std::move(request)); };
  const lead::Place place(options.name);
  const Result<lead::View> view = lead::look(place, ask);
  if (!view) {
    complain(view.error());
    if (view.error().code == ErrorCode::kClusterAuthorizationFailed) return lead::kExitDenied;
    return view.error().code == ErrorCode::kInvalidRequest ? lead::kExitRefused : lead::kExitUnavailable;
  }
  if (options.resign) return resign(place, *view, ask);
  print(options.name, *view, options.as_json);
  return view->leader ? kOk : kUnhealthy;
}

int execute(const Session& session, const Options& options) {
  if (Status name = lead::check_name(options.name); !name) return usage(name.error().message);
  const int wishes = int{options.who} + int{options.resign} + int{!options.command.empty()};
  if (wishes != 1) return usage("say one of: -- COMMAND, --who, --resign");
  const Result<std::string> connect = connect_string(session, options);
  if (!connect) return usage(connect.error().message);
  if (Status sound = store::check_connect_string(*connect); !sound) return usage(sound.error().message);
  if (options.command.empty()) return ask_about(*connect, options);

  lead::RunConfig config;
  config.patience = lead::patience_for(std::chrono::milliseconds(options.session_ms), std::chrono::milliseconds(options.grace_ms));
  config.campaign = {.name = options.name,
                     .elector = options.elector,
                     .who = {{"host", host_name()}, {"pid", std::to_string(getpid())}, {"command", joined(options.command)}},
                     .notice = config.patience.notice(),
                     .connect = *connect,
                     .session = std::chrono::milliseconds(options.session_ms)};
  if (Status sound = lead::check(config.campaign); !sound) return usage(sound.error().message);
  const std::string& program = options.command.front();
  const bool path = program.find('/') != std::string::npos;
  if (path ? access(program.c_str(), X_OK) != 0 && errno == ENOENT : cluster::find_program(program).empty()) {
    complain({ErrorCode::kInvalidRequest, program + ": there is no such program"});
    return lead::kExitNotFound;
  }
  config.command = options.command;
  config.again = options.again;
  config.say = say;
  return lead::run(std::move(config));
}

}  // namespace

void add_lead(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "lead", "Run a command while, and only while, this process leads NAME");
  auto options = std::make_shared<Options>();
  command->add_option("name", options->name, "What is led")->required();
  command->add_option("command", options->command, "After --: what runs while we lead, with BATON_LEADER_EPOCH and BATON_LEADER_NAME set");
  command->add_option("--elector", options->elector, "Who is nominated, the same for all: " + lead::known_electors())
      ->capture_default_str();
  command->add_option("--zookeeper", options->zookeeper, "host:port[,...][/chroot]; that of the cluster in --dir unless given");
  command->add_option("--session", options->session_ms, "Of ZooKeeper, milliseconds; the lease is one and a half of it")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--grace", options->grace_ms,
                   "Milliseconds from SIGTERM to SIGKILL when the lease runs out; a quarter of it unless given")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--again", options->again, "Campaign again after a loss, instead of ending with 75");
  command->add_flag("--who", options->who, "Show who leads and who waits; exit code 1 when nobody leads");
  command->add_flag("--resign", options->resign, "Have the present leader resign, and wait until it has");
  command->add_flag("--json", options->as_json, "With --who: for machines");
  command->footer(
      "Exit codes: that of the command when it ends by itself; 64 usage, 69 no answer from the store, 70 the guardian was lost,\n"
      "75 leadership lost or given up on request, 76 the store holds something else there, 77 the store denies access,\n"
      "126 and 127 the command can not be run or found");
  command->callback([&session, options] { session.exit_code = execute(session, *options); });
}

}  // namespace baton::commands
