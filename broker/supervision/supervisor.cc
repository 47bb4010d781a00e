#include "broker/supervision/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/logging.h"
#include "base/network/socket.h"
#include "broker/supervision/death_notice.h"
#include "broker/supervision/executioner.h"
#include "broker/supervision/notify.h"
#include "broker/supervision/threads.h"

namespace baton::supervision {
namespace {

using network::Fd;

constexpr int kKilledBy = 128;  // as shells tell it
// A supervisor that ends stays so long to see that its report is taken; its broker is down for good, and others wait for neither.
constexpr Duration kLastWord = std::chrono::milliseconds(300);

std::string described(int status) {
  if (WIFSIGNALED(status)) return fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}
int exit_code_of(int status) {
  return WIFSIGNALED(status) ? kKilledBy + WTERMSIG(status) : WEXITSTATUS(status);
}

class Supervisor {
 public:
  Supervisor(const SupervisorConfig& config, const std::function<int(Supervised)>& broker)
      : broker_(broker), stall_(config.stall), backoff_(config.backoff), judge_(config.stall) {}

  int run();

 private:
  struct Child {
    pid_t pid = -1;
    Fd lifeline;  // its closing, by whatever end of this process, tells the child
    std::optional<Instant> healthy_since;
    bool killed = false;
  };

  Status prepare();
  Status start();
  // Until the instant, or a signal.
  void wait_until(Instant until);
  void take_signals();
  void pass_on(int signal) const;
  // The exit status once the child has ended.
  std::optional<int> ended();
  int live();
  Phase note_health();
  void watch_over(Instant due);
  void report(int status);
  // The last report gets its moment.
  int leave(int code);
  // What this process is to exit with; none: start anew.
  std::optional<int> verdict(int status) const;

  const std::function<int(Supervised)>& broker_;
  SystemClock clock_;
  StallConfig stall_;
  Backoff backoff_;
  StallJudge judge_;
  Executioner executioner_;
  Judgement last_judgement_ = Judgement::kFine;
  BoardHandle board_;
  Fd signals_;
  Child child_;
  DeathNotice notice_;
  ServiceManager service_;
  bool ever_healthy_ = false;
  bool stopping_ = false;
  bool held_ = false;
};

Status Supervisor::prepare() {
  auto shared = share_board();
  if (!shared) return tl::unexpected(shared.error());
  board_ = std::move(*shared);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGTERM, SIGINT, SIGCHLD, kHoldSignal}) sigaddset(&wanted, signal);
  signals_ = Fd(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return fail(ErrorCode::kUnknownServerError, fmt::format("signalfd: {}", strerror(errno)));
  return {};
}

Status Supervisor::start() {
  board_->wipe();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::kUnknownServerError, fmt::format("pipe: {}", strerror(errno)));
  Fd reading(ends[0]), writing(ends[1]);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail(ErrorCode::kUnknownServerError, fmt::format("the broker can not be started: fork: {}", strerror(errno)));
  if (pid == 0) {
    Supervised supervised{*board_, {}};
    supervised.lifeline.tie(parent, reading.get());
    std::exit(broker_(supervised));
  }
  child_ = {pid, std::move(writing), std::nullopt};
  log::info("the supervisor (pid {}) has started the broker (pid {})", parent, pid);
  return {};
}

void Supervisor::wait_until(Instant until) {
  const Duration left = std::max(Duration::zero(), std::min(until, notice_.wake_at()) - clock_.now());
  const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  std::vector<pollfd> entries{{signals_.get(), POLLIN, 0}};
  notice_.inquiry().add_to(entries);
  executioner_.inquiry().add_to(entries);
  if (ppoll(entries.data(), entries.size(), &time, nullptr) > 0) {
    take_signals();
    notice_.inquiry().handle(entries);
    executioner_.inquiry().handle(entries);
  }
  notice_.look(clock_.now());
  service_.alive(clock_.now());
}

void Supervisor::report(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) return;  // it has handed over and closed its session
  notice_.begin(clock_.now(), *board_, described(status));
}

int Supervisor::leave(int code) {
  const Instant until = clock_.now() + kLastWord;
  while (notice_.open() && clock_.now() < until) wait_until(until);
  return code;
}

// All that have come, before anything is made of one: a wish to hold that was sent before a kill is known before the death.
void Supervisor::take_signals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == kHoldSignal) held_ = true;
    if (signal != SIGTERM && signal != SIGINT) continue;
    stopping_ = true;
    service_.stopping();
    pass_on(signal);
  }
}

void Supervisor::pass_on(int signal) const {
  if (child_.pid <= 0) return;
  kill(child_.pid, signal);
  kill(child_.pid, SIGCONT);  // a stopped process acts on it only once it is continued
}

std::optional<int> Supervisor::ended() {
  int status = 0;
  if (waitpid(child_.pid, &status, WNOHANG) != child_.pid) return std::nullopt;
  take_signals();
  return status;
}

Phase Supervisor::note_health() {
  const Phase phase = board_->phase.load(std::memory_order_acquire);
  if (phase == Phase::kStarting || child_.healthy_since) return phase;
  child_.healthy_since = clock_.now();
  ever_healthy_ = true;
  notice_.close();  // it is registered anew, which says the same
  service_.ready();
  return phase;
}

// Nothing comes between the judgement, the leave and the kill but a few instructions.
void Supervisor::watch_over(Instant due) {
  const Instant now = clock_.now();
  const Judgement judgement = judge_.look(now, due, board_->beats(), [this] { return threads_of(child_.pid); });
  if (judgement == Judgement::kHung) {
    if (executioner_.may_kill(now, *board_, judge_.about())) {
      kill(child_.pid, SIGKILL);
      child_.killed = true;
      log::warn("the broker (pid {}) was killed, as it hung: {}", child_.pid, judge_.about());
    }
  } else {
    executioner_.call_off(*board_);
    const bool told = judgement == last_judgement_ || judgement == Judgement::kFine || judgement == Judgement::kLateOurselves;
    if (!told) log::warn("the broker is {}, and is not killed: {}", name_of(judgement), judge_.about());
  }
  last_judgement_ = judgement;
}

std::optional<int> Supervisor::verdict(int status) const {
  if (stopping_ || held_) return exit_code_of(status);
  if (WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_SUCCESS || !ever_healthy_)) return WEXITSTATUS(status);
  return std::nullopt;
}

// One life of the broker, to its exit status.
int Supervisor::live() {
  judge_ = StallJudge(stall_);
  executioner_ = Executioner();
  Instant due = judge_.next_look(clock_.now());
  for (;;) {
    const std::optional<int> status = ended();
    const Phase phase = note_health();  // also of one that served for a moment only
    if (status) return *status;
    wait_until(due);
    // An answer that came is looked at when it comes.
    if (clock_.now() < due && !executioner_.asking()) continue;
    if (phase == Phase::kServing && !stopping_ && !child_.killed) watch_over(std::min(due, clock_.now()));
    due = judge_.next_look(clock_.now());
  }
}

int Supervisor::run() {
  if (auto ready = prepare(); !ready) {
    log::error("{}", ready.error().message);
    return EXIT_FAILURE;
  }
  for (;;) {
    if (auto started = start(); !started) {
      log::error("{}", started.error().message);
      return EXIT_FAILURE;
    }
    const int status = live();
    const pid_t pid = child_.pid;
    const auto healthy_since = child_.healthy_since;
    child_ = {};
    report(status);
    if (auto code = verdict(status)) {
      log::info("the broker (pid {}) {}, and is not started anew", pid, described(status));
      return leave(*code);
    }
    const Instant now = clock_.now();
    const Duration pause = backoff_.ended(now, healthy_since);
    log::warn("the broker (pid {}) {}: it is started anew in {} ms", pid, described(status), pause / std::chrono::milliseconds(1));
    while (clock_.now() < now + pause && !stopping_ && !held_) wait_until(now + pause);
    if (stopping_ || held_) return leave(exit_code_of(status));
  }
}

}  // namespace

int supervise(const SupervisorConfig& config, const std::function<int(Supervised)>& broker) {
  return Supervisor(config, broker).run();
}

}  // namespace baton::supervision
