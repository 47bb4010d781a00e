#include "cli/lead/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <optional>
#include <utility>

#include "cli/lead/kin.h"

namespace baton::lead {
namespace {

constexpr Duration kPulse = std::chrono::milliseconds(50);
constexpr Duration kKillAgain = std::chrono::milliseconds(5);

// Becomes the command, or says why it could not.
[[noreturn]] void become(const GuardianConfig& config, int32_t epoch, pid_t guardian, int failure) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != guardian) _exit(127);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) signal(number, SIG_DFL);
  setenv("BATON_LEADER_EPOCH", std::to_string(epoch).c_str(), 1);
  setenv("BATON_LEADER_NAME", config.name.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& word : config.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  const int32_t why = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &why, sizeof why);
  _exit(127);
}

class Watch {
 public:
  Watch(GuardianConfig config, int fd, Board& board) : config_(std::move(config)), fd_(fd), board_(board) {}

  [[noreturn]] void run() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "baton-guardian");
    setsid();
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    const int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    for (;;) {
      board_.pulse_ns.store(clock_.now().ns, std::memory_order_release);
      judge();
      if (leader_gone_ && !sentence_) leave();
      pollfd entries[] = {{leader_gone_ ? -1 : fd_, POLLIN, 0}, {signals, POLLIN, 0}};
      poll(entries, 2, static_cast<int>((wait_for() + std::chrono::microseconds(999)) / std::chrono::milliseconds(1)));
      if (entries[1].revents != 0) take_signals(signals);
      if (entries[0].revents != 0) take_order();
    }
  }

 private:
  Instant until() const { return Instant{board_.until_ns.load(std::memory_order_acquire)}; }

  Duration wait_for() const {
    if (!sentence_) return kPulse;
    if (killing_) return kKillAgain;
    return std::clamp<Duration>(sentence_->wake_at(until()) - clock_.now(), Duration::zero(), kPulse);
  }

  // What is due to what runs, and whether there is still something.
  void judge() {
    if (!sentence_) return;
    const bool left = reap([](void* self, pid_t pid, int status) { static_cast<Watch*>(self)->ended(pid, status); }, this);
    if (!left) {
      sentence_.reset();
      report(Report::kGone, 0);
      return;
    }
    const Deed deed = sentence_->due(clock_.now(), until());
    killing_ = deed == Deed::kKill;
    if (deed == Deed::kTerminate) {
      signal_descendants(getpid(), SIGTERM);
      signal_descendants(getpid(), SIGCONT);  // who is stopped could not take it
    }
    if (deed == Deed::kKill) signal_descendants(getpid(), SIGKILL);
  }

  void ended(pid_t pid, int status) {
    if (pid != command_) return;
    report(sentence_->out_of_time() ? Report::kOutOfTime : Report::kEnded, status);
    // What it left behind does not outlive it.
    sentence_->end(clock_.now(), config_.patience.grace);
  }

  void take_signals(int signals) {
    signalfd_siginfo info;
    while (::read(signals, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGCHLD && sentence_) sentence_->end(clock_.now(), config_.patience.orderly);
    }
  }

  void take_order() {
    Order order;
    const ssize_t size = recv(fd_, &order, sizeof order, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size != sizeof order) {
      leader_gone_ = true;
      if (sentence_) sentence_->end(clock_.now(), config_.patience.grace);
      return;
    }
    if (order.kind == Order::kRun && !sentence_) start(order);
    if (order.kind == Order::kEnd && sentence_) sentence_->end(clock_.now(), config_.patience.orderly);
    if (order.kind == Order::kLeave) led_ = false;
    if (order.kind == Order::kKill && sentence_) sentence_->end(clock_.now(), Duration::zero());
  }

  void start(const Order& order) {
    epoch_ = order.epoch;
    guid_ = order.guid;
    led_ = true;
    int failure[2];
    // A leader that was stopped may give the order when the time is over.
    if (clock_.now() >= until() - config_.patience.notice() || pipe2(failure, O_CLOEXEC) != 0) return report(Report::kGone, 0);
    const pid_t guardian = getpid();
    command_ = fork();
    if (command_ == 0) become(config_, epoch_, guardian, failure[1]);
    const int fork_error = errno;
    close(failure[1]);
    int32_t why = command_ < 0 ? fork_error : 0;
    if (command_ >= 0 && ::read(failure[0], &why, sizeof why) != sizeof why) why = 0;
    close(failure[0]);
    sentence_.emplace(config_.patience);
    if (why == 0) return report(Report::kStarted, command_);
    report(Report::kNotStarted, why);
    command_ = -1;
  }

  void report(Report::Kind kind, int32_t value) const {
    const Report report{kind, value};
    if (!leader_gone_) send(fd_, &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  [[noreturn]] void leave() const {
    if (led_) config_.release(epoch_, guid_);
    _exit(0);
  }

  const GuardianConfig config_;
  const int fd_;
  Board& board_;
  const SystemClock clock_;
  std::optional<Sentence> sentence_;  // while something runs
  pid_t command_ = -1;
  int32_t epoch_ = 0;
  std::string guid_;
  bool led_ = false;
  bool killing_ = false;
  bool leader_gone_ = false;
};

}  // namespace

Result<Guardian> Guardian::start(GuardianConfig config) {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2];
  if (memory == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(ErrorCode::kUnknownServerError, "no memory or no socket to share with the guardian");
  }
  auto* board = new (memory) Board;
  const pid_t pid = fork();
  if (pid < 0) return fail(ErrorCode::kUnknownServerError, "the guardian can not be started: too many processes?");
  if (pid == 0) {
    close(ends[0]);
    Watch(std::move(config), ends[1], *board).run();
  }
  close(ends[1]);
  return Guardian(pid, ends[0], board);
}

Guardian::Guardian(Guardian&& other) noexcept
    : pid_(other.pid_), fd_(std::exchange(other.fd_, -1)), board_(std::exchange(other.board_, nullptr)) {}

Guardian::~Guardian() {
  if (fd_ >= 0) close(fd_);
  if (board_ != nullptr) munmap(board_, sizeof(Board));
}

bool Guardian::order(const Order& order) const {
  return send(fd_, &order, sizeof order, MSG_NOSIGNAL) == sizeof order;
}

bool Guardian::read(Report& report) const {
  return recv(fd_, &report, sizeof report, 0) == sizeof report;
}

}  // namespace baton::lead
