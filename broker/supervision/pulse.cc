#include "broker/supervision/pulse.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

#include "base/logging.h"
#include "broker/supervision/progress.h"
#include "broker/supervision/threads.h"

namespace baton::supervision {
namespace {

constexpr size_t kThreadNameMax = 15;  // the kernel's

}  // namespace

// On its reactor's thread only.
struct Pulse::Timed : std::enable_shared_from_this<Timed> {
  Timed(network::Reactor& on, Duration every) : timer(on), beat_every(every) {}

  void beat() {
    still_working();
    timer.start(beat_every, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->beat();
    });
  }

  network::Timer timer;
  Duration beat_every;
};

Pulse::Pulse(Board& board, StallConfig config, int severed_fd, Host host)
    : board_(board), config_(config), severed_fd_(severed_fd), host_(std::move(host)), judge_(config), wake_fd_(eventfd(0, EFD_CLOEXEC)) {}

Pulse::~Pulse() {
  end();
  close(wake_fd_);
}

void Pulse::watch(network::Reactor& reactor, const std::string& name) {
  auto timed = std::make_shared<Timed>(reactor, config_.beat_every());
  timed_.push_back(timed);
  reactor.post([timed, &board = board_, name] {
    pthread_setname_np(pthread_self(), ("baton-" + name).substr(0, kThreadNameMax).c_str());
    watch_this_thread(board, name);
    timed->beat();
  });
}

void Pulse::begin() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-pulse");
    run();
  });
}

void Pulse::end() {
  board_.phase.store(Phase::kEnding, std::memory_order_release);
  ending_ = true;
  if (!thread_.joinable()) return;
  (void)eventfd_write(wake_fd_, 1);
  thread_.join();
}

void Pulse::run() {
  Instant due = clock_.now();
  while (!ending_) {
    const Duration left = std::max(Duration::zero(), due - clock_.now());
    const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    // poll passes over a descriptor below 0.
    pollfd entries[] = {{wake_fd_, POLLIN, 0}, {severed_fd_, POLLIN, 0}};
    const int ready = ppoll(entries, 2, &time, nullptr);
    if (ready > 0 && entries[1].revents != 0) {
      log::error("the supervisor is gone, and its broker goes with it");
      kill(getpid(), SIGKILL);
    }
    const Instant now = clock_.now();
    if (now < due || ending_) continue;
    look(now, due);
    due = judge_.next_look(now);
  }
}

void Pulse::look(Instant now, Instant due) {
  if (board_.phase.load(std::memory_order_acquire) != Phase::kServing) return;
  ask_manager();
  const Judgement judgement = judge_.look(now, due, board_.beats(), [] { return threads_of(getpid()); });
  const bool stalled = judgement == Judgement::kHung || judgement == Judgement::kDiskWait;
  // What is late but not stuck, or not known, changes nothing either way.
  if (stalled || judgement == Judgement::kFine) tell(stalled);
}

void Pulse::tell(bool stalled) {
  // Fine as long as a suspicion has not become a judgement: only a look without any suspect is the end of a stall.
  if (stalled == told_stalled_ || (!stalled && judge_.suspect())) return;
  told_stalled_ = stalled;
  if (stalled) log::warn("{}: this broker gives its leaderships up", judge_.about());
  if (!stalled) log::info("every thread makes progress again");
  host_.stalled(stalled);
}

void Pulse::ask_manager() {
  if (asked_->exchange(true)) return;
  host_.ask_manager([asked = asked_, &board = board_] {
    watch_this_thread(board, kManagerThread);
    *asked = false;
  });
}

}  // namespace baton::supervision
