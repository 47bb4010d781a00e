// Runners of tasks as real processes, on a real ZooKeeper: does the plugin keep its promises to a host that knows only its
// ABI?
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"
#include "tests/support/zookeeper_server.h"

namespace baton {
namespace {

using std::chrono::seconds;

struct TaskRun {
  std::string task;
  int epoch = 0;
  int64_t at_ns = 0;
};

class Runner {
 public:
  Runner(int id, const std::string& zookeeper, const std::string& output, const std::string& create = {}) : output_(output) {
    std::vector<std::string> argv = {TASK_RUNNER, std::to_string(id), zookeeper};
    if (!create.empty()) argv.push_back(create);
    process = support::ChildProcess::start(argv, output);
  }

  bool said(const std::string& words) const { return text().find(words) != std::string::npos; }
  std::string text() const {
    std::ifstream file(output_);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }
  std::vector<TaskRun> runs(const std::string& task) const {
    std::vector<TaskRun> found;
    std::istringstream lines(text());
    std::string line;
    while (std::getline(lines, line)) {
      TaskRun run;
      char name[64] = "";
      long long at = 0;
      if (std::sscanf(line.c_str(), "ran %63s epoch %d at %lld", name, &run.epoch, &at) != 3 || task != name) continue;
      run.task = name;
      run.at_ns = at;
      found.push_back(run);
    }
    return found;
  }
  support::ChildProcess process;

 private:
  std::string output_;
};

class PluginHost : public ::testing::Test {
 protected:
  void SetUp() override { zookeeper.start(); }

  // `count` runners, and a set of one task that each may run.
  void start(int count) {
    for (int id = 1; id <= count; ++id) {
      runners.push_back(std::make_unique<Runner>(id, zookeeper.connect_string() + "/tasks", dir / ("runner-" + std::to_string(id)),
                                                 id == 1 ? "job:1:" + std::to_string(count) : std::string()));
    }
    ASSERT_TRUE(support::wait_for(seconds(60), [&] { return running() != nullptr; })) << transcript();
  }
  // Who ran the task last; null: nobody yet.
  Runner* running() const {
    Runner* found = nullptr;
    int64_t latest = 0;
    for (const auto& runner : runners) {
      const auto runs = runner->runs("job-0");
      if (runs.empty() || runs.back().at_ns <= latest) continue;
      latest = runs.back().at_ns;
      found = runner.get();
    }
    return found;
  }
  // Another runner than this one has run the task.
  Runner* successor(const Runner* of, int above_epoch) const {
    for (const auto& runner : runners) {
      const auto runs = runner->runs("job-0");
      if (runner.get() != of && !runs.empty() && runs.back().epoch > above_epoch) return runner.get();
    }
    return nullptr;
  }
  std::string transcript() const {
    std::string all;
    for (const auto& runner : runners) all += "---\n" + runner->text().substr(0, 4000);
    return all;
  }

  support::ZooKeeperServer zookeeper;
  support::TempDir dir;
  std::vector<std::unique_ptr<Runner>> runners;
};

TEST_F(PluginHost, OneAloneIsElectedCreatesAndRuns) {
  start(1);
  EXPECT_TRUE(runners[0]->said("registered"));
  EXPECT_TRUE(runners[0]->said("lead job-0 epoch"));
  runners[0]->process.signal(SIGTERM);
  const auto exit = runners[0]->process.wait(seconds(20));
  ASSERT_TRUE(exit) << "it ends in good order";
  EXPECT_EQ(exit->signal, 0);
  EXPECT_EQ(exit->code, 0);
}

TEST_F(PluginHost, AnotherTakesOverWhenTheRunnerIsKilled) {
  start(3);
  Runner* victim = running();
  const int epoch = victim->runs("job-0").back().epoch;
  victim->process.kill();
  ASSERT_TRUE(support::wait_for(seconds(30), [&] { return successor(victim, epoch) != nullptr; })) << transcript();
}

// R4 on real clocks: the one that is stopped for long, and wakes, does not run its task once more.
TEST_F(PluginHost, AStoppedRunnerIsSucceededAndNeverRunsAgainUnderItsOldEpoch) {
  start(3);
  Runner* victim = running();
  const int epoch = victim->runs("job-0").back().epoch;
  victim->process.signal(SIGSTOP);
  ASSERT_TRUE(support::wait_for(seconds(30), [&] { return successor(victim, epoch) != nullptr; })) << transcript();
  Runner* heir = successor(victim, epoch);
  victim->process.signal(SIGCONT);
  ASSERT_TRUE(support::wait_for(seconds(30), [&] { return victim->said("stop "); })) << transcript();

  const auto heirs_runs = heir->runs("job-0");
  const auto first = std::find_if(heirs_runs.begin(), heirs_runs.end(), [&](const TaskRun& run) { return run.epoch > epoch; });
  ASSERT_NE(first, heirs_runs.end());
  for (const TaskRun& run : victim->runs("job-0")) {
    if (run.epoch <= epoch) {
      EXPECT_LT(run.at_ns, first->at_ns);
    }
  }
}

}  // namespace
}  // namespace baton
