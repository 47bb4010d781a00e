// Two releases side by side: the older one knows the first version of the metadata's forms only, and refuses whatever it could not read.
#include <gtest/gtest.h>

#include <set>

#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/node.h"
#include "controller/runtime/page_form.h"
#include "tests/simulation/data_cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ClusterOptions all_at(int version, int brokers = 3, int controllers = 0) {
  ClusterOptions options;
  options.brokers = brokers;
  options.controllers = controllers;
  for (int id = 1; id <= brokers + controllers; ++id) options.versions[id] = version;
  return options;
}

class Upgrade : public ::testing::Test {
 protected:
  void begin(const ClusterOptions& options) {
    cluster = std::make_unique<Cluster>(options);
    cluster->start_all();
    ASSERT_TRUE(cluster->run_until([&] { return cluster->ruler() != 0; }, seconds(5))) << "no controller";
    cluster->run_for(milliseconds(300));
    cluster->create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5)));
  }
  void TearDown() override {
    clear_mutants();
    const std::string violation = cluster->invariants.violation().value_or("none");
    EXPECT_NE(violation.find(violated), std::string::npos) << violation;
  }
  bool converges(Duration limit) {
    return cluster->run_until([&] { return !cluster->topics().empty() && cluster->converged(); }, limit);
  }
  void restart(int id, int version) {
    cluster->options.versions[id] = version;
    cluster->kill(id);
    cluster->run_for(milliseconds(20));
    cluster->start(id);
  }
  void upgrade(int id) {
    restart(id, kMetadataColumns);
    EXPECT_TRUE(converges(seconds(10))) << id;
  }
  bool rises(Duration limit) {
    return cluster->run_until([&] { return cluster->level() == kMetadataColumns; }, limit);
  }
  // The highest version among the pages that are stored.
  int page_version() const {
    int highest = 0;
    const auto* pages = cluster->store->tree().find(paths::kPages);
    for (const std::string& name : pages->children) {
      control::Page page;
      EXPECT_TRUE(page.ParseFromString(cluster->store->tree().find(std::string(paths::kPages) + "/" + name)->data));
      highest = std::max(highest, node::version_of(page));
    }
    return highest;
  }

  std::unique_ptr<Cluster> cluster;
  std::string violated = "none";
};

TEST_F(Upgrade, ANewClusterBeginsAtTheNewestVersionThatAllKnow) {
  begin({});
  EXPECT_EQ(cluster->level(), kMetadataNewest);
  EXPECT_EQ(page_version(), kMetadataColumns);
}

TEST_F(Upgrade, ANewClusterOfTheFirstVersionStaysThere) {
  begin(all_at(kMetadataSingles));
  cluster->run_for(seconds(10));
  EXPECT_EQ(cluster->level(), kMetadataSingles);
  EXPECT_EQ(page_version(), kMetadataSingles);
}

TEST_F(Upgrade, BrokerByBrokerAndTheLevelRisesAtTheEnd) {
  begin(all_at(kMetadataSingles));
  const int controller = cluster->ruler();
  for (int id : {1, 2, 3}) {
    if (id != controller) upgrade(id);
  }
  cluster->run_for(seconds(5));
  EXPECT_EQ(cluster->level(), kMetadataSingles) << "the controller knows no more";
  EXPECT_EQ(page_version(), kMetadataSingles);
  upgrade(controller);
  EXPECT_EQ(page_version(), kMetadataSingles) << "not before the level";
  ASSERT_TRUE(rises(seconds(10)));
  // What is written from now on is of the new form, the rest of a page with it.
  cluster->create_topic("u", 3);
  EXPECT_TRUE(cluster->run_until([&] { return page_version() == kMetadataColumns; }, seconds(5)));
  upgrade(1);
}

TEST_F(Upgrade, OneThatIsDownWhileItsReplicasWaitHoldsTheLevel) {
  begin(all_at(kMetadataSingles));
  cluster->kill(3);
  for (int id : {1, 2}) restart(id, kMetadataColumns);
  EXPECT_FALSE(rises(seconds(15))) << "3 may come back as it was";
  cluster->start(3);
  EXPECT_TRUE(converges(seconds(10))) << "as it does here";
  upgrade(3);
  EXPECT_TRUE(rises(seconds(10)));
}

// A controller of the new version rules over brokers of both, and dies; and so does one of the old.
TEST_F(Upgrade, ControllersOfBothVersionsDieAmongBrokersOfBoth) {
  begin(all_at(kMetadataSingles, 5));
  std::set<int> ruled;
  for (int round = 0; round < 8; ++round) {
    const int controller = cluster->ruler();
    ASSERT_NE(controller, 0);
    ruled.insert(cluster->running_version(controller));
    // Two stay old, so the level may not rise.
    restart(controller, controller <= 2 ? kMetadataSingles : kMetadataColumns);
    ASSERT_TRUE(cluster->run_until([&] { return cluster->ruler() != 0 && cluster->ruler() != controller; }, seconds(10)));
    ASSERT_TRUE(converges(seconds(10)));
  }
  EXPECT_EQ(ruled, (std::set<int>{kMetadataSingles, kMetadataColumns}));
  EXPECT_EQ(cluster->level(), kMetadataSingles);
  for (int id = 1; id <= 5; ++id) upgrade(id);
  EXPECT_TRUE(rises(seconds(10)));
}

// One of two controllers is of the former release. It is registered nowhere: that it stands for election is what holds the level.
TEST_F(Upgrade, AControllerThatIsNoBrokerHoldsTheLevelToo) {
  ClusterOptions options = all_at(kMetadataColumns, 3, 2);
  options.versions[5] = kMetadataSingles;
  cluster = std::make_unique<Cluster>(options);
  for (int id : {5, 1, 2, 3}) cluster->start(id);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->ruler() == 5; }, seconds(5)));
  cluster->start(4);
  cluster->run_for(milliseconds(300));
  cluster->create_topic("t", 6);
  ASSERT_TRUE(converges(seconds(5)));
  cluster->transfer(4);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->ruler() == 4; }, seconds(5)));
  EXPECT_FALSE(rises(seconds(10)));
  upgrade(5);
  EXPECT_TRUE(rises(seconds(10)));
  restart(5, kMetadataSingles);
  EXPECT_TRUE(cluster->run_until([&] { return cluster->process(5).fatal().has_value(); }, seconds(5)));
}

TEST_F(Upgrade, WhoKnowsLessThanTheLevelIsRefusedAndSaysWhy) {
  begin({});
  restart(3, kMetadataSingles);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->process(3).fatal().has_value(); }, seconds(10)));
  EXPECT_NE(cluster->process(3).fatal()->find("metadata is at version 2"), std::string::npos) << *cluster->process(3).fatal();
  EXPECT_NE(cluster->process(3).fatal()->find("metadata.version.max"), std::string::npos);
  EXPECT_TRUE(cluster->host(3).leading().empty());
  cluster->kill(3);
  upgrade(3);
}

// A broker of the former release that nobody waits for comes just when the level rises: at every millisecond around it. Either it was
// seen and holds the level, or it is refused; nothing is told to it that it does not know (FormsAtTheirLevel).
TEST(UpgradeRace, WhoComesWhileTheLevelRisesHoldsItOrIsRefused) {
  auto prepare = [](Cluster& cluster) {
    cluster.start_all();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5)));
    cluster.run_for(milliseconds(300));
    cluster.create_topic("t", 1, {1, 2, 3});
    cluster.run_for(milliseconds(300));
    cluster.kill(4);
    for (int id : {1, 2, 3}) {
      cluster.options.versions[id] = kMetadataColumns;
      cluster.kill(id);
      cluster.run_for(milliseconds(20));
      cluster.start(id);
      EXPECT_TRUE(cluster.run_until([&] { return cluster.converged(); }, seconds(10)));
    }
  };
  Instant risen{};
  {
    Cluster cluster(all_at(kMetadataSingles, 4));
    prepare(cluster);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.level() == kMetadataColumns; }, seconds(10)));
    risen = cluster.scheduler.now();
  }
  int held = 0;
  int refused = 0;
  for (int before_ms = -5; before_ms < 40; ++before_ms) {
    Cluster cluster(all_at(kMetadataSingles, 4));
    prepare(cluster);
    cluster.run_for(risen - milliseconds(before_ms) - cluster.scheduler.now());
    cluster.start(4);
    cluster.run_for(seconds(5));
    EXPECT_EQ(cluster.invariants.violation().value_or("none"), "none") << before_ms;
    if (cluster.level() == kMetadataSingles) {
      ++held;
      EXPECT_FALSE(cluster.process(4).fatal());
    } else {
      ++refused;
      EXPECT_TRUE(cluster.process(4).fatal()) << before_ms;
    }
    cluster.create_topic("u", 1, {1, 2, 3});
    EXPECT_TRUE(cluster.run_until([&] { return cluster.partition("u", 0) != nullptr; }, seconds(5)));
    EXPECT_EQ(cluster.invariants.violation().value_or("none"), "none") << before_ms;
  }
  EXPECT_GT(held, 0);
  EXPECT_GT(refused, 0);
}

// It stands for election before it has read the level, and may be first: it rules nothing.
TEST_F(Upgrade, AnOldCandidateDecidesNothingOnWhatItCanNotRead) {
  begin({});
  for (int id : {1, 2, 3}) cluster->kill(id);
  cluster->run_for(seconds(3));
  cluster->options.versions[1] = kMetadataSingles;
  cluster->start(1);
  cluster->run_for(seconds(5));
  EXPECT_TRUE(cluster->process(1).fatal());
  EXPECT_EQ(cluster->ruler(), 0);
  cluster->kill(1);
  cluster->options.versions.clear();
  cluster->start_all();
  EXPECT_TRUE(converges(seconds(15)));
}

TEST_F(Upgrade, TheLevelIsStoredAndItsControllerDiesBeforeItTellsIt) {
  begin(all_at(kMetadataSingles));
  for (int id : {1, 2, 3}) cluster->options.versions[id] = kMetadataColumns;
  bool due = true;
  cluster->on_write = [&](int id, const store::Multi& multi) {
    for (const store::Op& op : multi.ops) {
      const auto* set = std::get_if<store::SetData>(&op);
      if (set == nullptr || set->path != paths::kMetadataVersion || !due) continue;
      due = false;
      cluster->scheduler.after(Duration(1), [this, id] { cluster->kill(id); });
    }
  };
  for (int id : {1, 2, 3}) restart(id, kMetadataColumns);
  ASSERT_TRUE(cluster->run_until([&] { return !due; }, seconds(20)));
  cluster->on_write = nullptr;
  cluster->run_for(milliseconds(100));
  cluster->start_all();
  EXPECT_TRUE(converges(seconds(10)));
  EXPECT_EQ(cluster->level(), kMetadataColumns);
  upgrade(2);
  EXPECT_TRUE(cluster->run_until([&] { return page_version() == kMetadataColumns; }, seconds(5)));
}

TEST_F(Upgrade, MutantOfAControllerThatAsksNobodyIsCaught) {
  begin(all_at(kMetadataSingles));
  plant(Mutant::level_raised_alone);
  const int controller = cluster->ruler();
  restart(controller % 3 + 1, kMetadataColumns);
  cluster->kill(controller);
  cluster->run_for(seconds(1));
  if (cluster->ruler() != controller % 3 + 1) cluster->kill(cluster->ruler());
  cluster->start_all();
  cluster->run_for(seconds(10));
  violated = "LevelIsKnownToAll";
}

TEST_F(Upgrade, MutantOfFormsAboveTheLevelIsCaught) {
  begin(all_at(kMetadataSingles));
  plant(Mutant::forms_above_the_level);
  cluster->create_topic("u", 3);
  cluster->run_for(seconds(2));
  violated = "FormsAtTheirLevel";
}

// Under load, with all that a random run does in between: seeds_test.cc. Here in good order, and everything acknowledged is there.
TEST(UpgradeUnderLoad, RollingLosesNothing) {
  DataCluster data(all_at(kMetadataSingles), 3);
  ASSERT_TRUE(data.start());
  data.workload.start();
  data.step(milliseconds(500));
  const int controller = data.cluster.ruler();
  for (int id : {controller % 3 + 1, (controller + 1) % 3 + 1, controller}) {
    data.leave(id);
    ASSERT_TRUE(data.step_until([&] { return !data.cluster.process(id).alive(); }, seconds(20)));
    if (id != controller) {
      // The mixed cluster loses its controller, too.
      ASSERT_TRUE(data.step_until([&] { return data.cluster.ruler() != 0; }, seconds(10)));
      const int ruler = data.cluster.ruler();
      data.cluster.kill(ruler);
      data.step(milliseconds(50));
      data.cluster.start(ruler);
    }
    data.cluster.options.versions[id] = kMetadataColumns;
    data.cluster.start(id);
    ASSERT_TRUE(data.step_until([&] { return data.whole(); }, seconds(20))) << data.describe();
    EXPECT_EQ(data.cluster.level(), kMetadataSingles);
  }
  ASSERT_TRUE(data.step_until([&] { return data.cluster.level() == kMetadataColumns; }, seconds(10)));
  data.step(milliseconds(500));
  data.workload.stop();
  ASSERT_TRUE(data.step_until([&] { return data.workload.drained(); }, seconds(10)));
  data.step(milliseconds(200));
  data.workload.check_final();
  EXPECT_EQ(data.violation().value_or("none"), "none");
  EXPECT_GT(data.workload.acknowledged(), 100u);
}

}  // namespace
}  // namespace baton::simulation
