// fenced_writer FILE JOURNAL: counts in a fenced file under its token, every two milliseconds, for as long as it lives; and tells the
// journal of each write, `wrote TOKEN COUNT`. Refused, it says `refused TOKEN` there and ends. It does so in a daemon, which has forked
// twice and lives in a session of its own: who is killed together with his guardian leaves it behind.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "examples/fencing/fenced_file.h"

namespace {

using baton::fencing::Outcome;

// Under the journal's lock, so that its lines stand in the order of the writes. The lock asks nobody for a token.
bool count_on(baton::fencing::FencedFile& file, int journal, int token) {
  if (flock(journal, LOCK_EX) != 0) return false;
  const auto now = file.read();
  const int count = now ? std::atoi(now->data.c_str()) + 1 : 1;
  const Outcome outcome = file.write(token, std::to_string(count));
  char line[64];
  const int size = outcome == Outcome::kWritten ? std::snprintf(line, sizeof line, "wrote %d %d\n", token, count)
                                                : std::snprintf(line, sizeof line, "refused %d\n", token);
  const bool told = outcome != Outcome::kFailed && write(journal, line, static_cast<size_t>(size)) == size;
  flock(journal, LOCK_UN);
  return told && outcome == Outcome::kWritten;
}

}  // namespace

int main(int argc, char** argv) {
  const char* token = getenv("BATON_LEADER_EPOCH");
  if (argc < 3 || token == nullptr) return 2;
  const pid_t middle = fork();
  if (middle != 0) {
    waitpid(middle, nullptr, 0);
    for (;;) pause();
  }
  setsid();
  if (fork() != 0) _exit(0);
  signal(SIGTERM, SIG_IGN);
  const int journal = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (journal < 0) return 1;
  baton::fencing::FencedFile file(argv[1]);
  while (count_on(file, journal, std::atoi(token))) usleep(2000);
}
