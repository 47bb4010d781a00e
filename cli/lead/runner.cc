#include "cli/lead/runner.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutex>
#include <optional>

#include "cli/lead/guardian.h"
#include "cli/lead/kin.h"
#include "cli/lead/told.h"
#include "cli/lead/words.h"
#include "controller/lead/hosting/release.h"
#include "controller/lead/view.h"

namespace baton::lead {
namespace {

constexpr std::chrono::seconds kFirstContact(10);
constexpr std::chrono::seconds kProgress(5);
constexpr std::chrono::milliseconds kLook(100);

class Runner {
 public:
  Runner(RunConfig config, Guardian guardian) : config_(std::move(config)), guardian_(std::move(guardian)), told_(guardian_.board()) {}

  int run() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, nullptr);  // before there is a thread
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    campaigner_ = std::make_unique<Campaigner>(config_.campaign, told_.callbacks());
    begun_at_ = clock_.now();
    tell_at_ = begun_at_ + std::chrono::seconds(1);
    while (!exit_code_) {
      pollfd entries[] = {{guardian_.fd(), POLLIN, 0}, {signals_, POLLIN, 0}, {told_.fd(), POLLIN, 0}};
      poll(entries, 3, static_cast<int>(next_look() / std::chrono::milliseconds(1)));
      if (entries[2].revents != 0) told_.take([this](const auto& decision) { on(decision); });
      if (entries[0].revents != 0) take_report();
      if (entries[1].revents != 0) take_signals();
      look();
    }
    campaigner_->close();
    guardian_.order({Order::kLeave, 0, {}});
    return *exit_code_;
  }

 private:
  void on(const Connected& connected) {
    connected_ = connected.on;
    if (!connected_ || std::exchange(checked_, true)) return;
    const Result<View> view = this->view();
    if (!view) return;  // the campaign itself will say what is wrong
    for (const Fields& one : view->queue) {
      const std::string elector = field(one, "elector");
      if (field(one, "guid") == campaigner_->guid() || elector.empty() || elector == config_.campaign.elector) continue;
      config_.say(fmt::format("baton: {} is elected by '{}' among those who campaign now: say --elector {}", config_.campaign.name, elector,
                              elector));
      exit_code_ = kExitUsage;
    }
  }

  void on(const Lead& lead) {
    const std::string& guid = campaigner_->guid();
    Order order{Order::kRun, lead.epoch.value(), {}};
    memcpy(order.guid, guid.data(), std::min(guid.size(), sizeof order.guid - 1));
    config_.say(fmt::format("leading {}, epoch {}", config_.campaign.name, lead.epoch.value()));
    running_ = true;
    why_.reset();
    own_end_.reset();
    guardian_.order(order);
  }

  void on(const Stop& stop) {
    why_ = stop.reason;
    guardian_.order({Order::kEnd, 0, {}});
  }

  void on(const Ended& ended) {
    if (exit_code_ || own_end_) return;
    const std::string why = ended.reason == Reason::kAsked ? "given up on request" : ended.released ? "given up" : "lost";
    config_.say(fmt::format("{}, epoch {}: {}", config_.campaign.name, ended.epoch.value(), why));
    if (!config_.again) exit_code_ = kExitLost;
    tell_at_ = clock_.now() + std::chrono::seconds(1);
  }

  void on(const Refused& refused) {
    config_.say("baton: " + refused.why);
    refusal_ = refused.denied ? kExitDenied : kExitRefused;
    if (!running_) exit_code_ = refusal_;
  }

  void take_report() {
    Report report;
    if (!guardian_.read(report)) return guardian_lost("it died");
    switch (report.kind) {
      case Report::kStarted:
        return;
      case Report::kNotStarted:
        config_.say(fmt::format("baton: {}: {}", config_.command.front(), strerror(report.value)));
        own_end_ = report.value == ENOENT ? kExitNotFound : kExitNotExecutable;
        return;
      case Report::kOutOfTime:
        // Known here first when this process was stopped: it has yet to hear that it lost.
        killed_ = true;
        return;
      case Report::kEnded:
        // Its own end, or one that was asked for here; not one that a loss brought about.
        if (why_ || killed_) return;
        own_end_ = WIFSIGNALED(report.value) ? 128 + WTERMSIG(report.value) : WEXITSTATUS(report.value);
        return;
      case Report::kGone:
        return nothing_left();
    }
  }

  // Nothing of the command runs: the leadership may be given up.
  void nothing_left() {
    running_ = false;
    killed_ = false;
    campaigner_->stopped();
    if (refusal_) exit_code_ = refusal_;
    if (asked_to_end_) exit_code_ = kExitLost;  // before it could end by itself
    if (own_end_) exit_code_ = own_end_;
  }

  void take_signals() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      if (!running_) {
        exit_code_ = 128 + static_cast<int>(info.ssi_signo);
      } else if (std::exchange(asked_to_end_, true)) {
        guardian_.order({Order::kKill, 0, {}});  // asked twice
      } else {
        guardian_.order({Order::kEnd, 0, {}});
      }
    }
  }

  void look() {
    const Instant now = clock_.now();
    if (running_) {
      watch_guardian(now);
    } else if (!exit_code_) {
      tell_progress(now);
    }
    last_look_ = now;
  }

  Instant until() const { return Instant{told_until_.load(std::memory_order_acquire)}; }
  // When the guardian should have killed, and we do.
  Instant last_resort() const { return until() - config_.patience.margin / 2; }
  Duration next_look() const {
    return running_ ? std::clamp<Duration>(last_resort() - clock_.now(), std::chrono::milliseconds(1), kLook) : Duration(kLook);
  }

  // The guardian is watched as it watches us: where it does not do its part, it is done here.
  void watch_guardian(Instant now) {
    const Instant pulse{guardian_.board().pulse_ns.load(std::memory_order_acquire)};
    const bool punctual = now - last_look_ < kLook * 3;
    stale_looks_ = punctual && now - pulse > kLook * 5 ? stale_looks_ + 1 : 0;
    if (stale_looks_ >= 3) return guardian_lost("it hangs");
    if (now >= last_resort()) {
      killed_ = true;
      signal_descendants(guardian_.pid(), SIGKILL);
    }
  }

  void guardian_lost(const std::string& how) {
    config_.say(fmt::format("baton: the guardian (pid {}) is lost, {}: the command is killed", guardian_.pid(), how));
    signal_descendants(guardian_.pid(), SIGKILL);
    kill(guardian_.pid(), SIGKILL);
    // What it was responsible for comes to us now.
    while (reap([](void*, pid_t, int) {}, nullptr)) {
      signal_descendants(getpid(), SIGKILL);
      usleep(2000);
    }
    campaigner_->stopped();
    exit_code_ = kExitGuardian;
  }

  Result<View> view() {
    return lead::look(Place(config_.campaign.name),
                      [this](store::Request request) { return campaigner_->ask(std::move(request), std::chrono::milliseconds(500)); });
  }

  void tell_progress(Instant now) {
    if (!connected_ && !checked_ && now >= begun_at_ + kFirstContact) {
      config_.say(fmt::format("baton: no ZooKeeper answers at {}: is it running, and is this its address?", config_.campaign.connect));
      exit_code_ = kExitUnavailable;
      return;
    }
    if (now < tell_at_) return;
    tell_at_ = now + kProgress;
    const Result<View> seen =
        connected_ ? view() : fail(ErrorCode::kBrokerNotAvailable, "no answer from ZooKeeper at " + config_.campaign.connect);
    const std::string line = seen ? waiting_line(config_.campaign.name, *seen, campaigner_->guid()) : "waiting: " + seen.error().message;
    if (line != last_line_) config_.say(line);
    last_line_ = line;
  }

  const RunConfig config_;
  Guardian guardian_;
  const std::atomic<int64_t>& told_until_ = guardian_.board().until_ns;
  Told told_;
  const SystemClock clock_;
  std::unique_ptr<Campaigner> campaigner_;
  int signals_ = -1;
  std::optional<int> exit_code_;
  std::optional<int> own_end_;  // the code of a command that ended by itself
  std::optional<int> refusal_;
  std::optional<Reason> why_;  // it has to stop
  bool running_ = false;
  bool killed_ = false;
  bool asked_to_end_ = false;
  bool connected_ = false;
  bool checked_ = false;
  int stale_looks_ = 0;
  Instant begun_at_{}, tell_at_{}, last_look_{};
  std::string last_line_;
};

}  // namespace

Patience patience_for(Duration session, Duration grace) {
  const Duration lease = lease_of_session(session);
  const Duration margin = std::clamp<Duration>(lease / 10, std::chrono::milliseconds(50), std::chrono::milliseconds(500));
  return {grace == Duration::zero() ? lease / 4 : grace, margin, std::chrono::seconds(10)};
}

int run(RunConfig config) {
  config.campaign.notice = config.patience.notice();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  GuardianConfig guarded{config.campaign.name, config.command, config.patience,
                         [connect = config.campaign.connect, name = config.campaign.name](int32_t epoch, const std::string& guid) {
                           release_for_the_dead(connect, name, ControllerEpoch(epoch), guid);
                         }};
  Result<Guardian> guardian = Guardian::start(std::move(guarded));
  if (!guardian) {
    config.say("baton: " + guardian.error().message);
    return kExitGuardian;
  }
  return Runner(std::move(config), std::move(*guardian)).run();
}

}  // namespace baton::lead
