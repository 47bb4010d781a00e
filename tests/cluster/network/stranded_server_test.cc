// A leader whose ZooKeeper server is a follower that was cut off from its ensemble. The server answers pings and reads by itself for many
// ticks, after its ensemble has ended the session: the leader's lease must not outlive its successor's election (R5).
#include "tests/cluster/network/cut.h"
#include "tests/cluster/rig/store_reader.h"

namespace baton::rig {
namespace {

// A lease, and what an answer that left in time may need to be seen on a busy machine.
constexpr Duration kLeaseAndDelivery = std::chrono::milliseconds(600 + 50);

class StrandedServer : public Cut {
 protected:
  StrandedServer() : Cut(3, {}, 3) {}

  int ensembles_leader() {
    for (int server = 0; server < 3; ++server) {
      if (rig.zookeeper(server).mode() == "leader") return server;
    }
    return -1;
  }
};

TEST_F(StrandedServer, AnswersReadsAndRenewsNothing) {
  // One broker whose server is a follower, and that does not rule.
  const int first = ensembles_leader();
  ASSERT_GE(first, 0);
  int victim = -1;
  std::vector<int> replicas;
  for (int id : {1, 2, 3}) {
    if (victim < 0 && rig.server_of(id) != first && id != cast.controller) {
      victim = id;
    } else {
      replicas.push_back(id);
    }
  }
  ASSERT_GT(victim, 0);
  replicas.insert(replicas.begin(), victim);
  begin(replicas);
  const int stranded = rig.server_of(victim);
  StoreReader reader(rig.zookeeper_connect(stranded));
  const std::string node = "/brokers/ids/" + std::to_string(victim);
  ASSERT_TRUE(reader.find(node));

  for (int server = 0; server < 3; ++server) {
    if (server != stranded) rig.lab().drop(rig.zookeeper_host(stranded), rig.zookeeper_host(server));
  }
  const Instant dropped = clock.now();
  StoreReader truth(rig.zookeeper_connect(first));
  await("its session ends for the ensemble", [&] { return !truth.find(node); });
  EXPECT_TRUE(reader.find(node)) << "the stranded server should not know yet: nothing is tested here";
  await_successor();
  EXPECT_EQ(detected(victim), "silence");
  EXPECT_EQ(acknowledged_between(*stubborn, dropped + kLeaseAndDelivery, clock.now()), 0u) << "acks=1 after the lease";
  expect_deposed_was_silent();
  EXPECT_EQ(rig.state().controller_id, cast.controller);
  heal_and_count();
}

}  // namespace
}  // namespace baton::rig
