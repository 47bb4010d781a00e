// A topic is deleted and made again under the same name while a broker is down. That broker still holds the old topic's log: it
// must never show a record of it, not even when it becomes the leader (R10).
#include <gtest/gtest.h>

#include "cli/client/topic_admin.h"
#include "drills/scenarios/load.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

void write(const std::string& bootstrap, const std::string& topic, const std::string& name, uint64_t count) {
  drills::KafkaLoad load(bootstrap, topic, name);
  must(load.start(), "writing");
  await("records of " + name, [&] { return load.acknowledged() >= count; });
}

uint64_t named(const std::map<int64_t, std::string>& records, const std::string& name) {
  uint64_t count = 0;
  for (const auto& [offset, value] : records) count += value.starts_with(name + " ");
  return count;
}

TEST(RecreatedTopic, ABrokerThatWasDownNeverShowsAnOldRecord) {
  LocalCluster rig{patient()};
  client::NewTopic topic{.name = "again", .assignment = {{3, 1, 2}}};
  must(client::create_topic(rig.bootstrap(), topic, client::after(kPatience)), "creating");
  rig.await_health();
  write(rig.bootstrap(), "again", "old", 2000);  // broker 3, as the leader, has them all

  must(rig.cluster().hold_broker(3), "holding broker 3");
  rig.kill(rig.broker(3));
  await("broker 3 is out", [&] {
    const auto state = rig.state();
    const cluster::PartitionState* partition = state.partition("again", 0);
    return partition != nullptr && partition->leader > 0 && partition->leader != 3;
  });
  must(client::delete_topic(rig.bootstrap(), "again", client::after(kPatience)), "deleting");
  // Made again with broker 3 as a follower. While it is not registered that is refused, so this is asked again and again from before
  // it starts: the new topic comes at the very moment when the broker, with the old log, does.
  topic.assignment = {{1, 2, 3}};
  Status created = client::create_topic(rig.bootstrap(), topic, client::after(kPatience));
  EXPECT_FALSE(created) << "a replica on a broker that is down";
  must(rig.cluster().start_broker(3), "starting broker 3");
  await("the topic is made again", [&] {
    created = client::create_topic(rig.bootstrap(), topic, client::after(kPatience));
    if (!created) {
      EXPECT_EQ(created.error().code, ErrorCode::kInvalidReplicaAssignment) << created.error().message;
    }
    return created.has_value();
  });
  write(rig.bootstrap(), "again", "new", 300);
  rig.await_health();
  // Now it leads: the two others leave one after the other.
  for (int id : {1, 2}) {
    must(rig.cluster().hold_broker(id), "holding");
    rig.kill(rig.broker(id));
    await("a successor of broker " + std::to_string(id), [&] {
      const auto state = rig.state();
      const cluster::PartitionState* partition = state.partition("again", 0);
      return partition != nullptr && partition->leader > id;
    });
  }
  auto records = must(drills::read_all(rig.bootstrap(), "again", kPatience), "reading from broker 3");
  EXPECT_EQ(named(records, "old"), 0u);
  EXPECT_GE(named(records, "new"), 300u);
  EXPECT_EQ(named(records, "new"), records.size());
}

}  // namespace
}  // namespace baton::rig
