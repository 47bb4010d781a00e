// baton kill: a signal for one broker, or one controller. After a deadly one it stays down until `baton start`.
#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include <charconv>

#include "cli/cluster/process.h"
#include "cli/commands/command.h"

namespace baton::commands {
namespace {

// 9, KILL and SIGKILL alike; 0 when there is no such signal.
int signal_number(std::string name) {
  int number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number > 0 && number < NSIG ? number : 0;
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (number = 1; number < NSIG; ++number) {
    const char* abbreviation = sigabbrev_np(number);
    if (abbreviation != nullptr && name == abbreviation) return number;
  }
  return 0;
}

int kill_broker(const Session& session, cluster::Cluster& cluster, int id, const std::string& name) {
  int number = signal_number(name);
  if (number == 0) return complain({ErrorCode::kInvalidRequest, "there is no signal " + name});
  const cluster::BrokerEntry* entry = cluster.description().process(id);
  const std::string who = cluster::name_of_process(id);
  cluster::ProcessId process = entry ? entry->own() : cluster::ProcessId{};
  if (Status sent = cluster.signal_broker(id, number); !sent) return complain(sent.error());
  if (!cluster.description().process(id)->held) {
    say(fmt::format("Sent SIG{} to {} (pid {}).", sigabbrev_np(number), who, process.pid));
    return kOk;
  }
  // Its supervisor too, which has nothing left to do.
  if (!cluster::wait_until_gone(process, std::chrono::seconds(30)) ||
      !cluster::wait_until_gone(cluster.description().process(id)->process, std::chrono::seconds(30))) {
    return complain(
        {ErrorCode::kRequestTimedOut, fmt::format("{} (pid {}) still runs 30 s after SIG{}", who, process.pid, sigabbrev_np(number))});
  }
  say(fmt::format("{} (pid {}) is gone. Bring it back with: {}", capital(who), process.pid, session.next("start " + std::to_string(id))));
  return kOk;
}

}  // namespace

void add_kill(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "kill", "Kill a broker or a controller (kill -9); it stays down until `baton start`");
  struct Options {
    int id = -1;
    std::string signal = "KILL";
  };
  auto options = std::make_shared<Options>();
  command->add_option("broker", options->id, "The broker's or controller's id")->required();
  command->add_option("-s,--signal", options->signal, "Another signal, by name or number: TERM, STOP, CONT")->capture_default_str();
  command->callback([&session, options] {
    session.exit_code =
        with_cluster(session, [&](cluster::Cluster& cluster) { return kill_broker(session, cluster, options->id, options->signal); });
  });
}

}  // namespace baton::commands
