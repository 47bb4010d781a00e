// The wall clock jumps, forward and back by hours, under every process at once: an administrator, NTP after a bad start, a virtual machine
// that is moved. Nothing that decides anything may rest on it: leases, silence and time-outs count on a clock that only goes forward.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <fstream>

#include "base/assert.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace baton::rig {
namespace {

// The wall clock of every process that is started while this lives.
class WallClock {
 public:
  WallClock() {
    const std::string path = dir_ / "offset";
    std::ofstream(path) << std::string(sizeof(int64_t), '\0');
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    void* memory = mmap(nullptr, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    BATON_ASSERT(fd >= 0 && memory != MAP_FAILED);
    close(fd);
    offset_ = static_cast<std::atomic<int64_t>*>(memory);
    setenv("BATON_TEST_WALL_CLOCK", path.c_str(), 1);
    setenv("LD_PRELOAD", BATON_WALL_CLOCK, 1);
  }
  ~WallClock() {
    unsetenv("LD_PRELOAD");
    unsetenv("BATON_TEST_WALL_CLOCK");
    munmap(offset_, sizeof(int64_t));
  }
  void jump_to(std::chrono::seconds offset) { *offset_ = offset.count(); }
  // What a process sees, against what we do.
  static std::chrono::seconds seen_by_a_process() {
    return std::chrono::seconds(std::stoll(support::run_command("date +%s").out) - std::time(nullptr));
  }

 private:
  support::TempDir dir_;
  std::atomic<int64_t>* offset_ = nullptr;
};

class ClockJump : public testing::Test {
 protected:
  explicit ClockJump(const std::map<std::string, std::string>& settings = {}) : rig(settings) {}

  WallClock wall;
  LocalCluster rig;
  SystemClock clock;
};

TEST_F(ClockJump, ForwardAndBackKillsNobodyAndDelaysNothing) {
  using std::chrono::hours;
  const int leader = rig.state().controller_id == 1 ? 2 : 1;
  drills::Bed bed(rig.place(), "jump", {leader, 3 - leader, 3});
  must(bed.prepare(), "preparing");
  drills::RawProbe one(writer(rig.bootstrap(), "jump", 1, "one"));
  one.start();
  await("acks=1 is acknowledged", [&] { return one.acknowledged() >= 100; });
  const Standing before = Standing::of(rig.state());
  const int controller_epoch = rig.state().controller_epoch;
  const Instant began = clock.now();
  for (const auto offset : {hours(1), hours(-1), hours(24 * 400), hours(-24 * 400), hours(0)}) {
    wall.jump_to(offset);
    EXPECT_LE(std::chrono::abs(WallClock::seen_by_a_process() - offset), std::chrono::seconds(5)) << "the clock did not jump";
    // Longer than a session and a lease, at a record each millisecond.
    await("acks=all goes on", [&, from = bed.probe().acknowledged()] { return bed.probe().acknowledged() >= from + 2000; });
  }
  EXPECT_EQ(Standing::of(rig.state()), before) << "somebody was taken for dead";
  EXPECT_EQ(rig.state().controller_epoch, controller_epoch);
  EXPECT_EQ(refused_between(bed.probe(), began, clock.now()), 0u);
  EXPECT_EQ(refused_between(one, began, clock.now()), 0u) << "leases count on another clock";
  one.stop();
  for (const drills::Outcome& outcome : one.outcomes()) {
    // No leader changed, so what was acknowledged with acks=1 has to be there too.
    if (outcome.error == 0) bed.ledger().acknowledged("one", outcome.sequence, outcome.offset);
  }
  expect_nothing_lost(bed);
}

// Without a supervisor, whose report would be a proof.
class SilenceAcrossAJump : public ClockJump {
 protected:
  SilenceAcrossAJump() : ClockJump({{"broker.supervised", "false"}}) {}
};

TEST_F(SilenceAcrossAJump, LastsNeitherLongerNorShorter) {
  const int leader = rig.state().controller_id == 1 ? 2 : 1;
  drills::Bed bed(rig.place(), "silence", {leader, 3 - leader, 3});
  must(bed.prepare(), "preparing");
  for (const auto offset : {std::chrono::hours(24 * 400), std::chrono::hours(-24 * 400)}) {
    const int led_by = bed.partition().leader;
    const Instant stopped = clock.now();
    cluster::send_signal(rig.broker(led_by), SIGSTOP);
    wall.jump_to(offset);
    await("another leads", [&] { return bed.partition().leader > 0 && bed.partition().leader != led_by; });
    const Duration took = clock.now() - stopped;
    std::cout << "succeeded after " << std::chrono::duration<double, std::milli>(took).count() << " ms\n";
    EXPECT_GT(took, std::chrono::milliseconds(600)) << "before the lease was over";
    EXPECT_LT(took, std::chrono::seconds(20));
    cluster::send_signal(rig.broker(led_by), SIGCONT);
    rig.await_health();
    await("the ISR is full", [&] { return bed.isr_full(); });
  }
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
