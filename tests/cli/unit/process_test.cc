#include "cli/cluster/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

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

}  // namespace
}  // namespace baton::cluster
