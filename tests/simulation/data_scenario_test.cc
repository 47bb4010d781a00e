// The scenarios of docs/protocol.md that need data: replicas on simulated disks, clients at work, planned moves.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/logging.h"
#include "base/mutants.h"
#include "partitions/log/record_batch.h"
#include "tests/simulation/data_cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DataScenario : public ::testing::Test {
 protected:
  DataScenario() { log::set_level(log::Level::kError); }
  void up(uint64_t seed = 1, int brokers = 3, bool commit_flush_policy = false) {
    ClusterOptions options;
    options.commit_flush_policy = commit_flush_policy;
    options.seed = seed;
    options.brokers = brokers;
    data_ = std::make_unique<DataCluster>(options, 1);
    ASSERT_TRUE(data().start());
    ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(5)));
  }
  void TearDown() override { down(); }
  void down() {
    clear_mutants();
    if (data_) {
      EXPECT_EQ(data().violation().value_or("none"), "none");
    }
    data_.reset();
  }
  DataCluster& data() { return *data_; }
  Cluster& cluster() { return data().cluster; }
  int leader() { return data().partition(0).leader(); }
  // The partition is led beyond that epoch by somebody who may act.
  bool acts_beyond(int32_t epoch) {
    const control::Partition& state = data().partition(0);
    if (state.leader() == -1 || state.leader_epoch() <= epoch) return false;
    DataBroker* led_by = data().broker(state.leader());
    if (led_by == nullptr || led_by->lease_until() <= cluster().scheduler.now()) return false;
    Replica* replica = led_by->replica(data().key(0));
    return replica != nullptr && replica->role() == ReplicaRole::kLeader;
  }
  // Everybody is up again, nothing was lost, and every client was served.
  void settles() {
    ASSERT_TRUE(data().step_until(
        [&] {
          cluster().start_all();
          return data().whole();
        },
        seconds(30)))
        << data().describe();
    data().workload.stop();
    ASSERT_TRUE(data().step_until([&] { return data().workload.drained(); }, seconds(10)));
    data().workload.check_final();
  }
  void produce(int count, const std::string& what = "by hand") {
    for (int i = 0; i < count; ++i) {
      RecordBatchBuilder builder;
      builder.add(1'700'000'000'000, std::nullopt, what + " " + std::to_string(i));
      bool done = false;
      data().broker(leader())->produce(data().key(0), builder.build(), -1, [&](DataBroker::Acknowledgement answer) {
        EXPECT_EQ(answer.error, ErrorCode::kNone);
        done = true;
      });
      ASSERT_TRUE(data().step_until([&] { return done; }, seconds(2)));
    }
  }

  // R9: the second start must not read clean. The disk is empty, the broker gets its role and makes a log, and is killed before it
  // could catch up with anybody, for the others are down.
  void lose_disk_and_kill_again() {
    up();
    produce(20);
    for (int id : {3, 2, 1}) {  // 2 leaves an ISR that thereby falls below its minimum: it stays eligible
      cluster().kill(id);
      data().step(milliseconds(300));
    }
    data().lose_disk(2);
    cluster().start(2);
    ASSERT_TRUE(data().step_until([&] { return data().broker(2)->replica(data().key(0)) != nullptr; }, seconds(10))) << data().describe();
    cluster().kill(2);
    cluster().start(2);
    data().step(seconds(6));
  }

  // R10: broker 3 holds a log of "t" and sleeps through that topic's end and the beginning of another of the same name.
  void recreate_while_one_sleeps() {
    up();
    produce(20, "old");
    const int sleeper = leader() % 3 + 1 == cluster().ruler() ? (leader() + 1) % 3 + 1 : leader() % 3 + 1;
    const int first = leader(), second = 6 - first - sleeper;
    const RoleKeeper::Key former = data().key(0);
    for (int other : {kStore, first, second}) cluster().links.cut_both(sleeper, other);
    cluster().delete_topic("t");
    ASSERT_TRUE(data().step_until([&] { return cluster().topics().empty(); }, milliseconds(200)));
    cluster().create_topic("t", 1, {first, second, sleeper});
    ASSERT_TRUE(data().step_until([&] { return !cluster().topics().empty() && data().key(0) != former; }, milliseconds(200)));
    ASSERT_EQ(data().partition(0).isr_size(), 3);
    cluster().kill(sleeper);
    cluster().links.heal_all();
    ASSERT_TRUE(data().step_until([&] { return cluster().converged() && data().partition(0).isr_size() == 2; }, seconds(5)));
    produce(5, "new");
    cluster().start(sleeper);
    ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10))) << data().describe();
    data().step(milliseconds(300));
    data().workload.check_replicas();
  }
  // Five records were written to the new topic.
  bool old_records_are_shown() {
    const auto holds_more = [&](int id) { return data().broker(id)->replica(data().key(0))->log().end_offset() > 5; };
    return holds_more(1) || holds_more(2) || holds_more(3);
  }

  // Five brokers, of whom the controller is no replica.
  void up_with_a_controller_aside(int min_insync_replicas, uint64_t first_seed = 1) {
    for (uint64_t seed = first_seed; seed < first_seed + 60; ++seed) {
      ClusterOptions options;
      options.seed = seed;
      options.brokers = 5;
      options.min_insync_replicas = min_insync_replicas;
      data_ = std::make_unique<DataCluster>(options, 1);
      ASSERT_TRUE(data().start());
      ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(5)));
      const auto& replicas = data().partition(0).replicas();
      if (std::find(replicas.begin(), replicas.end(), cluster().ruler()) == replicas.end()) return;
    }
    FAIL() << "no seed has it so";
  }

  // R3: two are killed and the third loses power, all before the first tombstone stands. Then the third comes back alone.
  void kill_two_and_cut_the_power_of_the_third(uint64_t first_seed = 1) {
    up_with_a_controller_aside(1, first_seed);
    produce(20);
    std::vector<int> replicas(data().partition(0).replicas().begin(), data().partition(0).replicas().end());
    std::sort(replicas.begin(), replicas.end());
    cluster().kill(replicas[0]);
    cluster().kill(replicas[1]);
    data().lose_power(replicas[2]);
    ASSERT_TRUE(data().step_until([&] { return leader() == -1; }, seconds(5)));
    cluster().start(replicas[2]);
    data().step(seconds(4));
  }

  // R8: an expansion is stored and its reply is lost, as the store is gone at that moment; the added member bounces, and the leader
  // asks again.
  void bounce_the_added_member_while_its_expansion_is_open() {
    up_with_a_controller_aside(2);
    data().workload.start();
    data().step(milliseconds(300));
    const auto& isr = data().partition(0).isr();
    const int added = *std::find_if(isr.begin(), isr.end(), [&](int id) { return id != leader(); });
    cluster().kill(added);
    ASSERT_TRUE(data().step_until([&] { return data().partition(0).isr_size() == 2; }, seconds(5)));
    auto page = cluster().on_page;
    bool stored = false;
    cluster().on_page = [&](const std::string& topic, const control::Partition& before, const control::Partition& after) {
      page(topic, before, after);
      if (stored || after.isr_size() != 3) return;
      stored = true;
      cluster().store->set_down(true);
    };
    cluster().start(added);
    ASSERT_TRUE(data().step_until([&] { return stored; }, seconds(5)));
    cluster().on_page = page;
    cluster().kill(added);
    cluster().start(added);
    data().step(milliseconds(2600));  // a leader that hears nothing asks again after two seconds
    cluster().store->set_down(false);
  }

  std::unique_ptr<DataCluster> data_;
};

TEST_F(DataScenario, APlannedMoveLosesNothingAndNobodyWaitsForALease) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    up(seed);
    data().workload.start();
    data().step(milliseconds(500));
    const int former = leader();
    const int32_t epoch = data().partition(0).leader_epoch();
    data().leave(former);
    ASSERT_TRUE(data().step_until([&] { return acts_beyond(epoch); }, milliseconds(60))) << "seed " << seed;
    EXPECT_GT(cluster().invariants.counts().at("SuccessorReachedWord"), 0u);
    ASSERT_TRUE(data().step_until([&] { return !cluster().process(former).alive(); }, seconds(1))) << "gone in good order";
    settles();
    down();
  }
}

// The followers can not reach the leader, so nobody can catch up: it gets the next epoch itself, and no record is given up.
TEST_F(DataScenario, APlannedMoveWithoutASuccessorComesBackUnderTheNextEpoch) {
  up();
  data().workload.start();
  data().step(milliseconds(300));
  const int former = leader();
  const int32_t epoch = data().partition(0).leader_epoch();
  data().cut_fetches_from(former, true);
  data().step(milliseconds(50));
  const int64_t end = data().broker(former)->replica(data().key(0))->log().end_offset();
  data().leave(former);
  ASSERT_TRUE(data().step_until([&] { return data().partition(0).leader_epoch() > epoch; }, seconds(4)));
  EXPECT_EQ(leader(), former);
  EXPECT_EQ(data().partition(0).leader_epoch(), epoch + 1);
  data().cut_fetches_from(former, false);
  ASSERT_TRUE(data().step_until([&] { return leader() != former && acts_beyond(epoch + 1); }, seconds(8))) << "it tries again";
  EXPECT_GE(data().broker(leader())->replica(data().key(0))->log().end_offset(), end);
  settles();
}

// From the moment at which `leaver` is answered: the controller dies then, or at its first word; and no page names it as a new leader.
void kill_in_the_middle(DataCluster& data, int leaver, bool at_the_word, bool& killed, int& given) {
  Cluster& cluster = data.cluster;
  auto told = cluster.network->told;
  auto page = cluster.on_page;
  auto kill = [&cluster, &killed] {
    if (std::exchange(killed, true)) return;
    cluster.scheduler.after(Duration(0), [&cluster, id = cluster.ruler()] { cluster.kill(id); });
  };
  cluster.network->told = [=, &killed](int from, int to, const control::Frame& frame) {
    told(from, to, frame);
    const bool answered = to == leaver && frame.has_response() && frame.response().has_controlled_shutdown();
    const bool word = from == leaver && frame.has_request() && frame.request().has_stopped_leading();
    if (at_the_word ? word : answered) kill();
  };
  cluster.on_page = [=, &killed, &given](const std::string& topic, const control::Partition& before, const control::Partition& after) {
    page(topic, before, after);
    if (killed && after.leader() == leaver && before.leader() != leaver) ++given;
  };
}

// Neither does it get a leadership meanwhile nor is it shut out when it is back.
TEST_F(DataScenario, TheControllerDiesWhileABrokerLeaves) {
  int tried = 0;
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    for (const bool at_the_word : {false, true}) {
      up(seed);
      data().workload.start();
      data().step(milliseconds(300));
      const int leaver = leader();
      if (cluster().ruler() == leaver) {
        down();
        continue;
      }
      ++tried;
      bool killed = false;
      int given = 0;
      kill_in_the_middle(data(), leaver, at_the_word, killed, given);
      data().leave(leaver);
      ASSERT_TRUE(data().step_until([&] { return killed && !cluster().process(leaver).alive(); }, seconds(10)))
          << "seed " << seed << ": " << data().describe();
      EXPECT_EQ(given, 0) << "seed " << seed;
      settles();
      for (int id : {1, 2, 3}) {
        if (id != leaver) cluster().kill(id);
      }
      EXPECT_TRUE(data().step_until([&] { return leader() == leaver; }, seconds(10))) << "seed " << seed << ": it is shut out";
      down();
    }
  }
  EXPECT_GE(tried, 8);
}

// R4.2: neither a leaderless partition for ever nor a resumption at the old epoch.
void cut_on_the_word(DataCluster& data, bool after_the_page, int& successor) {
  Cluster& cluster = data.cluster;
  auto told = cluster.network->told;
  auto page = cluster.on_page;
  cluster.network->told = [&cluster, told, after_the_page, &successor](int from, int to, const control::Frame& frame) {
    told(from, to, frame);
    if (after_the_page || successor != 0 || !frame.has_request() || !frame.request().has_stopped_leading()) return;
    const control::Stopped& stopped = frame.request().stopped_leading().partitions(0);
    if (stopped.caught_up_size() == 0) return;
    successor = stopped.caught_up(0).id();
    cluster.links.cut_both(successor, kStore);
  };
  cluster.on_page = [&cluster, page, after_the_page, &successor](const std::string& topic, const control::Partition& before,
                                                                 const control::Partition& after) {
    page(topic, before, after);
    if (!after_the_page || successor != 0 || after.leader_epoch() == before.leader_epoch() || after.leader() == -1) return;
    successor = after.leader();
    cluster.links.cut_both(successor, kStore);
  };
}

TEST_F(DataScenario, TheSuccessorLosesTheStoreInTheMiddle) {
  std::set<bool> ruled;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    for (const bool after_the_page : {false, true}) {
      up(seed);
      data().workload.start();
      data().step(milliseconds(300));
      const int former = leader();
      const int32_t epoch = data().partition(0).leader_epoch();
      int successor = 0;
      cut_on_the_word(data(), after_the_page, successor);
      const int controller = cluster().ruler();
      data().leave(former);
      ASSERT_TRUE(data().step_until([&] { return successor != 0; }, seconds(2)));
      ruled.insert(successor == controller);
      // The cut never heals meanwhile.
      ASSERT_TRUE(data().step_until([&] { return acts_beyond(epoch) && leader() != successor; }, seconds(10)))
          << "seed " << seed << ": leaderless; " << data().describe();
      cluster().links.heal_all();
      settles();
      down();
    }
  }
  EXPECT_EQ(ruled.size(), 2u) << "the successor is the controller in some of them, and another in others";
}

TEST_F(DataScenario, BrokerCutOffFromItsPeersOnly) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    up(seed, 4);
    data().workload.start();
    data().step(milliseconds(300));
    const int controller = cluster().ruler();
    const int victim = leader() == controller ? data().partition(0).isr(1) : leader();
    for (int id = 1; id <= 4; ++id) {
      if (id != victim && id != controller) cluster().links.cut_both(victim, id);
    }
    data().step(seconds(8));
    cluster().links.heal_all();
    settles();
    down();
  }
}

// The leader is cut off from the store and the controller, but not from its followers. It is deposed, and until they hear of it they
// go on fetching from it: what it still acknowledges then is in its successor's log.
TEST_F(DataScenario, ADeposedLeaderCommitsOnlyWhatItsSuccessorHolds) {
  uint64_t seen = 0;
  for (uint64_t seed = 1; seed <= 1000 && seen == 0; ++seed) {
    up(seed, 5);
    const int controller = cluster().ruler();
    const auto& replicas = data().partition(0).replicas();
    if (std::find(replicas.begin(), replicas.end(), controller) == replicas.end()) {
      data().workload.start();
      data().step(milliseconds(200));
      cluster().links.cut_both(leader(), kStore);
      cluster().links.cut_both(leader(), controller);
      data().step(seconds(5));
      cluster().links.heal_all();
      settles();
    }
    const auto& counts = cluster().invariants.counts();
    const auto count = counts.find("FencedLeaderNeverCommits");
    seen += count == counts.end() ? 0 : count->second;
    down();
  }
  EXPECT_GT(seen, 0u);
}

TEST_F(DataScenario, EverythingKilledAndRestartedLosesNothing) {
  up();
  data().workload.start();
  data().step(seconds(1));
  for (int id : {1, 2, 3}) cluster().kill(id);
  cluster().store->set_down(true);
  data().step(seconds(2));
  cluster().store->set_down(false);
  settles();
}

TEST_F(DataScenario, DiskLost) {
  for (const bool of_leader : {true, false}) {
    up();
    data().workload.start();
    data().step(seconds(1));
    const int victim = of_leader ? leader() : leader() % 3 + 1;
    data().lose_disk(victim);
    data().step(milliseconds(200));
    settles();
    down();
  }
}

TEST_F(DataScenario, DiskLostThenKilledBeforeCatchingUp) {
  lose_disk_and_kill_again();
  EXPECT_EQ(leader(), -1) << "it holds nothing that can be trusted";
  cluster().start_all();
  ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10))) << data().describe();
  EXPECT_FALSE(data().partition(0).unclean());
  for (int id : {1, 2, 3}) EXPECT_EQ(data().broker(id)->replica(data().key(0))->log().end_offset(), 20) << id;
}

TEST_F(DataScenario, MutantNewLogTakenForCleanIsCaught) {
  plant(Mutant::new_log_taken_for_clean);
  lose_disk_and_kill_again();
  EXPECT_EQ(leader(), 2) << "an empty log leads, and twenty committed records are gone";
  ASSERT_TRUE(data().violation().has_value());
  EXPECT_NE(data().violation()->find("NoCommittedRecordLost"), std::string::npos) << *data().violation();
  data_.reset();
}

TEST_F(DataScenario, TopicDeletedAndCreatedAgainWhileABrokerSlept) {
  recreate_while_one_sleeps();
  EXPECT_FALSE(old_records_are_shown());
}

TEST_F(DataScenario, MutantOldLogTakenForNewTopicIsCaught) {
  plant(Mutant::old_log_taken_for_new_topic);
  recreate_while_one_sleeps();
  EXPECT_TRUE(old_records_are_shown());
}

TEST_F(DataScenario, TwoKilledAndTheThirdLosesPower) {
  kill_two_and_cut_the_power_of_the_third();
  EXPECT_EQ(leader(), -1) << "the others may hold more, and are waited for";
  settles();
  EXPECT_FALSE(data().partition(0).unclean());
  EXPECT_EQ(data().broker(leader())->replica(data().key(0))->log().end_offset(), 20);
}

TEST_F(DataScenario, MutantDeathsOneByOneIsCaught) {
  plant(Mutant::deaths_one_by_one);
  // It matters which death is heard of first.
  bool shown = false;
  for (uint64_t seed = 1; seed <= 10 && !shown; ++seed) {
    kill_two_and_cut_the_power_of_the_third(100 * seed);
    shown = leader() != -1 && data().partition(0).unclean();
    data_.reset();
  }
  EXPECT_TRUE(shown) << "a dirty replica was left as the whole ISR";
}

TEST_F(DataScenario, AddedMemberBouncesWhileItsExpansionIsOpen) {
  bounce_the_added_member_while_its_expansion_is_open();
  settles();
}

TEST_F(DataScenario, MutantRefusalWhileWriteUnresolvedIsCaught) {
  plant(Mutant::refusal_while_write_unresolved);
  bounce_the_added_member_while_its_expansion_is_open();
  ASSERT_TRUE(data().violation().has_value());
  EXPECT_NE(data().violation()->find("StrongIsr"), std::string::npos) << *data().violation();
  data_.reset();
}

TEST_F(DataScenario, MachineRebootedUnderLoad) {
  up();
  data().workload.start();
  for (int id : {1, 2, 3}) {
    data().step(seconds(1));
    ASSERT_TRUE(data().isrs_full());
    data().lose_power(id);
    data().step(milliseconds(300));
    cluster().start(id);
    ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10)));
  }
  settles();
}

// Every machine at once: nobody is clean, so all are waited for, and the greatest log leads, which is recorded.
TEST_F(DataScenario, EveryMachineRebooted) {
  up();
  produce(20);
  for (int id : {1, 2, 3}) data().lose_power(id);
  cluster().start(1);
  cluster().start(2);
  data().step(seconds(5));
  EXPECT_EQ(leader(), -1) << "the third may hold more";
  cluster().start(3);
  ASSERT_TRUE(data().step_until([&] { return leader() != -1; }, seconds(10))) << data().describe();
  EXPECT_TRUE(data().partition(0).unclean());
  ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10))) << data().describe();
  const auto greatest = data().broker(leader())->replica(data().key(0))->log().end_offset();
  for (int id : {1, 2, 3}) EXPECT_LE(data().broker(id)->replica(data().key(0))->log().end_offset(), greatest);
}

// The two that are left lose the third, then the leader, and the log of the one that is elected turns out to be dirty. It says so
// once, and the partition is offline until somebody is back who holds what was acknowledged.
TEST_F(DataScenario, ALogThatTurnsOutDirtyIsNotElectedAgainAndAgain) {
  up();
  produce(20);
  const int former = leader();
  const int heir = former % 3 + 1;
  cluster().kill(heir % 3 + 1);
  ASSERT_TRUE(data().step_until([&] { return data().partition(0).isr_size() == 2; }, seconds(5)));
  data().broker(heir)->distrust(data().key(0));
  const int32_t epoch = data().partition(0).leader_epoch();
  cluster().kill(former);
  ASSERT_TRUE(data().step_until([&] { return data().partition(0).leader_epoch() == epoch + 2; }, seconds(5))) << data().describe();
  const int32_t partition_epoch = data().partition(0).partition_epoch();
  data().step(seconds(5));
  EXPECT_EQ(leader(), -1);
  EXPECT_EQ(data().partition(0).partition_epoch(), partition_epoch) << "nothing changes, so nothing is written";
  cluster().start(former);
  ASSERT_TRUE(data().step_until([&] { return leader() == former; }, seconds(10))) << data().describe();
  EXPECT_FALSE(data().partition(0).unclean());
  settles();
  EXPECT_FALSE(data().broker(heir)->replica(data().key(0))->dirty()) << "it has entered the ISR anew";
  EXPECT_EQ(data().broker(heir)->replica(data().key(0))->log().end_offset(), 20);
}

// Controllers that count on log.flush.policy=commit, and brokers that do not: where every log is dirty, the one with the greatest
// refuses to lead as if it were clean, and is then elected as what it is.
TEST_F(DataScenario, EveryMachineRebootedUnderControllersThatCountOnCommit) {
  up(1, 3, true);
  produce(20);
  const int32_t epoch = data().partition(0).leader_epoch();
  for (int id : {1, 2, 3}) data().lose_power(id);
  cluster().start_all();
  ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10))) << data().describe();
  EXPECT_TRUE(data().partition(0).unclean());
  EXPECT_LE(data().partition(0).leader_epoch(), epoch + 4) << "dead, elected, refused, elected";
}

TEST_F(DataScenario, MutantWordEndIgnoredIsCaught) {
  plant(Mutant::word_end_ignored);
  bool caught = false;
  for (uint64_t seed = 1; seed <= 20 && !caught; ++seed) {
    up(seed);
    data().workload.start();
    data().step(milliseconds(300));
    data().leave(leader());
    data().step(seconds(1));
    caught = data().violation() && data().violation()->find("SuccessorReachedWord") != std::string::npos;
    data_.reset();
  }
  EXPECT_TRUE(caught);
}

}  // namespace
}  // namespace baton::simulation
