// `baton up` with real brokers, after accidents: what can be repaired is repaired, and where it can not be, one line says what to do.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

using Outcome = support::CommandOutcome;

class Up : public testing::Test {
 protected:
  Up() {
    unsetenv("BATON_BROKER");
    setenv("BATON_HOME", BATON_SOURCE_DIR, 1);
  }
  ~Up() override { baton("down --purge"); }

  Outcome baton(const std::string& arguments, const std::string& before = "") {
    return support::run_command(before + " " BATON_BINARY_DIR "/bin/baton-cli " + arguments + " --dir " + directory());
  }
  std::string directory() const { return dir / "cluster"; }
  std::string up_command() const { return "up --brokers 2 --port-base " + std::to_string(port_base); }
  // kill -9 of every process at once.
  void crash() {
    auto cluster = must(cluster::Cluster::open(cluster::Directory(directory())), "opening");
    std::vector<cluster::ProcessId> processes{cluster.description().zookeeper.process};
    for (const auto& broker : cluster.description().brokers) {
      processes.push_back(broker.process);  // a supervisor first: it could start its broker anew
      processes.push_back(broker.own());
    }
    for (const auto& process : processes) cluster::send_signal(process, SIGKILL);
    for (const auto& process : processes) EXPECT_TRUE(cluster::wait_until_gone(process, kPatience));
  }

  support::TempDir dir;
  int port_base = free_port_base(2);
};

TEST_F(Up, RepairsAfterEverythingCrashedAndTheDataIsThere) {
  Outcome first = baton(up_command());
  ASSERT_EQ(first.code, 0) << first.error;
  Outcome produced = baton("produce greetings", "printf 'hello\\nworld\\n' |");
  ASSERT_EQ(produced.code, 0) << produced.error;
  crash();
  EXPECT_EQ(baton("status").code, 1);
  Outcome repaired = baton("up");
  ASSERT_EQ(repaired.code, 0) << repaired.error;
  EXPECT_NE(repaired.error.find("Started again: ZooKeeper, broker 1, broker 2"), std::string::npos) << repaired.error;
  EXPECT_EQ(baton("status --wait --timeout 60").code, 0);
  Outcome consumed = baton("consume greetings -e");
  EXPECT_EQ(consumed.code, 0) << consumed.error;
  EXPECT_NE(consumed.out.find("hello\n"), std::string::npos) << consumed.out;
  EXPECT_NE(consumed.out.find("world\n"), std::string::npos) << consumed.out;
}

TEST_F(Up, RepairsAHungBrokerOnceItIsKilled) {
  ASSERT_EQ(baton(up_command()).code, 0);
  ASSERT_EQ(baton("kill 2 --signal STOP").code, 0);
  ASSERT_EQ(baton("kill 2").code, 0);  // a stopped process, too, dies of SIGKILL
  EXPECT_EQ(baton("start 2").code, 0);
  EXPECT_EQ(baton("status --wait --timeout 60").code, 0);
}

TEST_F(Up, DataOfAnotherClusterIsRefusedInALineThatSaysWhatToDo) {
  ASSERT_EQ(baton(up_command()).code, 0);
  ASSERT_EQ(baton("down").code, 0);
  // A ZooKeeper that knows nothing: another cluster begins in it.
  std::filesystem::remove_all(directory() + "/zookeeper/data");
  Outcome outcome = baton("up");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("belongs to cluster"), std::string::npos) << outcome.error;
  EXPECT_NE(outcome.error.find("zookeeper.connect"), std::string::npos) << outcome.error;
  std::string last = outcome.error.substr(outcome.error.rfind('\n', outcome.error.size() - 2) + 1);
  EXPECT_TRUE(last.starts_with("baton: broker ")) << "more than one line: " << last;
  // Not a record was touched on the way.
  EXPECT_TRUE(std::filesystem::exists(directory() + "/broker-1/data/meta.properties"));
}

}  // namespace
}  // namespace baton::rig
