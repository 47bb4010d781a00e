// Candidates that ask each other, in a network that is cut between them: whoever each side nominates, one rules, nobody is buried for it,
// and nothing is lost.
#include "tests/cluster/network/cut.h"

namespace baton::rig {
namespace {

class ElectionCut : public Cut, public testing::WithParamInterface<const char*> {
 protected:
  ElectionCut() : Cut(3, {{"controller.election", GetParam()}}) {}

  // bench/elections/run reads this line.
  void await_another(int than_epoch, Instant since) {
    await("another controller", [&] {
      cluster::ClusterState now = rig.state();
      return now.controller_epoch > than_epoch && now.controller_id > 0 && now.controller_id != cast.controller;
    });
    std::cout << "another rules " << std::chrono::duration<double, std::milli>(clock.now() - since).count() << " ms after the cut\n";
  }
};

std::string without_hyphen(const testing::TestParamInfo<const char*>& run) {
  std::string name = run.param;
  std::erase(name, '-');
  return name;
}

// Neither side of the cut is cut off from ZooKeeper. The controller hears no broker any more, so it gives the rule up.
TEST_P(ElectionCut, TheControllerFromItsPeersIsSucceededByOneThatTheyElect) {
  const int controller_epoch = rig.state().controller_epoch;
  begin({cast.others[0], cast.others[1], cast.controller});
  const Instant since = clock.now();
  for (int other : cast.others) rig.lab().drop(rig.host(cast.controller), rig.host(other));
  const Duration apart = clock.now() - since;
  await_another(controller_epoch, since);
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 300; });
  // A broker that fell silent long before the other one is rightly taken for dead: on a busy machine the cuts may be far apart.
  if (apart < std::chrono::milliseconds(200)) {
    EXPECT_EQ(bed->partition().leader, leader) << "nobody is buried";
  }
  heal_and_count();
}

TEST_P(ElectionCut, AStandbyFromItsPeersTakesNothingOver) {
  begin({cast.controller, cast.others[0], cast.others[1]});
  const int alone = cast.others[1];
  rig.lab().drop(rig.host(alone), rig.host(cast.others[0]));
  rig.lab().drop(rig.host(alone), rig.host(cast.controller));
  await("it leaves the ISR", [&] { return bed->partition().isr.size() == 2; });
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 300; });
  EXPECT_EQ(rig.state().controller_id, cast.controller);
  heal_and_count();
  EXPECT_EQ(rig.state().controller_id, cast.controller) << "who returns does not take over";
}

INSTANTIATE_TEST_SUITE_P(Each, ElectionCut, testing::Values("bully", "raft"), without_hyphen);

class ElectionCutOff : public ElectionCut {};

// From its peers and from ZooKeeper, but not from its clients.
TEST_P(ElectionCutOff, TheControllerIsSucceededAndNothingIsLost) {
  const int controller_epoch = rig.state().controller_epoch;
  begin({cast.others[0], cast.others[1], cast.controller});
  const Instant since = clock.now();
  rig.lab().drop(rig.host(cast.controller), rig.zookeeper_host());
  for (int other : cast.others) rig.lab().drop(rig.host(cast.controller), rig.host(other));
  await_another(controller_epoch, since);
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 300; });
  EXPECT_EQ(bed->partition().leader, leader) << "who leads and is well goes on";
  const int successor = rig.state().controller_id;
  heal_and_count();
  EXPECT_EQ(rig.state().controller_id, successor) << "who returns does not take over";
}

INSTANTIATE_TEST_SUITE_P(Each, ElectionCutOff,
                         testing::Values("zookeeper", "herd", "bully", "ring", "hirschberg-sinclair", "raft", "paxos", "lease"),
                         without_hyphen);

}  // namespace
}  // namespace baton::rig
