// fenced_counter ZOOKEEPER NAME FILE [PAUSE]: counts in a fenced file, every ten milliseconds, while it leads NAME.
//
// It does all that a holder can do: it looks at its deadline before each write, and stops when it is told to. That is not enough, and
// PAUSE shows why: before its write number PAUSE, *after* its look at the deadline, the process stops itself (SIGSTOP). Continued later,
// it goes on with the write that it was about to make. The file refuses it.
//
// Says on standard output, a line each: `leads TOKEN`, `wrote COUNT under TOKEN`, `stops here`, `refused: token OLD, the file has seen
// NEW`, `stops leading`, `over`. Ends in good order on SIGTERM.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "controller/plugin/baton.h"
#include "examples/fencing/fenced_file.h"

namespace {

std::atomic<bool> asked_to_end{false};
std::atomic<bool> told_to_stop{false};

int64_t boottime_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

baton_leadership* campaign(const char* zookeeper, const char* name) {
  const baton_property properties[] = {{"zookeeper.connect", zookeeper},
                                       {"leadership.name", name},
                                       {"leadership.who", "fenced_counter"},
                                       {"zookeeper.session.timeout.ms", "600"}};
  baton_leadership_host host{};
  host.abi_version = BATON_ABI_VERSION;
  host.on_lead = [](void*, int32_t epoch, int64_t) { say("leads " + std::to_string(epoch)); };
  host.on_stop = [](void*, int, int64_t) {
    say("stops leading");
    told_to_stop = true;
  };
  host.on_ended = [](void*, int32_t, int) { say("over"); };
  host.on_fatal = [](void*, const char* message) {
    say(message);
    asked_to_end = true;
  };
  baton_leadership* leadership = nullptr;
  char error[512] = "";
  if (baton_campaign(properties, sizeof properties / sizeof *properties, &host, &leadership, error, sizeof error) != BATON_OK) {
    std::fprintf(stderr, "%s\n", error);
  }
  return leadership;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "fenced_counter ZOOKEEPER NAME FILE [PAUSE]\n"), 2;
  const int pause_before = argc > 4 ? std::atoi(argv[4]) : 0;
  signal(SIGTERM, [](int) { asked_to_end = true; });
  baton::fencing::FencedFile file(argv[3]);
  baton_leadership* leadership = campaign(argv[1], argv[2]);
  if (leadership == nullptr) return 1;
  for (int writes = 0; !asked_to_end; usleep(10'000)) {
    if (told_to_stop.exchange(false)) baton_leadership_stopped(leadership);
    const int32_t token = baton_leadership_epoch(leadership);
    if (token == 0 || boottime_ns() >= baton_leadership_deadline_ns(leadership)) continue;
    const auto before = file.read();
    const int count = before ? std::atoi(before->data.c_str()) + 1 : 1;
    if (++writes == pause_before) {
      say("stops here");
      raise(SIGSTOP);  // a long collection of garbage, a swapped page, a paused virtual machine
    }
    const auto outcome = file.write(token, std::to_string(count));
    if (outcome == baton::fencing::Outcome::kWritten) say("wrote " + std::to_string(count) + " under " + std::to_string(token));
    if (outcome == baton::fencing::Outcome::kStale) {
      say("refused: token " + std::to_string(token) + ", the file has seen " + std::to_string(file.read()->token));
    }
  }
  baton_leadership_close(leadership);
  return 0;
}
