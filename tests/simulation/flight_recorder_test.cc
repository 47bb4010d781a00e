// The flight recorder's records of simulated failovers: complete, stored, and gone on with by the next controller.
#include <gtest/gtest.h>

#include <algorithm>

#include "controller/coordination/paths.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FlightRecorderScenario : public ::testing::Test {
 protected:
  void up() {
    cluster_ = std::make_unique<Cluster>(ClusterOptions());
    cluster().start_all();
    ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(5))) << "no controller";
    cluster().run_for(milliseconds(200));
    cluster().create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5))) << "the topic is not led";
  }
  void TearDown() override { EXPECT_EQ(cluster().invariants.violation().value_or("none"), "none"); }
  Cluster& cluster() { return *cluster_; }
  bool converges(Duration limit) {
    return cluster().run_until([&] { return !cluster().topics().empty() && cluster().converged(); }, limit);
  }
  int leader(int index = 0) { return cluster().partition("t", index)->leader(); }

  // As the controller tells it, and as it is stored.
  control::FailoverHistory history() {
    control::Request query;
    query.set_correlation(++asked_);
    query.mutable_query_failovers();
    cluster().process(cluster().ruler()).host()->submit(query);
    RoleKeeper& host = cluster().host(cluster().ruler());
    EXPECT_TRUE(cluster().run_until([&] { return host.responses.contains(asked_); }, seconds(1)));
    return host.responses[asked_].failovers();
  }
  control::FailoverHistory stored_history() {
    control::FailoverHistory stored;
    const auto* node = cluster().store->tree().find(paths::kFailovers);
    if (node != nullptr) {
      EXPECT_TRUE(stored.ParseFromString(node->data));
    }
    return stored;
  }
  static int moments(const control::FailoverRecord& record, control::FailoverMoment::Stage stage) {
    return static_cast<int>(std::count_if(record.moments().begin(), record.moments().end(),
                                          [stage](const control::FailoverMoment& moment) { return moment.stage() == stage; }));
  }

  uint64_t asked_ = 1000;
  std::unique_ptr<Cluster> cluster_;
};

// Every stage, in a record which outlives the controller that made it.
TEST_F(FlightRecorderScenario, TheRecordOfAFailoverOutlivesItsController) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(1)));
  cluster().run_for(seconds(1));
  const control::FailoverHistory before = history();
  ASSERT_EQ(before.records_size(), 2) << "an election and a death";
  const control::FailoverRecord& death = before.records(1);
  EXPECT_EQ(death.broker_id(), victim);
  EXPECT_EQ(death.cause(), "proof");
  for (const auto stage :
       {control::FailoverMoment::DETECTED, control::FailoverMoment::DECIDED, control::FailoverMoment::TOMBSTONE_CONFIRMED,
        control::FailoverMoment::PAGES_CONFIRMED, control::FailoverMoment::PUSHED, control::FailoverMoment::REMOVED_CONFIRMED}) {
    EXPECT_EQ(moments(death, stage), 1) << stage;
  }
  EXPECT_EQ(moments(death, control::FailoverMoment::APPLIED), 2);
  ASSERT_GT(death.new_leaders_size(), 0);

  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(5)));
  const int former = cluster().ruler();
  cluster().kill(former);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().converged(); }, seconds(1)));
  cluster().run_for(seconds(1));
  const control::FailoverHistory after = history();
  ASSERT_GE(after.records_size(), 4);
  EXPECT_EQ(after.records(1).SerializeAsString(), death.SerializeAsString());
  const control::FailoverRecord& election = after.records(after.records_size() - 2);
  EXPECT_EQ(election.kind(), control::FailoverRecord::CONTROLLER_ELECTION);
  EXPECT_EQ(election.broker_id(), cluster().ruler());
  EXPECT_EQ(election.cause(), "proof");
  EXPECT_EQ(election.former_controller(), former);
  EXPECT_EQ(moments(election, control::FailoverMoment::FOLLOWED), 2);
  EXPECT_EQ(after.records(after.records_size() - 1).broker_id(), former);
}

// A controller that dies between tombstone and pages: its successor ends the death, and the record says who did what.
TEST_F(FlightRecorderScenario, ADeathThatTwoControllersDealtWithIsOneRecord) {
  up();
  const int controller = cluster().ruler();
  const int victim = leader() == controller ? leader(1) : leader();
  cluster().links.cut_both(victim, controller);  // silence: D passes between tombstone and pages
  cluster().links.cut_both(victim, kStore);
  const auto buried = [&] {
    const control::FailoverHistory stored = stored_history();
    const control::FailoverRecord* last = stored.records().empty() ? nullptr : &*stored.records().rbegin();
    return last != nullptr && last->broker_id() == victim && moments(*last, control::FailoverMoment::TOMBSTONE_CONFIRMED) == 1;
  };
  ASSERT_TRUE(cluster().run_until(buried, seconds(6)));
  cluster().kill(controller);
  cluster().start(controller);
  ASSERT_TRUE(
      cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != controller && leader() != victim; }, seconds(6)));
  cluster().run_for(seconds(2));
  const control::FailoverHistory all = history();
  int deaths = 0;
  for (const control::FailoverRecord& record : all.records()) {
    if (record.kind() != control::FailoverRecord::BROKER_DEATH || record.broker_id() != victim) continue;
    ++deaths;
    EXPECT_EQ(record.controller_id(), controller);
    EXPECT_EQ(moments(record, control::FailoverMoment::INHERITED), 1);
    EXPECT_EQ(moments(record, control::FailoverMoment::PAGES_CONFIRMED), 1);
    for (const control::FailoverMoment& moment : record.moments()) {
      if (moment.stage() == control::FailoverMoment::PAGES_CONFIRMED) {
        EXPECT_GT(moment.controller_epoch(), record.controller_epoch());
      }
    }
  }
  EXPECT_EQ(deaths, 1) << all.ShortDebugString();
}

}  // namespace
}  // namespace baton::simulation
