// The scenarios of docs/protocol.md that need data: replicas on simulated disks, clients at work.
#include "tests/simulation/data_scenario.h"

namespace baton::simulation {
namespace {

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

}  // namespace
}  // namespace baton::simulation
