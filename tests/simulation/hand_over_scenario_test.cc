// Planned moves of a leadership with logs and load: they lose nothing, and whoever dies or is cut off in the middle leaves nobody
// leaderless.
#include "tests/simulation/data_scenario.h"

namespace baton::simulation {
namespace {

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
