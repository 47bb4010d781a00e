// Supervised brokers as `baton up` starts them: what hangs is killed and proven dead, what dies is started anew, and nobody is
// killed who is needed. Silence is made so slow here that whatever happens within seconds happened by proof.
#include <gtest/gtest.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/client/topic_admin.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"
#include "tests/support/wait.h"

namespace baton::rig {
namespace {

constexpr std::chrono::seconds kLongBeforeSilence{15};

class Supervisor : public testing::Test {
 protected:
  static std::map<std::string, std::string> slow_silence() {
    return {{"zookeeper.session.timeout.ms", "20000"}, {"control.timeout.ms", "20000"}, {"leader.lease.ms", "5000"}};
  }
  // When a stage of this broker's last failover was, as any node tells; none: it was not.
  std::optional<control::FailoverStage> stage(int broker, const std::string& name) {
    std::optional<control::FailoverStage> found;
    for (int id : {1, 2, 3}) {
      const auto status = rig.ask(id);
      for (int i = 0; status && i < status->recent_size(); ++i) {
        const control::FailoverStage& each = status->recent(i);
        if (each.broker_id() != broker || each.stage() != name) continue;
        if (!found || each.boottime_ns() > found->boottime_ns()) found = each;
      }
    }
    return found;
  }
  std::string log_of(int id) const {
    std::ifstream file(rig.cluster().directory().broker_log(id));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  bool says(int id, const std::string& words) const { return log_of(id).find(words) != std::string::npos; }
  void await_new_life(int id, const cluster::ProcessId& former) {
    await("broker " + std::to_string(id) + " is started anew", [&] {
      const cluster::ProcessId now = rig.broker(id);
      return now.pid > 0 && !(now == former);
    });
    rig.await_health();
  }

  SystemClock clock;
  mutable LocalCluster rig{slow_silence()};
};

TEST_F(Supervisor, AStoppedLeaderIsKilledProvenDeadAndBack) {
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  const int victim = cast.others[0];
  drills::Bed bed(rig.place(), "hang", {victim, cast.others[1], cast.controller});
  must(bed.prepare(), "preparing");
  const cluster::ProcessId former = rig.broker(victim);
  const Instant stopped = clock.now();
  ASSERT_TRUE(cluster::send_signal(former, SIGSTOP));
  EXPECT_TRUE(support::wait_for(kLongBeforeSilence, [&] { return bed.probe().first_acknowledged(stopped, victim).has_value(); }))
      << log_of(victim);
  if (const auto raw = bed.probe().first_acknowledged(stopped, victim)) {
    std::cout << "first acknowledgement " << drills::ms_between(stopped, raw->done_ns) << " ms after SIGSTOP\n";
  }
  EXPECT_TRUE(cluster::wait_until_gone(former, kPatience));
  await_new_life(victim, former);
  const auto detected = stage(victim, "detected");
  ASSERT_TRUE(detected);
  EXPECT_EQ(detected->detail(), "proof");
  const auto granted = stage(victim, "kill_granted");
  ASSERT_TRUE(granted);
  EXPECT_GE(granted->boottime_ns() - stopped.ns, 250'000'000) << "the stall time-out was not waited for";
  EXPECT_LT(granted->boottime_ns(), detected->boottime_ns());
  EXPECT_EQ(cluster::alive(rig.keeper(victim)), true);
  expect_nothing_lost(bed);
}

TEST_F(Supervisor, AHungControllerIsKilledByLeaveOfAStandby) {
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  drills::Bed bed(rig.place(), "hang-controller", {cast.controller, cast.others[0], cast.others[1]});
  must(bed.prepare(), "preparing");
  const cluster::ProcessId former = rig.broker(cast.controller);
  ASSERT_TRUE(cluster::send_signal(former, SIGSTOP));
  EXPECT_TRUE(support::wait_for(kLongBeforeSilence, [&] {
    const int now = rig.state().controller_id;
    return now >= 0 && now != cast.controller;
  })) << log_of(cast.controller);
  EXPECT_TRUE(cluster::wait_until_gone(former, kPatience));
  await_new_life(cast.controller, former);
  EXPECT_TRUE(stage(cast.controller, "kill_granted"));
  expect_nothing_lost(bed);
}

// One thread of the process, held by this one as a debugger holds it, while all others run.
class HeldThread {
 public:
  HeldThread(pid_t process, const std::string& name) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
      std::string comm;
      std::getline(std::ifstream(entry.path() / "comm"), comm);
      if (comm == name) tid_ = std::stoi(entry.path().filename());
    }
    if (ptrace(PTRACE_SEIZE, tid_, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, tid_, 0, 0) != 0)
      throw std::runtime_error("thread " + name + " can not be held: " + strerror(errno));
  }
  // A thread that is held is buried by its holder, and its process not before. To be called until the process is gone.
  void bury() const { waitpid(tid_, nullptr, WNOHANG | __WALL); }

 private:
  pid_t tid_ = -1;
};

// Sockets are answered by other threads, the manager renews the lease: the gray failure that silence never tells of.
TEST_F(Supervisor, OneShardThatHangsIsEnoughAndTheControllerGrantsItsOwnKill) {
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  drills::Bed bed(rig.place(), "hang-shard", {cast.controller, cast.others[0], cast.others[1]});
  must(bed.prepare(), "preparing");
  const cluster::ProcessId former = rig.broker(cast.controller);
  const HeldThread held(former.pid, "baton-shard-0");
  EXPECT_TRUE(support::wait_for(kLongBeforeSilence, [&] {
    held.bury();
    return !cluster::alive(former);
  })) << log_of(cast.controller);
  EXPECT_TRUE(says(cast.controller, "and its supervisor may kill it"));
  await_new_life(cast.controller, former);
  expect_nothing_lost(bed);
}

class TwoHang : public Supervisor {
 protected:
  void hang_both(const std::vector<int>& ids) {
    std::map<int, cluster::ProcessId> former;
    for (int id : ids) former[id] = rig.broker(id);
    for (const auto& [id, process] : former) ASSERT_TRUE(cluster::send_signal(process, SIGSTOP));
    for (const auto& [id, process] : former) ASSERT_TRUE(cluster::wait_until_gone(process, kPatience)) << log_of(id);
    for (const auto& [id, process] : former) await_new_life(id, process);
  }
  // Only when the first was no member of anything any more, and had come back, was the second one's turn.
  void expect_one_after_the_other(int one, int another) {
    const auto first = stage(one, "kill_granted"), second = stage(another, "kill_granted");
    ASSERT_TRUE(first && second);
    const bool in_order = first->boottime_ns() < second->boottime_ns();
    const auto removed = stage(in_order ? one : another, "removed_confirmed");
    ASSERT_TRUE(removed);
    EXPECT_LT(removed->boottime_ns(), (in_order ? second : first)->boottime_ns());
  }
};

TEST_F(TwoHang, AtOnceAndAreKilledOneAfterTheOther) {
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  drills::Bed bed(rig.place(), "hang-both", {cast.others[0], cast.others[1], cast.controller});
  must(bed.prepare(), "preparing");
  // On a busy machine one supervisor may find its broker hung only when the other one's is dead: then nobody had to wait, so once more.
  const auto one_waited = [&] { return says(cast.others[0], "one kill at a time") || says(cast.others[1], "one kill at a time"); };
  for (int round = 0; round < 10 && !one_waited(); ++round) {
    ASSERT_NO_FATAL_FAILURE(hang_both(cast.others));
    ASSERT_NO_FATAL_FAILURE(expect_one_after_the_other(cast.others[0], cast.others[1]));
  }
  EXPECT_TRUE(one_waited());
  expect_nothing_lost(bed);
}

TEST_F(Supervisor, TheLastOfAnIsrIsNotKilled) {
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  const int victim = cast.others[0];
  client::NewTopic topic;
  topic.name = "alone";
  topic.assignment = {{victim}};
  must(client::create_topic(rig.bootstrap(), topic, client::after(kPatience)), "a topic of one replica");
  const cluster::ProcessId process = rig.broker(victim);
  const Standing before = Standing::of(rig.state());
  ASSERT_TRUE(cluster::send_signal(process, SIGSTOP));
  await("the supervisor is refused", [&] { return says(victim, "may not be killed: it is the last of an ISR"); });
  EXPECT_TRUE(cluster::alive(process));
  ASSERT_TRUE(cluster::send_signal(process, SIGCONT));
  rig.await_health();
  EXPECT_EQ(rig.broker(victim), process);
  EXPECT_EQ(Standing::of(rig.state()), before);
}

TEST_F(Supervisor, ABrokerThatDiesIsStartedAnewAndOneThatIsKilledForGoodIsNot) {
  const cluster::ProcessId first = rig.broker(2), keeper = rig.keeper(2);
  ASSERT_TRUE(cluster::send_signal(first, SIGKILL));
  await_new_life(2, first);
  EXPECT_EQ(rig.keeper(2), keeper);
  EXPECT_TRUE(cluster::alive(keeper));

  const cluster::ProcessId second = rig.broker(2);
  must(rig.cluster().signal_broker(2, SIGKILL), "killing for good");
  EXPECT_TRUE(cluster::wait_until_gone(second, kPatience));
  EXPECT_TRUE(cluster::wait_until_gone(keeper, kPatience));
  EXPECT_EQ(rig.state().brokers[1].state, "killed");
  must(rig.cluster().start_broker(2), "starting");
  rig.await_health();
}

TEST_F(Supervisor, ABrokerDiesWithItsSupervisorAndEndsInOrderWithIt) {
  const cluster::ProcessId broker = rig.broker(1), keeper = rig.keeper(1);
  ASSERT_TRUE(cluster::send_signal(keeper, SIGKILL));
  EXPECT_TRUE(cluster::wait_until_gone(broker, kPatience));
  must(rig.cluster().start_broker(1), "starting");
  rig.await_health();

  const cluster::ProcessId other = rig.broker(3), its_keeper = rig.keeper(3);
  ASSERT_TRUE(cluster::send_signal(its_keeper, SIGTERM));
  EXPECT_TRUE(cluster::wait_until_gone(other, kPatience));
  EXPECT_TRUE(cluster::wait_until_gone(its_keeper, kPatience));
  EXPECT_TRUE(says(3, "shut down in good order"));
  must(rig.cluster().start_broker(3), "starting");
  rig.await_health();
}

TEST_F(Supervisor, ABrokerThatRefusesItsConfigurationIsNotStartedAnew) {
  const std::string output = rig.dir() / "second.log";
  support::ChildProcess second =
      rig.start_another(2, {{"listeners", "PLAINTEXT://127.0.0.1:0"}, {"control.listener", "127.0.0.1:0"}}, output);
  const auto exit = second.wait(kPatience);
  ASSERT_TRUE(exit) << support::text_of(output);
  EXPECT_EQ(exit->code, 1);
  EXPECT_NE(support::text_of(output).find("is not started anew"), std::string::npos) << support::text_of(output);
}

}  // namespace
}  // namespace baton::rig
