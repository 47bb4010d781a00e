// kill -9 of every process at once, ZooKeeper too, in the middle of writing: all that was acknowledged is there afterwards, epochs
// only grow, and groups keep their offsets.
#include <gtest/gtest.h>

#include "cli/client/kafka.h"
#include "cli/client/topic_admin.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/cluster/rig/store_reader.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

using List = std::unique_ptr<rd_kafka_topic_partition_list_t, void (*)(rd_kafka_topic_partition_list_t*)>;

List partition_0_of(const std::string& topic, int64_t offset) {
  List list(rd_kafka_topic_partition_list_new(1), rd_kafka_topic_partition_list_destroy);
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0)->offset = offset;
  return list;
}

client::KafkaHandle member_of(const std::string& group, const std::string& bootstrap) {
  return must(
      client::make_kafka(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap}, {"group.id", group}, {"enable.auto.commit", "false"}}),
      "a consumer");
}

void commit(const std::string& bootstrap, const std::string& topic, int64_t offset) {
  client::KafkaHandle consumer = member_of("readers", bootstrap);
  List offsets = partition_0_of(topic, offset);
  await("offset " + std::to_string(offset) + " is committed",
        [&] { return rd_kafka_commit(consumer.get(), offsets.get(), 0) == RD_KAFKA_RESP_ERR_NO_ERROR; });
}

int64_t committed(const std::string& bootstrap, const std::string& topic) {
  client::KafkaHandle consumer = member_of("readers", bootstrap);
  List offsets = partition_0_of(topic, RD_KAFKA_OFFSET_INVALID);
  await("the group's offsets are told",
        [&] { return rd_kafka_committed(consumer.get(), offsets.get(), 5000) == RD_KAFKA_RESP_ERR_NO_ERROR; });
  return offsets->elems[0].offset;
}

TEST(Restart, EverythingKilledTwiceLosesNothing) {
  LocalCluster rig{{{"offsets.topic.num.partitions", "3"}}};
  drills::Bed bed(rig.place(), "everything", {3, 1, 2});
  must(bed.prepare(), "preparing");
  for (int64_t round = 1; round <= 2; ++round) {
    commit(rig.bootstrap(), "everything", 100 * round);
    cluster::ClusterState before = rig.state();
    uint64_t acknowledged = bed.load().acknowledged();

    rig.kill_everything();
    rig.start_everything();
    rig.await_health();
    cluster::ClusterState after = rig.state();
    EXPECT_EQ(after.cluster_id, before.cluster_id);
    EXPECT_GT(after.controller_epoch, before.controller_epoch);
    EXPECT_EQ(after.partitions.size(), before.partitions.size());
    for (const cluster::PartitionState& was : before.partitions) {
      const cluster::PartitionState* is = after.partition(was.topic, was.partition);
      ASSERT_NE(is, nullptr) << was.topic;
      EXPECT_GT(is->leader_epoch, was.leader_epoch) << was.topic << "-" << was.partition;
      EXPECT_GT(is->partition_epoch, was.partition_epoch) << was.topic << "-" << was.partition;
    }
    for (size_t i = 0; i < after.brokers.size(); ++i) EXPECT_GT(after.brokers[i].epoch, before.brokers[i].epoch);
    EXPECT_EQ(committed(rig.bootstrap(), "everything"), 100 * round);
    await("writing goes on", [&] { return bed.load().acknowledged() >= acknowledged + 500; });
  }
  expect_nothing_lost(bed);
}

// `baton leader history`: who led, since when and why, is told by controllers that were not there.
TEST(Restart, TheHistoryOfLeadershipsSurvivesAStopOfEverything) {
  LocalCluster rig;
  const int leader = rig.state().controller_id == 1 ? 2 : 1;
  must(client::create_topic(rig.bootstrap(), {.name = "told", .assignment = {{leader, 3 - leader, 3}}}, client::after(kPatience)),
       "a topic");
  auto history = [&] {
    return support::run_command(BATON_BINARY_DIR "/bin/baton-cli leader history told-0 --dir " + (rig.dir() / "cluster"));
  };
  rig.kill(rig.broker(leader));
  const std::string died = "broker " + std::to_string(leader) + " died (proof)";
  await("the death is told", [&] { return history().out.find(died) != std::string::npos; });
  rig.await_health();
  StoreReader store("127.0.0.1:" + std::to_string(rig.cluster().description().zookeeper.port));
  await("it is stored", [&] { return store.read("/metadata/leader_changes").value_or("").find(died) != std::string::npos; });

  rig.kill_everything();
  rig.start_everything();
  rig.await_health();
  const support::CommandOutcome after = history();
  EXPECT_EQ(after.code, 0) << after.error;
  EXPECT_NE(after.out.find(died), std::string::npos) << after.out;
}

}  // namespace
}  // namespace baton::rig
