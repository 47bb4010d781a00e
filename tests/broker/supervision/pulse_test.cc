// A pulse around real reactors: one is held up in the ways that a thread can be, and the host is told or not.
#include "broker/supervision/pulse.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "broker/supervision/progress.h"
#include "broker/supervision/threads.h"
#include "tests/support/wait.h"

namespace baton::supervision {
namespace {

using std::chrono::milliseconds;
constexpr std::chrono::seconds kPatience{60};

// Two reactors, and a manager's thread that is a third.
class PulseTest : public testing::Test {
 protected:
  PulseTest() {
    Pulse::Host host;
    host.ask_manager = [this](Task alive) { manager_.post(std::move(alive)); };
    host.stalled = [this](bool stalled) {
      const std::lock_guard lock(mutex_);
      told_.push_back(stalled);
    };
    board_->phase = Phase::kServing;
    pulse_ = std::make_unique<Pulse>(*board_, StallConfig{milliseconds(300)}, -1, std::move(host));
    for (network::Reactor* reactor : {&one_, &two_, &manager_}) threads_.emplace_back([reactor] { reactor->run(); });
    pulse_->watch(one_, "one");
    pulse_->watch(two_, "two");
    pulse_->begin();
  }
  ~PulseTest() override {
    pulse_->end();
    for (network::Reactor* reactor : {&one_, &two_, &manager_}) reactor->stop();
    for (std::thread& thread : threads_) thread.join();
    pulse_.reset();
  }

  std::vector<bool> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  bool soon(const std::function<bool()>& condition) { return support::wait_for(kPatience, condition); }
  std::string log_of_progress() {
    std::string text;
    for (const Beat& beat : board_->beats()) text += std::to_string(beat.tid) + " ";
    return text;
  }

  BoardHandle board_ = own_board();
  network::Reactor one_, two_, manager_;
  std::unique_ptr<Pulse> pulse_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::vector<bool> told_;
};

TEST_F(PulseTest, EveryThreadIsWatchedAndGoesOnBeating) {
  ASSERT_TRUE(soon([&] { return board_->beats().size() == 3; })) << log_of_progress();
  const std::vector<Beat> before = board_->beats();
  EXPECT_TRUE(soon([&] {
    const std::vector<Beat> now = board_->beats();
    for (size_t i = 0; i < now.size(); ++i) {
      if (now[i].progress - before[i].progress < milliseconds(500)) return false;
    }
    return true;
  }));
  EXPECT_TRUE(told().empty());
}

TEST_F(PulseTest, AThreadThatSleepsForGoodIsAStallUntilItWakes) {
  ASSERT_TRUE(soon([&] { return board_->beats().size() == 3; }));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  one_.post([fd = ends[0]] {
    char byte;
    (void)!read(fd, &byte, 1);
  });
  EXPECT_TRUE(soon([&] { return told() == std::vector<bool>{true}; }));
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(soon([&] { return told() == std::vector<bool>{true, false}; }));
  close(ends[0]);
  close(ends[1]);
}

// Who makes a child by CLONE_VFORK waits in the kernel, in the state that is called disk wait, until the child has ended. By the bare
// system call, and with memory of its own for the child: sanitizers replace vfork().
TEST_F(PulseTest, AThreadInDiskWaitIsAStallUntilTheDiskAnswers) {
  ASSERT_TRUE(soon([&] { return board_->beats().size() == 3; }));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<int32_t> tid{0};
  two_.post([&tid, fd = ends[0]] {
    tid = gettid();
    char byte;
    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) {
      (void)!read(fd, &byte, 1);
      _exit(0);
    }
  });
  EXPECT_TRUE(soon([&] {
    const std::vector<ThreadSample> threads = threads_of(getpid());
    return std::any_of(threads.begin(), threads.end(),
                       [&](const ThreadSample& each) { return each.tid == tid && each.state == ThreadState::kDiskWait; });
  }));
  EXPECT_TRUE(soon([&] { return told() == std::vector<bool>{true}; }));
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(soon([&] { return told() == std::vector<bool>{true, false}; }));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(PulseTest, LongWorkThatSaysThatItGoesOnIsNoStall) {
  ASSERT_TRUE(soon([&] { return board_->beats().size() == 3; }));
  std::atomic<int32_t> tid{0};
  std::atomic<bool> enough{false}, done{false};
  one_.post([&] {
    tid = gettid();
    while (!enough) {
      usleep(20'000);
      still_working();
    }
    done = true;
  });
  ASSERT_TRUE(soon([&] { return tid != 0; }));
  // The others' loops go round for five time-outs, and it gives signs of life meanwhile, though its own does not.
  const std::vector<Beat> before = board_->beats();
  EXPECT_TRUE(soon([&] {
    const std::vector<Beat> now = board_->beats();
    for (size_t i = 0; i < now.size(); ++i) {
      if (now[i].progress - before[i].progress < milliseconds(1500)) return false;
    }
    return true;
  }));
  EXPECT_TRUE(told().empty());
  enough = true;
  while (!done) usleep(1000);  // it must not outlive what it looks at
}

TEST(Board, WhatWasPublishedIsReadWhole) {
  BoardHandle board = own_board();
  EXPECT_FALSE(board->life.read());
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; i < 20'000; ++i) {
      LifeOnBoard life;
      life.broker_id = i;
      life.broker_epoch = i;
      life.cluster_id.set(std::to_string(i));
      board->life.publish(life);
    }
    over = true;
  });
  while (!over) {
    const auto life = board->life.read();
    if (!life) continue;
    EXPECT_EQ(life->broker_epoch, life->broker_id);
    EXPECT_EQ(life->cluster_id.str(), std::to_string(life->broker_id));
  }
  writer.join();
  EXPECT_EQ(board->life.read()->broker_id, 19'999);
}

TEST(Board, ATextThatIsTooLongIsCutOff) {
  Text<8> text;
  text.set("0123456789");
  EXPECT_EQ(text.str(), "0123456");
}

}  // namespace
}  // namespace baton::supervision
