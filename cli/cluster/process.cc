#include "cli/cluster/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace baton::cluster {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text, '\0');
  return text;
}

// State and start time from /proc/PID/stat, where the name in parentheses may itself hold spaces and parentheses.
bool read_stat(pid_t pid, char& state, uint64_t& start_ticks) {
  std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
  size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream fields(text.substr(name_end + 1));
  fields >> state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> start_ticks;
  return !fields.fail();
}

pid_t parent_of(pid_t pid) {
  std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
  size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return -1;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state;
  pid_t parent = -1;
  fields >> state >> parent;
  return parent;
}

const std::string& this_boot() {
  static const std::string id = [] {
    std::string text = read_file("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }();
  return id;
}

// A descriptor of that very process, -1 if there is none. It names one process for good: once the identity has been seen to
// hold, whatever is done through it reaches that process or nobody.
int open_process(const ProcessId& process) {
  if (process.pid <= 0 || process.boot_id != this_boot()) return -1;
  int fd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  char state = 0;
  uint64_t start_ticks = 0;
  if (fd >= 0 && read_stat(process.pid, state, start_ticks) && start_ticks == process.start_ticks) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

// The kernel says so when the last thread has ended, and with it all sockets and locks are free. The state in /proc is that of
// the first thread alone: a zombie while others of a killed process still run.
bool ended_within(int fd, int milliseconds) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, milliseconds) > 0;
}

// What a child tells its grandparent over a close-on-exec pipe: its pid first, then an errno if exec failed.
struct Word {
  int what = 0;  // 0: pid, 1: log cannot be opened, 2: exec failed
  int value = 0;
};

[[noreturn]] void become_daemon(int report, char* const* argv, const std::string& log, const std::string& directory) {
  setsid();
  if (fork() != 0) _exit(0);
  Word word{0, getpid()};
  (void)!write(report, &word, sizeof word);
  auto give_up = [&](int what) {
    word = {what, errno};
    (void)!write(report, &word, sizeof word);
    _exit(127);
  };
  int null = open("/dev/null", O_RDONLY);
  int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (output < 0 || chdir(directory.c_str()) != 0) give_up(1);
  dup2(null, 0);
  dup2(output, 1);
  dup2(output, 2);
  syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  execvp(argv[0], argv);
  give_up(2);
  _exit(127);
}

}  // namespace

ProcessId identify(pid_t pid) {
  char state = 0;
  uint64_t start_ticks = 0;
  if (pid <= 0 || !read_stat(pid, state, start_ticks) || state == 'Z' || state == 'X') return {};
  return {pid, start_ticks, this_boot()};
}

bool alive(const ProcessId& process) {
  return !wait_until_gone(process, std::chrono::milliseconds(0));
}

ProcessId child_of(const ProcessId& process) {
  if (!alive(process)) return {};
  const std::string pid = std::to_string(process.pid);
  std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
  pid_t child = -1;
  children >> child;
  ProcessId found = identify(child);
  // The pid may have gone to another process meanwhile.
  return found.start_ticks >= process.start_ticks && parent_of(found.pid) == process.pid ? found : ProcessId{};
}

bool send_signal(const ProcessId& process, int signal) {
  int fd = open_process(process);
  if (fd < 0) return false;
  bool sent = !ended_within(fd, 0) && syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) == 0;
  close(fd);
  return sent;
}

bool wait_until_gone(const ProcessId& process, std::chrono::milliseconds at_most) {
  int fd = open_process(process);
  if (fd < 0) return true;
  bool gone = ended_within(fd, static_cast<int>(at_most.count()));
  close(fd);
  return gone;
}

Result<ProcessId> start_daemon(const std::vector<std::string>& argv, const std::string& log, const std::string& directory) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::kUnknownServerError, std::string("pipe: ") + strerror(errno));
  pid_t child = fork();
  if (child < 0) return fail(ErrorCode::kUnknownServerError, std::string("fork: ") + strerror(errno));
  if (child == 0) {
    close(ends[0]);
    become_daemon(ends[1], arguments.data(), log, directory);
  }
  close(ends[1]);
  waitpid(child, nullptr, 0);
  Word word;
  pid_t pid = -1;
  Status outcome;
  while (read(ends[0], &word, sizeof word) == sizeof word) {
    if (word.what == 0) pid = word.value;
    if (word.what == 1) outcome = fail(ErrorCode::kUnknownServerError, "cannot write " + log + ": " + strerror(word.value));
    if (word.what == 2) outcome = fail(ErrorCode::kUnknownServerError, "cannot run " + argv[0] + ": " + strerror(word.value));
  }
  close(ends[0]);
  if (!outcome) return tl::unexpected(outcome.error());
  return identify(pid);
}

std::string find_program(const std::string& name) {
  const char* path = getenv("PATH");
  std::istringstream folders(path ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder;
    candidate.append("/").append(name);
    if (access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate)) return candidate;
  }
  return {};
}

}  // namespace baton::cluster
