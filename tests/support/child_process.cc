#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "base/assert.h"
#include "tests/support/wait.h"

namespace baton::support {

ChildProcess::~ChildProcess() {
  kill();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)), exit_(other.exit_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    exit_ = other.exit_;
  }
  return *this;
}

ChildProcess ChildProcess::start(const std::vector<std::string>& argv, const std::string& output) {
  BATON_ASSERT(!argv.empty());
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  BATON_ASSERT(out >= 0);
  pid_t parent = getpid();
  ChildProcess child;
  child.pid_ = fork();
  BATON_ASSERT(child.pid_ >= 0);
  if (child.pid_ == 0) {
    // Only async-signal-safe calls from here on: the test may have other threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(out);
  return child;
}

bool ChildProcess::running() {
  if (pid_ < 0 || exit_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_ = WIFSIGNALED(status) ? Exit{.code = 0, .signal = WTERMSIG(status)} : Exit{.code = WEXITSTATUS(status), .signal = 0};
  return false;
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<ChildProcess::Exit> ChildProcess::wait(std::chrono::milliseconds at_most) {
  wait_for(at_most, [this] { return !running(); });
  return exit_;
}

void ChildProcess::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_ = Exit{.code = 0, .signal = SIGKILL};
}

}  // namespace baton::support
