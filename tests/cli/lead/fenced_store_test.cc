// A minute in which whoever leads is killed or stopped at random, twenty contend, and what they lead for is a fenced store: its writes are
// those of one holder after another, also where a stroke takes a leader together with its guardian and leaves what they had started.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>

#include "tests/support/child_process.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"
#include "tests/support/zookeeper_server.h"

namespace baton::lead {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int kContenders = 20;
constexpr seconds kHowLong(60);

class FencedStore : public ::testing::Test {
 protected:
  void SetUp() override {
    zookeeper.start();
    for (int i = 0; i < kContenders; ++i) contenders.push_back(contender());
  }

  support::ChildProcess contender() {
    return support::ChildProcess::start(
        {BATON_BINARY_DIR "/bin/baton-cli", "lead", "job", "--again", "--zookeeper", zookeeper.connect_string(), "--session", "600", "--",
         BATON_BINARY_DIR "/bin/fenced_writer", dir / "store", dir / "journal"},
        dir / "output");
  }
  struct Told {
    int writes = 0, refused = 0, holders = 0, last = 0;
  };
  // What the journal tells. A count that does not grow is a write over another one, a token that falls comes after its successor's.
  void read_journal(Told& told) const {
    std::ifstream file(dir / "journal");
    int token = 0, count = 0;
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string what;
      int under = 0, counted = 0;
      words >> what >> under >> counted;
      told.refused += what == "refused";
      if (what != "wrote") continue;
      ++told.writes;
      ASSERT_GE(under, token) << "write " << told.writes << " is a former holder's";
      ASSERT_GT(counted, count) << "write " << told.writes << " goes over another one";
      told.holders += under > token;
      token = under;
      count = counted;
    }
    told.last = token;
  }
  int token() const {
    Told told;
    read_journal(told);
    return told.last;
  }
  // The first of a process's children, as the kernel lists them; 0: none.
  static pid_t child_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    pid_t child = 0;
    file >> child;
    return child;
  }
  // Of the one contender whose guardian has a command running.
  struct Leader {
    size_t contender = 0;
    pid_t guardian = 0;
  };
  std::optional<Leader> leader() const {
    for (size_t i = 0; i < contenders.size(); ++i) {
      const pid_t guardian = child_of(contenders[i].pid());
      if (guardian > 0 && child_of(guardian) > 0) return Leader{i, guardian};
    }
    return std::nullopt;
  }

  support::ZooKeeperServer zookeeper;
  support::TempDir dir;
  std::vector<support::ChildProcess> contenders;
};

TEST_F(FencedStore, TakesNoTwoHoldersWritesInterleavedInAMinuteOfKillsAtRandom) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<std::pair<Clock::time_point, size_t>> stopped;  // continued at that time
  int strokes = 0, kills = 0;
  for (const auto end = Clock::now() + kHowLong; Clock::now() < end;) {
    support::wait_for(milliseconds(below(400)), [] { return false; });
    for (auto& [at, who] : stopped) {
      if (Clock::now() >= at) contenders[who].signal(SIGCONT);
    }
    std::erase_if(stopped, [](const auto& each) { return Clock::now() >= each.first; });
    const auto leads = leader();
    const size_t victim = leads && below(3) > 0 ? leads->contender : static_cast<size_t>(below(kContenders));
    const bool of_leader = leads && victim == leads->contender;
    if (below(4) == 0) {
      contenders[victim].signal(SIGSTOP);
      stopped.emplace_back(Clock::now() + milliseconds(below(2500)), victim);
      continue;
    }
    if (of_leader && below(3) == 0) {  // at one stroke: neither may see the other's end
      contenders[victim].signal(SIGSTOP);
      ::kill(leads->guardian, SIGKILL);
      ++strokes;
    } else if (of_leader && below(3) == 0) {
      ::kill(leads->guardian, SIGKILL);
    }
    contenders[victim].kill();
    std::erase_if(stopped, [&](const auto& each) { return each.second == victim; });
    contenders[victim] = contender();
    ++kills;
  }
  for (auto& [at, who] : stopped) contenders[who].signal(SIGCONT);
  const int former = token();
  if (const auto leads = leader()) contenders[leads->contender].kill();
  EXPECT_TRUE(support::wait_for(seconds(20), [&] { return token() > former; })) << "nobody leads any more\n"
                                                                                << support::text_of(dir / "output");
  contenders.clear();
  Told told;
  read_journal(told);
  std::cout << kills << " kills, " << strokes << " at one stroke with the guardian; " << told.holders << " holders, " << told.writes
            << " writes, " << told.refused << " refused" << std::endl;
  EXPECT_GE(told.holders, 20);
  if (strokes > 1) {
    EXPECT_GT(told.refused, 0) << "who is left behind goes on until the store refuses it";
  }
  EXPECT_GE(told.writes, 1000);
}

}  // namespace
}  // namespace baton::lead
