// baton-broker FILE [--override key=value]...: one broker, or by process.roles one controller alone, until SIGTERM or SIGINT; under a
// supervisor if it is to be (see broker/supervision/supervisor.h), which is then this process, and the other its child.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/logging.h"
#include "base/properties.h"
#include "broker/broker.h"
#include "broker/controller_host.h"
#include "broker/supervision/supervisor.h"

namespace {

constexpr int kFailed = 1;

int fail_with(const baton::Error& error) {
  baton::log::error("{}", error.message);
  return kFailed;
}

baton::Result<baton::BrokerConfig> configure(const std::string& file, const std::vector<std::string>& overrides) {
  auto properties = baton::read_properties_file(file);
  if (!properties) return tl::unexpected(properties.error());
  for (auto& text : overrides) {
    auto pair = baton::parse_override(text);
    if (!pair) return tl::unexpected(pair.error());
    (*properties)[pair->first] = pair->second;
  }
  // Of keys that are unknown or without effect the partition manager warns, which gets them all, too.
  auto settings = baton::Settings::parse(*properties, nullptr);
  if (!settings) return tl::unexpected(settings.error());
  return baton::BrokerConfig::make(std::move(*settings));
}

// A file for each log: thousands of partitions need more than the 1024 that a shell gives.
void take_all_files_allowed() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) baton::log::warn("the limit of open files stays as it is");
}

bool is_broker(const baton::BrokerConfig& config) {
  const std::vector<std::string> roles = config.settings.list("process.roles");
  return std::find(roles.begin(), roles.end(), "broker") != roles.end();
}

// Until a signal.
template <class Host>
int serve(baton::Result<std::unique_ptr<Host>> host, const sigset_t& signals) {
  if (!host) return fail_with(host.error());
  int signal = 0;
  sigwait(&signals, &signal);
  // The reason has been logged. Nothing is handed over, and logs are left as after a crash.
  if (signal == baton::Broker::kFatalSignal) ::_exit(kFailed);
  // A second signal ends the process at once: its logs are recovered as after a crash.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*host)->shut_down();
  return EXIT_SUCCESS;
}

// Until SIGTERM or SIGINT; the result is what the process exits with.
int run(baton::BrokerConfig config, baton::supervision::Supervised* supervised) {
  // Taken by sigwait below; every thread started from here on inherits the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, baton::Broker::kFatalSignal}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
  take_all_files_allowed();
  if (is_broker(config)) return serve(baton::Broker::start(std::move(config), supervised), signals);
  return serve(baton::ControllerHost::start(std::move(config), supervised), signals);
}

// Before anything else is done, so that no signal finds the process without an answer.
void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGCHLD, baton::Broker::kFatalSignal, baton::supervision::kHoldSignal}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
  block_signals();
  CLI::App app("A broker of a Baton cluster: speaks Kafka's protocol, and leads the partitions that its controller gives it.");
  std::string file;
  std::vector<std::string> overrides;
  app.add_option("FILE", file, "the broker's configuration, broker.properties")->required();
  app.add_option("--override", overrides, "key=value, over what FILE says; may be repeated")->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);

  auto config = configure(file, overrides);
  if (!config) return fail_with(config.error());
  if (!config->settings.flag("broker.supervised")) return run(std::move(*config), nullptr);
  baton::supervision::SupervisorConfig supervision;
  supervision.stall.timeout = std::chrono::milliseconds(config->settings.integer("leader.stall.timeout.ms"));
  return baton::supervision::supervise(supervision, [&](baton::supervision::Supervised supervised) { return run(*config, &supervised); });
}
