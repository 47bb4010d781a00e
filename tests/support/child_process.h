// A child process of a test: started by path and arguments, signalled and awaited by its own pid, and never left behind.
// Not thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace baton::support {

class ChildProcess {
 public:
  struct Exit {
    int code = 0;    // meaningful when signal is 0
    int signal = 0;  // the signal that ended it
  };

  ChildProcess() = default;
  // Kills and reaps it if it still runs.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  // Standard output and error are appended to `output`. argv[0] is looked up in PATH. The kernel kills the child when the
  // *thread* that started it ends, so start it from one that outlives it. Aborts when fork fails; a program that is
  // missing shows as exit code 127.
  static ChildProcess start(const std::vector<std::string>& argv, const std::string& output);

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // Waits until it has ended; none when it still runs after `at_most`.
  std::optional<Exit> wait(std::chrono::milliseconds at_most);
  // SIGKILL and wait.
  void kill();

 private:
  pid_t pid_ = -1;
  std::optional<Exit> exit_;
};

}  // namespace baton::support
