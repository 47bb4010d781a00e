// The supervisor around brokers that are a few lines long. Each test's supervisor is a process of its own, with one thread, as it
// has to be: the tests are those processes' ends.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "broker/supervision/supervisor.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace baton::supervision {
namespace {

using std::chrono::milliseconds;
using Broker = std::function<int(Supervised)>;

constexpr std::chrono::seconds kPatience{30};

void sleep_until_killed() {
  for (;;) pause();
}

class Supervise : public testing::Test {
 protected:
  ~Supervise() override {
    if (supervisor_ <= 0) return;
    kill(supervisor_, SIGKILL);
    waitpid(supervisor_, nullptr, 0);
  }

  // What the broker writes down, a letter for each life.
  void note(char what) const { std::ofstream(notes(), std::ios::app) << what << std::flush; }
  std::string noted() const {
    std::ifstream file(notes());
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void start(const Broker& broker) {
    supervisor_ = fork();
    if (supervisor_ != 0) return;
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGTERM, SIGINT, SIGCHLD, kHoldSignal}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    SupervisorConfig config;
    config.backoff.first = milliseconds(1);
    // The child goes on with the mask of its parent; a broker sets its own.
    _exit(supervise(config, [&](Supervised supervised) {
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      _exit(broker(supervised));
      return 0;
    }));
  }
  // The exit code of the supervisor.
  int exit_code() {
    int status = 0;
    const bool ended = support::wait_for(kPatience, [&] { return waitpid(supervisor_, &status, WNOHANG) == supervisor_; });
    EXPECT_TRUE(ended) << "it goes on";
    if (!ended) return -1;
    supervisor_ = -1;
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    return WEXITSTATUS(status);
  }
  void signal(int number) const { kill(supervisor_, number); }
  std::string directory() const { return directory_ / ""; }
  bool soon(const std::function<bool()>& condition) const { return support::wait_for(kPatience, condition); }

 private:
  std::string notes() const { return directory_ / "notes"; }

  support::TempDir directory_;
  pid_t supervisor_ = -1;
};

// What stands on the board when it dies has been, however short its life was: the supervisor looks there after the death as well.
void serve(const Supervised& supervised) {
  supervised.board.phase = Phase::kServing;
}

TEST_F(Supervise, AnOrderlyEndIsTheEnd) {
  start([&](Supervised supervised) {
    note('1');
    serve(supervised);
    return 0;
  });
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(noted(), "1");
}

TEST_F(Supervise, ARefusedConfigurationIsTheEndAndItsCodeIsPassedOn) {
  start([&](Supervised) {
    note('1');
    return 17;
  });
  EXPECT_EQ(exit_code(), 17);
  EXPECT_EQ(noted(), "1");
}

TEST_F(Supervise, ADeathIsNotUntilALifeEndsInOrder) {
  start([&](Supervised supervised) {
    const std::string lives = noted();
    note('1');
    serve(supervised);
    if (lives.size() < 3) kill(getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(noted(), "1111");
}

TEST_F(Supervise, AFailureAfterAHealthyLifeIsNotTheEnd) {
  start([&](Supervised supervised) {
    const std::string lives = noted();
    note('1');
    if (lives.size() == 2) return 0;
    if (lives.size() == 1) return 5;  // a port that is still taken, for instance
    serve(supervised);
    return 5;
  });
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(noted(), "111");
}

TEST_F(Supervise, SignalsArePassedOnAndWaitedFor) {
  start([&](Supervised supervised) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    serve(supervised);
    note('1');
    int got = 0;
    sigwait(&wanted, &got);
    note('t');
    return 3;
  });
  ASSERT_TRUE(soon([&] { return noted() == "1"; }));
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 3);
  EXPECT_EQ(noted(), "1t");
}

TEST_F(Supervise, OneThatIsHeldIsNotStartedAnewThoughItDiesAtTheSameMoment) {
  start([&](Supervised supervised) {
    note('1');
    serve(supervised);
    // Both are there when the supervisor looks.
    kill(getppid(), kHoldSignal);
    kill(getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(exit_code(), 128 + SIGKILL);
  EXPECT_EQ(noted(), "1");
}

TEST_F(Supervise, TheBrokerDiesWithIt) {
  start([&](Supervised supervised) {
    serve(supervised);
    std::ofstream(directory() + "pid") << getpid() << std::flush;
    sleep_until_killed();
    return 0;
  });
  pid_t broker = 0;
  ASSERT_TRUE(soon([&] { return bool(std::ifstream(directory() + "pid") >> broker) && broker > 0; }));
  signal(SIGKILL);
  EXPECT_TRUE(soon([&] {
    std::ifstream stat("/proc/" + std::to_string(broker) + "/stat");
    std::string text;
    std::getline(stat, text);
    const size_t name_end = text.rfind(')');
    return name_end == std::string::npos || text[name_end + 2] == 'Z';
  }));
}

}  // namespace
}  // namespace baton::supervision
