// `baton lead` on a real ZooKeeper, with commands that do not heed SIGTERM and leave daemons behind. What they wrote to one file, in the
// order of the file, is the judge: a token that falls is a write that came after a successor's.
#include <gmock/gmock.h>
#include <signal.h>
#include <zookeeper/zookeeper.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/clock.h"
#include "cli/lead/kin.h"
#include "cli/lead/runner.h"
#include "controller/lead/hosting/asker.h"
#include "tests/support/child_process.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"
#include "tests/support/zookeeper_server.h"

namespace baton::lead {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr int kSessionMs = 600;
constexpr int kLeaseMs = 900;

struct Line {
  int token = 0;
  int64_t ns = 0;
  pid_t pid = 0, parent = 0;
};

bool exists(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stat, text);
  return !text.empty() && text.find(") Z ") == std::string::npos;
}

pid_t parent_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string word;
  pid_t parent = -1;
  stat >> word >> word >> word >> parent;
  return parent;
}

class BatonLead : public ::testing::Test {
 protected:
  void SetUp() override { zookeeper.start(); }
  void TearDown() override {
    contenders.clear();
    // Nothing outlives its test: what is left belongs to guardians that are ending it now.
    EXPECT_TRUE(support::wait_for(seconds(10), [&] { return written_by_the_living().empty(); }));
  }

  support::ChildProcess contender(const std::vector<std::string>& more = {}, const std::string& how = "") {
    std::vector<std::string> argv = {
        BATON_BINARY_DIR "/bin/baton-cli", "lead", "job", "--zookeeper", zookeeper.connect_string(), "--session",
        std::to_string(kSessionMs)};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.insert(argv.end(), {"--", BATON_BINARY_DIR "/bin/lead_writer", log()});
    if (!how.empty()) argv.push_back(how);
    return support::ChildProcess::start(argv, dir / "output");
  }
  support::CommandOutcome baton(const std::string& arguments) {
    return support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead " + arguments + " --zookeeper " + zookeeper.connect_string());
  }
  std::string log() const { return dir / "log"; }
  std::vector<Line> lines() const {
    std::vector<Line> all;
    std::ifstream file(log());
    for (Line line; file >> line.token >> line.ns >> line.pid >> line.parent;) all.push_back(line);
    return all;
  }
  int token() const {
    const auto all = lines();
    return all.empty() ? 0 : all.back().token;
  }
  std::set<pid_t> written_by_the_living() const {
    std::set<pid_t> pids;
    for (const Line& line : lines()) pids.insert(line.pid);
    std::erase_if(pids, [](pid_t pid) { return !exists(pid); });
    return pids;
  }
  // The parent of both that write under the last token, once the daemon has come to it.
  pid_t guardian() const {
    support::wait_for(seconds(5), [this] {
      const auto all = lines();
      std::set<pid_t> pids;
      for (const Line& line : all) {
        if (line.token == all.back().token && line.parent == all.back().parent) pids.insert(line.pid);
      }
      return pids.size() == 2;
    });
    return lines().back().parent;
  }
  bool succeeded(int former) {
    return support::wait_for(seconds(20), [&] { return token() > former; });
  }
  void expect_one_after_the_other() const {
    int last = 0, count = 0;
    for (const Line& line : lines()) {
      ASSERT_GE(line.token, last) << "written after a successor's, line " << count;
      last = line.token;
      ++count;
    }
  }
  std::string output() const {
    std::ifstream file(dir / "output");
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }

  support::ZooKeeperServer zookeeper;
  support::TempDir dir;
  std::vector<support::ChildProcess> contenders;
};

TEST_F(BatonLead, EndsWithTheCodeThatSaysWhy) {
  EXPECT_EQ(baton("job --who").code, 1);
  EXPECT_EQ(
      support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead job --zookeeper " + zookeeper.connect_string() + " -- sh -c 'exit 7'")
          .code,
      7);
  EXPECT_EQ(
      support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead job --zookeeper " + zookeeper.connect_string() + " -- sh -c 'kill -9 $$'")
          .code,
      137);
  EXPECT_EQ(baton("a/b --who").code, kExitUsage);
  EXPECT_EQ(baton("job --nonsense").code, kExitUsage);
  EXPECT_EQ(baton("job").code, kExitUsage);
  EXPECT_EQ(baton("job --elector raft -- true").code, kExitUsage);
  EXPECT_EQ(
      support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead job --zookeeper " + zookeeper.connect_string() + " -- no-such-program")
          .code,
      kExitNotFound);
  EXPECT_EQ(support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead job --who --zookeeper 127.0.0.1:1").code, kExitUnavailable);

  auto store = Asker::open(zookeeper.connect_string(), seconds(10));
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->ask(store::Multi{{store::Create{"/leaders/mine", "somebody else's"}}}).ok());
  const auto refused =
      support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead mine --zookeeper " + zookeeper.connect_string() + " -- true");
  EXPECT_EQ(refused.code, kExitRefused);
  EXPECT_THAT(refused.error, HasSubstr("/leaders/mine"));
}

// A node that only its owner may write below.
TEST_F(BatonLead, SaysThatTheStoreDeniesAccess) {
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zhandle_t* store = zookeeper_init(zookeeper.connect_string().c_str(), nullptr, 10'000, nullptr, nullptr, 0);
  ASSERT_TRUE(support::wait_for(seconds(10), [&] { return zoo_state(store) == ZOO_CONNECTED_STATE; }));
  EXPECT_EQ(zoo_create(store, "/leaders", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, nullptr, 0), ZOK);
  EXPECT_EQ(zoo_create(store, "/leaders/locked", kMark.data(), kMark.size(), &ZOO_READ_ACL_UNSAFE, 0, nullptr, 0), ZOK);
  zookeeper_close(store);
  const auto denied =
      support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead locked --zookeeper " + zookeeper.connect_string() + " -- true");
  EXPECT_EQ(denied.code, kExitDenied);
  EXPECT_THAT(denied.error, HasSubstr("denies"));
}

TEST_F(BatonLead, ResignsOnRequestAndTheNextDoesNotWait) {
  contenders.push_back(contender({}, "gentle"));
  ASSERT_TRUE(succeeded(0)) << output();
  contenders.push_back(contender({"--again"}, "gentle"));
  ASSERT_TRUE(support::wait_for(seconds(10), [&] { return baton("job --who --json").out.find("\"queue\"") != std::string::npos; }));
  EXPECT_EQ(baton("job --who").code, 0);
  const auto mixed = support::run_command(BATON_BINARY_DIR "/bin/baton-cli lead job --elector lease --zookeeper " +
                                          zookeeper.connect_string() + " -- true");
  EXPECT_EQ(mixed.code, kExitUsage);
  EXPECT_THAT(mixed.error, HasSubstr("--elector zookeeper"));
  const int former = token();
  const auto resigned = baton("job --resign");
  EXPECT_EQ(resigned.code, 0) << resigned.error;
  const auto exit = contenders[0].wait(seconds(10));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, kExitLost);
  ASSERT_TRUE(succeeded(former)) << output();
  expect_one_after_the_other();
  contenders[1].signal(SIGTERM);
  const auto end = contenders[1].wait(seconds(10));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 128 + SIGTERM) << "the command's own";
  EXPECT_EQ(baton("job --who").code, 1);
}

TEST_F(BatonLead, TwentyContendersUnderKillsAndStopsNeverActTogether) {
  constexpr int kContenders = 20;
  for (int i = 0; i < kContenders; ++i) contenders.push_back(contender({"--again"}));
  ASSERT_TRUE(succeeded(0)) << output();
  const auto of_pid = [&](pid_t pid) {
    return std::find_if(contenders.begin(), contenders.end(), [&](const auto& one) { return one.pid() == pid; });
  };
  enum Fault { kKillLeader, kStopLeader, kKillGuardian, kStopGuardian, kPauseThenKillLeader, kCount };
  for (int round = 0; round < 2 * kCount; ++round) {
    const int former = token();
    // The command's own line, whose parent is the guardian.
    const pid_t watches = guardian();
    const pid_t leads = parent_of(watches);
    ASSERT_NE(of_pid(leads), contenders.end()) << output();
    const auto fault = static_cast<Fault>(round % kCount);
    if (fault == kKillLeader) kill(leads, SIGKILL);
    if (fault == kStopLeader) kill(leads, SIGSTOP);
    if (fault == kKillGuardian) kill(watches, SIGKILL);
    if (fault == kStopGuardian) kill(watches, SIGSTOP);
    if (fault == kPauseThenKillLeader) {
      // A leader that is stopped for a moment less than its lease goes on.
      kill(leads, SIGSTOP);
      support::wait_for(milliseconds(kLeaseMs / 4), [] { return false; });
      kill(leads, SIGCONT);
      kill(leads, SIGKILL);
    }
    ASSERT_TRUE(succeeded(former)) << "round " << round << "\n" << output();
    for (const Line& line : lines()) {
      if (line.token <= former) {
        ASSERT_FALSE(exists(line.pid) && line.pid != leads) << "round " << round << ": a process of a former leader still lives";
      }
    }
    if (fault == kStopLeader) kill(leads, SIGCONT);
    const auto found = of_pid(leads);
    if (fault != kStopLeader) {
      ASSERT_TRUE(found->wait(seconds(10))) << "round " << round << "\n" << output();
      *found = contender({"--again"});
    }
  }
  expect_one_after_the_other();
  EXPECT_GT(token(), 2 * kCount);
}

TEST_F(BatonLead, TheElectorThatComparesARecordElectsAsWell) {
  for (int i = 0; i < 3; ++i) contenders.push_back(contender({"--again", "--elector", "lease"}));
  ASSERT_TRUE(succeeded(0)) << output();
  for (int round = 0; round < 2; ++round) {
    const int former = token();
    kill(parent_of(guardian()), SIGKILL);
    ASSERT_TRUE(succeeded(former)) << output();
  }
  expect_one_after_the_other();
}

TEST_F(BatonLead, AStoreThatStopsEndsTheCommandBeforeItsLease) {
  contenders.push_back(contender({"--again"}));
  ASSERT_TRUE(succeeded(0)) << output();
  const int former = token();
  const int64_t stopped_ns = SystemClock().now().ns;
  zookeeper.pause();
  EXPECT_TRUE(support::wait_for(seconds(10), [&] { return written_by_the_living().empty(); }));
  EXPECT_LT(lines().back().ns, stopped_ns + int64_t{kLeaseMs} * 1'000'000);
  zookeeper.resume();
  ASSERT_TRUE(succeeded(former)) << output();
  expect_one_after_the_other();
}

// The guardian ended the command while its leader was stopped: that is a loss, and not the command's own end.
TEST_F(BatonLead, ALeaderThatWasStoppedSaysThatItLost) {
  contenders.push_back(contender({}, "gentle"));
  ASSERT_TRUE(succeeded(0)) << output();
  contenders[0].signal(SIGSTOP);
  EXPECT_TRUE(support::wait_for(seconds(10), [&] { return written_by_the_living().empty(); }));
  contenders[0].signal(SIGCONT);
  const auto exit = contenders[0].wait(seconds(10));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, kExitLost) << output();
}

TEST_F(BatonLead, WithoutItsGuardianTheCommandIsKilledAndTheCodeSaysSo) {
  contenders.push_back(contender());
  ASSERT_TRUE(succeeded(0)) << output();
  ASSERT_TRUE(support::wait_for(seconds(5), [&] { return written_by_the_living().size() == 2; }));
  kill(guardian(), SIGKILL);
  const auto exit = contenders[0].wait(seconds(10));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, kExitGuardian);
  EXPECT_TRUE(written_by_the_living().empty());
}

// The limit that the guide tells of: the kernel takes the command along with its guardian, and nobody is left to find the daemon.
TEST_F(BatonLead, AStrokeThatKillsBothTakesTheCommandAlongAndLeavesItsDaemon) {
  contenders.push_back(contender());
  ASSERT_TRUE(succeeded(0)) << output();
  const pid_t watches = guardian();
  const std::set<pid_t> both = written_by_the_living();
  ASSERT_EQ(both.size(), 2u);
  contenders[0].signal(SIGSTOP);  // so that neither sees the other's end
  kill(watches, SIGSTOP);
  kill(watches, SIGKILL);
  contenders[0].kill();
  EXPECT_TRUE(support::wait_for(seconds(10), [&] { return written_by_the_living().size() == 1; }));
  for (const pid_t left : written_by_the_living()) kill(left, SIGKILL);
}

}  // namespace
}  // namespace baton::lead
