#include "cli/lead/kin.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <map>

namespace baton::lead {
namespace {

struct Found {
  pid_t parent = -1;
  char state = '?';
  uint64_t start_ticks = 0;
};

// From /proc/PID/stat; parent -1: there is no such process. The name in it may hold anything, so it is read from its end.
Found look_at(pid_t pid) {
  char path[64], text[1024];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return {};
  text[size] = '\0';
  const char* rest = strrchr(text, ')');
  Found found;
  unsigned long long ticks = 0;
  const char* format = ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu";
  if (rest == nullptr || sscanf(rest, format, &found.state, &found.parent, &ticks) != 3) return {};
  found.start_ticks = ticks;
  return found;
}

std::map<pid_t, Found> everybody() {
  std::map<pid_t, Found> all;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return all;
  while (const dirent* entry = readdir(proc)) {
    const pid_t pid = atoi(entry->d_name);
    if (pid <= 0) continue;
    const Found found = look_at(pid);
    if (found.parent >= 0) all[pid] = found;
  }
  closedir(proc);
  return all;
}

std::map<pid_t, Found> kin_of(pid_t ancestor, pid_t spared) {
  const std::map<pid_t, Found> all = everybody();
  std::map<pid_t, Found> kin;
  std::vector<pid_t> open = {ancestor};
  while (!open.empty()) {
    const pid_t parent = open.back();
    open.pop_back();
    for (const auto& [pid, found] : all) {
      if (found.parent != parent || pid == spared || kin.contains(pid)) continue;
      kin[pid] = found;
      open.push_back(pid);
    }
  }
  std::erase_if(kin, [](const auto& one) { return one.second.state == 'Z' || one.second.state == 'X'; });
  return kin;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t ancestor) {
  std::vector<pid_t> pids;
  for (const auto& [pid, found] : kin_of(ancestor, 0)) pids.push_back(pid);
  return pids;
}

size_t signal_descendants(pid_t ancestor, int signal, pid_t spared) {
  const std::map<pid_t, Found> kin = kin_of(ancestor, spared);
  for (const auto& [pid, found] : kin) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) continue;
    if (look_at(pid).start_ticks == found.start_ticks) syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0);
    close(fd);
  }
  return kin.size();
}

bool reap(void (*ended)(void* context, pid_t pid, int status), void* context) {
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0) return false;
    if (pid == 0) return true;
    ended(context, pid, status);
  }
}

}  // namespace baton::lead
