#include "broker/supervision/threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "base/network/socket.h"

namespace baton::supervision {
namespace {

// One read: these files are made anew at each, and short.
std::string read_whole(const std::string& path) {
  const network::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  char buffer[1024];
  const ssize_t size = read(fd.get(), buffer, sizeof buffer);
  return size > 0 ? std::string(buffer, static_cast<size_t>(size)) : std::string();
}

// The state stands behind the name, which may hold anything.
std::optional<ThreadState> state_of(const std::string& stat) {
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return std::nullopt;
  switch (stat[name_end + 2]) {
    case 'R':
      return ThreadState::kRunnable;
    case 'D':
      return ThreadState::kDiskWait;
    case 'T':
    case 't':
      return ThreadState::kStopped;
    case 'Z':
    case 'X':
      return std::nullopt;
    default:
      return ThreadState::kAsleep;
  }
}

}  // namespace

std::vector<ThreadSample> threads_of(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> open_folder(opendir(folder.c_str()), closedir);
  std::vector<ThreadSample> samples;
  if (!open_folder) return samples;
  while (const dirent* entry = readdir(open_folder.get())) {
    const int32_t tid = atoi(entry->d_name);
    if (tid <= 0) continue;
    const std::string thread = folder + "/" + entry->d_name;
    const auto state = state_of(read_whole(thread + "/stat"));
    if (!state) continue;
    ThreadSample sample{tid, *state};
    long long run = 0, wait = 0, slices = 0;
    if (sscanf(read_whole(thread + "/schedstat").c_str(), "%lld %lld %lld", &run, &wait, &slices) == 3) {
      sample.run_ns = run;
      sample.wait_ns = wait;
      sample.slices = slices;
    }
    samples.push_back(sample);
  }
  return samples;
}

}  // namespace baton::supervision
