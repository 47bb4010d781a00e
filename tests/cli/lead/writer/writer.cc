// lead_writer FILE [gentle]: appends a line every two milliseconds, `TOKEN NANOSECONDS PID PARENT`, for as long as it lives; and has a
// daemon do the same, which has forked twice and lives in a session of its own. Neither heeds SIGTERM, but for `gentle`.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const char* token = getenv("BATON_LEADER_EPOCH");
  const int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (token == nullptr || fd < 0) return 2;
  if (argc < 3 || strcmp(argv[2], "gentle") != 0) signal(SIGTERM, SIG_IGN);
  const pid_t middle = fork();
  if (middle == 0) {
    setsid();
    if (fork() != 0) _exit(0);
  } else {
    waitpid(middle, nullptr, 0);
  }
  for (;;) {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    char line[128];
    const int size =
        std::snprintf(line, sizeof line, "%s %lld %d %d\n", token, now.tv_sec * 1'000'000'000LL + now.tv_nsec, getpid(), getppid());
    if (write(fd, line, static_cast<size_t>(size)) != size) return 1;
    usleep(2000);
  }
}
