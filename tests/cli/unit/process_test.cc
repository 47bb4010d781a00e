#include "cli/cluster/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace baton::cluster {
namespace {

using std::chrono::seconds;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

TEST(Process, ADaemonRunsDetachedAndItsOutputGoesToTheLog) {
  support::TempDir dir;
  Result<ProcessId> process = start_daemon({"sh", "-c", "echo hello; exec sleep 60"}, dir / "log", dir.path().string());
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_TRUE(alive(*process));
  EXPECT_NE(getsid(process->pid), getsid(0));
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return text_of(dir / "log") == "hello\n"; }));
  EXPECT_TRUE(send_signal(*process, SIGKILL));
  EXPECT_TRUE(wait_until_gone(*process, seconds(5)));
  EXPECT_FALSE(alive(*process));
}

TEST(Process, ARecycledPidIsNeitherAliveNorSignalled) {
  ProcessId self = identify(getpid());
  ASSERT_TRUE(alive(self));
  ProcessId former = self;
  former.start_ticks -= 1;
  EXPECT_FALSE(alive(former));
  EXPECT_FALSE(send_signal(former, SIGKILL));  // or this test would end here
  ProcessId other_boot = self;
  other_boot.boot_id = "another";
  EXPECT_FALSE(send_signal(other_boot, SIGKILL));
}

TEST(Process, AMissingProgramIsAnErrorThatNamesIt) {
  support::TempDir dir;
  Result<ProcessId> process = start_daemon({"/no/such/program"}, dir / "log", dir.path().string());
  ASSERT_FALSE(process);
  EXPECT_NE(process.error().message.find("/no/such/program"), std::string::npos);
}

TEST(Process, NoneIsNotAlive) {
  EXPECT_FALSE(alive(ProcessId{}));
  EXPECT_FALSE(send_signal(ProcessId{}, 0));
}

TEST(Process, IsAliveWhileAnyOfItsThreadsIs) {
  int first[2], rest[2];  // closed to let go of the first thread, of the rest
  ASSERT_EQ(pipe(first), 0);
  ASSERT_EQ(pipe(rest), 0);
  auto wait_for_end_of = [](int fd) {
    char byte;
    (void)!read(fd, &byte, 1);
  };
  pid_t child = fork();
  if (child == 0) {
    close(first[1]);
    close(rest[1]);
    std::thread([&, end = rest[0]] {
      wait_for_end_of(end);
      _exit(0);
    }).detach();
    wait_for_end_of(first[0]);
    // The first thread is a zombie in /proc from here on, as in a killed process whose other threads are not done yet.
    syscall(SYS_exit, 0);
  }
  ProcessId process = identify(child);
  close(first[1]);
  std::string stat = "/proc/" + std::to_string(child) + "/stat";
  ASSERT_TRUE(support::wait_for(seconds(30), [&] { return text_of(stat).find(") Z ") != std::string::npos; }));
  EXPECT_TRUE(alive(process));
  EXPECT_FALSE(wait_until_gone(process, std::chrono::milliseconds(1)));
  close(rest[1]);
  EXPECT_TRUE(wait_until_gone(process, seconds(30)));
  EXPECT_FALSE(alive(process));
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace baton::cluster
