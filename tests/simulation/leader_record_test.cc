// The history of leaderships in simulated clusters: a new controller knows it, whoever else has stopped meanwhile.
#include <gtest/gtest.h>

#include "controller/coordination/paths.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LeaderRecordScenario : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5))) << "no controller";
    cluster.run_for(milliseconds(200));
    cluster.create_topic("t", 1, {1, 2, 3});
    ASSERT_TRUE(converges(seconds(5))) << "the topic is not led";
  }
  void TearDown() override { EXPECT_EQ(cluster.invariants.violation().value_or("none"), "none"); }
  bool converges(Duration limit) {
    return cluster.run_until([&] { return !cluster.topics().empty() && cluster.converged(); }, limit);
  }
  // As this process tells it: who led, since which epoch.
  std::vector<std::string> history(int id) {
    control::Request query;
    query.set_correlation(++asked_);
    query.mutable_query_history()->set_topic("t");
    cluster.process(id).host()->submit(query);
    RoleKeeper& host = cluster.host(id);
    EXPECT_TRUE(cluster.run_until([&] { return host.responses.contains(asked_); }, seconds(1)));
    std::vector<std::string> told;
    for (const control::LeaderChange& change : host.responses[asked_].history().changes()) {
      told.push_back(fmt::format("{} leads {}: {}", change.leader(), change.leader_epoch(), change.cause()));
    }
    return told;
  }
  // Kills the leader, and has it back as a follower.
  void change_leaders() {
    const int victim = cluster.partition("t", 0)->leader();
    cluster.kill(victim);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.partition("t", 0)->leader() != victim && cluster.converged(); }, seconds(2)));
    cluster.start(victim);
    ASSERT_TRUE(converges(seconds(5)));
    cluster.run_for(seconds(1));
  }
  int stored() {
    control::History stored;
    const auto* node = cluster.store->tree().find(paths::kLeaderChanges);
    if (node != nullptr) stored.ParseFromString(node->data);
    return stored.changes_size();
  }

  uint64_t asked_ = 1000;
  Cluster cluster{ClusterOptions()};
};

TEST_F(LeaderRecordScenario, SurvivesAStopOfEverything) {
  change_leaders();
  change_leaders();
  const std::vector<std::string> before = history(1);
  ASSERT_EQ(before.size(), 2u);
  EXPECT_EQ(stored(), 2);
  for (int id : {1, 2, 3}) cluster.kill(id);
  cluster.run_for(seconds(3));
  cluster.start_all();
  ASSERT_TRUE(converges(seconds(10)));
  cluster.run_for(seconds(1));
  for (int id : {1, 2, 3}) {
    const std::vector<std::string> after = history(id);
    ASSERT_GT(after.size(), before.size()) << "everybody's death is a change as well";
    EXPECT_EQ(std::vector<std::string>(after.begin(), after.begin() + 2), before) << "as broker " << id << " tells it";
  }
}

TEST_F(LeaderRecordScenario, GoesOnUnderTheNextController) {
  change_leaders();
  const int former = cluster.ruler();
  cluster.kill(former);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0 && cluster.converged(); }, seconds(2)));
  cluster.start(former);
  ASSERT_TRUE(converges(seconds(5)));
  cluster.run_for(seconds(1));
  const std::vector<std::string> told = history(cluster.ruler());
  EXPECT_GE(told.size(), 1u);
  EXPECT_EQ(static_cast<size_t>(stored()), told.size()) << "what one remembers the store does";
  for (int id : {1, 2, 3}) EXPECT_EQ(history(id), told) << id;
}

}  // namespace
}  // namespace baton::simulation
