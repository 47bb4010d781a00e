// Two releases side by side, with real processes: a cluster that knows the first version of the metadata's forms alone is restarted,
// broker by broker and under load, as one that knows the next.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <iostream>

#include "cli/cluster/zookeeper.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/cluster/rig/store_reader.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

constexpr char kSetting[] = "metadata.version.max";

class Upgrade : public testing::Test {
 protected:
  // Whoever is started from now on knows all that it knows: what an operator does by installing the next release.
  void install_next_release() {
    cluster::Description description = rig.cluster().description();
    description.settings.erase(kSetting);
    must(rig.cluster().directory().save(description), "saving the description");
    must(rig.cluster().refresh(), "reading it again");
  }
  void restart(int id, int with) {
    const cluster::ProcessId process = rig.broker(id);
    must(rig.cluster().signal_broker(id, with), "stopping a broker");
    ASSERT_TRUE(cluster::wait_until_gone(process, kPatience));
    must(rig.cluster().start_broker(id), "starting it again");
    rig.await_health();
  }
  // As every broker tells it.
  void expect_level(int level, const std::string& when) {
    EXPECT_EQ(rig.state().metadata_version, level) << when;
    EXPECT_EQ(stored_level(), std::to_string(level)) << when;
  }
  std::string stored_level() {
    return StoreReader(rig.cluster().description().zookeeper.connect).read("/metadata/version").value_or("none");
  }

  SystemClock clock;
  LocalCluster rig{patient({{kSetting, "1"}, {"broker.supervised", "false"}})};
};

TEST_F(Upgrade, RollsUnderLoadLosesNothingAndTheLevelRisesAtTheEnd) {
  expect_level(1, "nobody knows more");
  drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  const int controller = cast.controller;
  const std::vector<int> others = cast.others;
  drills::Bed bed(rig.place(), "upgraded", {others[0], controller, others[1]});
  must(bed.prepare(), "preparing");

  install_next_release();
  restart(others[0], SIGTERM);
  expect_level(1, "one of three knows more");
  const cluster::ClusterState mixed = rig.state();
  EXPECT_NE(mixed.why_no_higher_version().find("version 2 waits for"), std::string::npos) << mixed.why_no_higher_version();

  // The controller dies in the mixed cluster, and comes back as the next release; the last old one holds the level.
  restart(controller, SIGKILL);
  expect_level(1, "two of three know more");
  // One a millisecond: for longer than a level waits once everybody knows it.
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 4000; });
  expect_level(1, "and it stays so");
  cluster::ClusterState held = rig.state();
  EXPECT_EQ(held.why_no_higher_version(), "version 2 waits for broker " + std::to_string(others[1]));

  restart(others[1], SIGTERM);
  await("the level rises", [&] { return rig.state().metadata_version == 2; });
  expect_level(2, "all know it");
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed.probe(), from, clock.now()) >= 300; });

  // At the new level nothing is different for whoever leads, follows or is elected.
  restart(others[0], SIGKILL);
  restart(rig.state().controller_id, SIGKILL);
  expect_nothing_lost(bed);

  // Who knows less is not let in any more, and says why.
  const int id = others[1];
  const cluster::ProcessId process = rig.broker(id);
  must(rig.cluster().signal_broker(id, SIGTERM), "stopping a broker");
  ASSERT_TRUE(cluster::wait_until_gone(process, kPatience));
  const std::string output = rig.dir() / "old-release.log";
  support::ChildProcess old = rig.start_another(id, {{kSetting, "1"}}, output);
  const auto exit = old.wait(kPatience);
  const std::string words = support::text_of(output);
  ASSERT_TRUE(exit) << "it still runs; it says: " << words;
  EXPECT_EQ(exit->code, 1) << words;
  EXPECT_NE(words.find("this cluster's metadata is at version 2, and this process knows versions up to 1 only"), std::string::npos)
      << words;
  must(rig.cluster().start_broker(id), "starting it as the next release");
  rig.await_health();
  expect_level(2, "at the end");
}

}  // namespace
}  // namespace baton::rig
