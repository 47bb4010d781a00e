// The commands as a user types them, with a real ZooKeeper of the cluster's own and stand-ins for the brokers.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/cluster/directory.h"
#include "tests/support/child_process.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace baton {
namespace {

using nlohmann::json;

using Outcome = support::CommandOutcome;

class Commands : public testing::Test {
 protected:
  Commands() {
    setenv("BATON_BROKER", BATON_BINARY_DIR "/bin/fake_broker", 1);
    setenv("BATON_HOME", BATON_SOURCE_DIR, 1);
    port_base_ = 20000 + getpid() % 20000;
  }
  ~Commands() override { baton("down --purge"); }

  Outcome baton(const std::string& arguments, const std::string& before = "") {
    return support::run_command(before + " " BATON_BINARY_DIR "/bin/baton-cli " + arguments + " --dir " + directory());
  }
  // The broker without substance has no supervisor either.
  Outcome up(const std::string& more = "") {
    return baton("up --set broker.supervised=false --port-base " + std::to_string(port_base_) + " " + more);
  }
  std::string directory() const { return dir_ / "cluster"; }
  json status() { return json::parse(baton("status --json").out); }
  pid_t pid_of(int broker) { return status()["brokers"][static_cast<size_t>(broker - 1)]["pid"].get<pid_t>(); }

  support::TempDir dir_;
  int port_base_;
};

TEST_F(Commands, UpStartsEverythingAndDownStopsIt) {
  Outcome outcome = up();
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(outcome.out.find("kcat -P"), std::string::npos);
  json now = status();
  EXPECT_EQ(now["controller"]["id"], 1);
  ASSERT_EQ(now["brokers"].size(), 3u);
  pid_t first = now["brokers"][0]["pid"].get<pid_t>();
  EXPECT_EQ(baton("status").code, 0);
  EXPECT_EQ(baton("down").code, 0);
  EXPECT_FALSE(cluster::alive(cluster::identify(first)));
  EXPECT_EQ(baton("status").code, 1);
  EXPECT_EQ(up().code, 0);
  EXPECT_EQ(baton("down --purge").code, 0);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(Commands, UpAgainSaysThatItIsUp) {
  ASSERT_EQ(up().code, 0);
  pid_t before = pid_of(1);
  Outcome again = baton("up");
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.error.find("is up already"), std::string::npos);
  EXPECT_EQ(pid_of(1), before);
}

TEST_F(Commands, UpRepairsAfterACrashButKeepsDownWhatWasKilledOnPurpose) {
  ASSERT_EQ(up().code, 0);
  ::kill(pid_of(2), SIGKILL);
  ASSERT_EQ(baton("kill 3").code, 0);
  EXPECT_EQ(status()["brokers"][2]["state"], "killed");
  Outcome repaired = baton("up");
  ASSERT_EQ(repaired.code, 0) << repaired.error;
  EXPECT_NE(repaired.error.find("Started again: broker 2"), std::string::npos) << repaired.error;
  EXPECT_NE(repaired.error.find("baton start 3 --dir " + directory()), std::string::npos) << repaired.error;
  EXPECT_EQ(status()["brokers"][1]["state"], "live");
  EXPECT_TRUE(status()["brokers"][2]["pid"].is_null());
  EXPECT_EQ(baton("start 3").code, 0);
  EXPECT_EQ(baton("status --wait --timeout 10").code, 0);
}

TEST_F(Commands, AddBrokerTakesTheNextId) {
  ASSERT_EQ(up("--brokers 1").code, 0);
  Outcome added = baton("add-broker");
  ASSERT_EQ(added.code, 0) << added.error;
  EXPECT_EQ(status()["brokers"][1]["id"], 2);
  EXPECT_EQ(status()["brokers"][1]["state"], "live");
}

TEST_F(Commands, APortInUseIsOneLineThatSaysWhatToDo) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  Outcome outcome = baton("up --port-base " + std::to_string(ntohs(address.sin_port)));
  close(fd);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("is in use"), std::string::npos);
  EXPECT_NE(outcome.error.find("--port-base"), std::string::npos);
  EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(Commands, MissingJavaIsSaidWithWhatToInstall) {
  Outcome outcome = baton("up --port-base " + std::to_string(port_base_), "PATH=/nowhere");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("default-jre-headless"), std::string::npos) << outcome.error;
  // What it was about to do, and the error in one line.
  EXPECT_TRUE(outcome.error.starts_with("Starting ZooKeeper on port ")) << outcome.error;
  EXPECT_EQ(outcome.error.find("\nbaton: Java is missing: "), outcome.error.find('\n')) << outcome.error;
  EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 2) << outcome.error;
}

TEST_F(Commands, ASettingWithASlipStartsNothing) {
  Outcome outcome = up("--set log.segement.bytes=5");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.error, "baton: --set: unknown key log.segement.bytes; did you mean log.segment.bytes?\n");
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(Commands, ADirectoryWithOtherThingsInItIsLeftAlone) {
  std::filesystem::create_directory(directory());
  std::ofstream(directory() + "/letters") << "dear";
  Outcome outcome = up();
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("letters"), std::string::npos) << outcome.error;
  EXPECT_NE(outcome.error.find("choose another --dir"), std::string::npos) << outcome.error;
  EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
  EXPECT_EQ(baton("down --purge").code, 0);
  EXPECT_EQ(support::text_of(directory() + "/letters"), "dear");
  auto begin = std::filesystem::directory_iterator(directory());
  EXPECT_EQ(std::distance(begin, std::filesystem::directory_iterator()), 1);
}

// One object a line, of what is so at that time.
TEST_F(Commands, StatusIsWatchedUntilTheClusterIsGone) {
  ASSERT_EQ(up("--brokers 2").code, 0);
  std::string output = dir_ / "watch";
  const std::string program = BATON_BINARY_DIR "/bin/baton-cli";
  auto watch = support::ChildProcess::start({program, "status", "--watch", "--json", "--dir", directory()}, output);
  auto states_of_broker_2 = [&] {
    std::vector<std::string> states;
    std::istringstream lines(support::text_of(output));
    for (std::string line; std::getline(lines, line);) {
      json now = json::parse(line, nullptr, false);
      if (now.is_object()) states.push_back(now["brokers"][1]["state"].get<std::string>());
    }
    return states;
  };
  auto soon = [](auto condition) { return support::wait_for(std::chrono::seconds(60), condition); };
  ASSERT_TRUE(soon([&] { return states_of_broker_2().size() >= 2; })) << support::text_of(output);
  EXPECT_EQ(states_of_broker_2().front(), "live");
  ASSERT_EQ(baton("kill 2").code, 0);
  EXPECT_TRUE(soon([&] { return states_of_broker_2().back() == "killed"; })) << support::text_of(output);
  EXPECT_TRUE(watch.running());
  ASSERT_EQ(baton("down --purge").code, 0);
  auto exit = watch.wait(std::chrono::seconds(60));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 2);
  EXPECT_NE(support::text_of(output).find("baton up"), std::string::npos) << support::text_of(output);
}

TEST_F(Commands, ABrokerThatEndsAtOnceIsShownWithItsLastWords) {
  Outcome outcome = up("--brokers 1 --set baton.internal.fail=no-such-luck");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("no-such-luck"), std::string::npos) << outcome.error;
}

TEST_F(Commands, WithoutAClusterEachSaysHowToStartOne) {
  for (const char* command : {"status", "down", "kill 1", "start 1", "add-broker", "logs"}) {
    Outcome outcome = baton(command);
    EXPECT_EQ(outcome.code, 2) << command;
    EXPECT_NE(outcome.error.find("baton up"), std::string::npos) << command;
  }
}

TEST_F(Commands, KillRefusesAnUnknownBrokerOrSignal) {
  ASSERT_EQ(up("--brokers 1").code, 0);
  EXPECT_EQ(baton("kill 7").code, 2);
  EXPECT_EQ(baton("kill 1 --signal SIGNOSUCH").code, 2);
  EXPECT_EQ(baton("kill 1 --signal SIGCONT").code, 0);
  EXPECT_EQ(status()["brokers"][0]["state"], "live");
}

TEST_F(Commands, LogsNameTheProcess) {
  ASSERT_EQ(up("--brokers 1").code, 0);
  Outcome outcome = baton("logs 1");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("broker-1  | broker 1 listens"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace baton
