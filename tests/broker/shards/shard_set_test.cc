// The shards together: what the set promises to those who use it from outside.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>

#include "controller/messages/control.pb.h"
#include "tests/broker/shards/stage.h"
#include "tests/support/wait.h"

namespace baton {
namespace {

using ShardSetTest = ShardsTest;

// A broker gathers the description of its replicas into one string this way. When the shards did so side by side, a
// restarted broker's heap was corrupted now and then. Here the thread sanitizer would see it, and so does the count.
TEST_F(ShardSetTest, EachShardHasTheTaskToItself) {
  ASSERT_TRUE(shards_.start());
  for (int round = 0; round < 200; ++round) {
    std::string gathered;
    std::atomic<int> inside = 0;
    bool alone = true;
    shards_.on_each_and_wait([&](Shard& shard) {
      alone &= ++inside == 1;
      EXPECT_TRUE(shard.reactor().on_thread());
      gathered += std::to_string(shard.number()) + std::string(64, '.');
      --inside;
    });
    ASSERT_TRUE(alone);
    ASSERT_EQ(gathered.size(), 4 * 65u);
  }
}

// The former topic's log is another shard's than the new topic's, and that shard is late.
TEST_F(ShardSetTest, ATopicMadeAnewUnderAFormerOnesNameKeepsItsLog) {
  ASSERT_TRUE(shards_.start());
  shards_.registered(BrokerEpoch(1));
  auto role_of = [](const TopicId& id, control::Role::Kind kind) {
    control::Roles roles;
    roles.set_controller_epoch(1);
    auto* role = roles.add_roles();
    role->set_topic("t");
    role->set_topic_id(std::string(id.raw()));
    role->set_kind(kind);
    role->set_min_insync_replicas(1);
    auto* state = role->mutable_state();
    state->set_leader(1);
    state->add_replicas(1);
    state->add_isr(1);
    return roles;
  };
  const TopicId former(Uuid::random(random_));
  TopicId next(Uuid::random(random_));
  while (shards_.shard_of({next, PartitionIndex(0)}) == shards_.shard_of({former, PartitionIndex(0)}))
    next = TopicId(Uuid::random(random_));
  shards_.apply(role_of(former, control::Role::LEAD));
  shards_.on_each_and_wait([](Shard&) {});

  std::promise<void> go;
  shards_.owner({former, PartitionIndex(0)}).reactor().post([late = go.get_future().share()] { late.wait(); });
  shards_.apply(role_of(former, control::Role::DELETE));
  shards_.apply(role_of(next, control::Role::LEAD));
  // What is posted to the new one's shard after that has to wait too; nothing else tells that it is there.
  std::promise<void> reached;
  shards_.owner({next, PartitionIndex(0)}).reactor().post([&] { reached.set_value(); });
  EXPECT_EQ(reached.get_future().wait_for(std::chrono::milliseconds(50)), std::future_status::timeout) << "it did not wait";
  go.set_value();
  shards_.on_each_and_wait([](Shard&) {});

  const auto log = directory_.path() / "t-0";
  ASSERT_TRUE(std::filesystem::exists(log / "partition.metadata")) << "removed with the former topic";
  std::ifstream metadata(log / "partition.metadata");
  const std::string text{std::istreambuf_iterator<char>(metadata), {}};
  EXPECT_NE(text.find(next.to_string()), std::string::npos) << text;
}

// Who waits for the others must not wait for one that has ended.
TEST_F(ShardSetTest, StopsWhileAShardWaitsForTheOthers) {
  control::Roles roles;
  for (int i = 0; i < 2; ++i) {
    auto* role = roles.add_roles();
    role->set_topic("t");
    role->set_topic_id(std::string(Uuid::random(random_).raw()));
    role->set_kind(control::Role::FOLLOW);
  }
  ASSERT_TRUE(shards_.start());
  std::promise<void> go;
  shards_.at(0).reactor().post([late = go.get_future().share()] { late.wait(); });
  shards_.apply(roles);
  std::thread stopping([&] { shards_.stop(); });
  go.set_value();
  stopping.join();
}

// Many logs are made in bites.
class ManyRolesTest : public ShardsTest {
 protected:
  static constexpr int kPartitions = 400;  // more than a bite for each of the four shards

  control::Roles roles_of(const TopicId& topic, control::Role::Kind kind, int leader = 1) {
    control::Roles roles;
    roles.set_controller_epoch(1);
    for (int i = 0; i < kPartitions; ++i) {
      auto* role = roles.add_roles();
      role->set_topic("many");
      role->set_topic_id(std::string(topic.raw()));
      role->set_kind(kind);
      role->set_min_insync_replicas(1);
      auto* state = role->mutable_state();
      state->set_index(i);
      state->set_leader(leader);
      state->set_leader_epoch(leader - 1);
      state->add_replicas(1);
      state->add_isr(1);
    }
    return roles;
  }
  size_t hosted() {
    std::atomic<size_t> count = 0;
    shards_.on_each_and_wait([&](Shard& shard) { count += shard.hosted().size(); });
    return count;
  }
  size_t leading() {
    std::atomic<size_t> count = 0;
    shards_.on_each_and_wait([&](Shard& shard) {
      for (auto& [partition, each] : shard.hosted()) count += each->replica.role() == ReplicaRole::kLeader;
    });
    return count;
  }
  bool wait_until(const std::function<bool()>& condition) { return support::wait_for(std::chrono::seconds(60), condition); }

  TopicId topic_{Uuid::random(random_)};
};

TEST_F(ManyRolesTest, OtherWorkPassesInBetween) {
  ASSERT_TRUE(shards_.start());
  shards_.registered(BrokerEpoch(1));
  shards_.apply(roles_of(topic_, control::Role::LEAD));
  EXPECT_LT(hosted(), static_cast<size_t>(kPartitions)) << "what came after the roles had to wait for all logs";
  EXPECT_TRUE(wait_until([&] { return leading() == kPartitions; }));
}

TEST_F(ManyRolesTest, TheNextEventComesAfterTheWholeOfTheFormer) {
  ASSERT_TRUE(shards_.start());
  shards_.registered(BrokerEpoch(1));
  shards_.apply(roles_of(topic_, control::Role::LEAD));
  shards_.apply(roles_of(topic_, control::Role::DELETE));
  EXPECT_GT(hosted(), 0u);
  EXPECT_TRUE(wait_until([&] { return hosted() == 0; })) << "a log was made after its topic had been deleted";
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "many-0"));
}

// The stop is said when all has stopped, so nothing of that life may begin after it.
TEST_F(ManyRolesTest, NothingOfAFormerLifeIsTakenInTheNext) {
  ASSERT_TRUE(shards_.start());
  shards_.registered(BrokerEpoch(1));
  shards_.apply(roles_of(topic_, control::Role::LEAD));
  std::promise<void> stopped;
  shards_.stop_roles([&] { stopped.set_value(); });
  stopped.get_future().wait();
  EXPECT_EQ(leading(), 0u);
  const size_t before = hosted();
  EXPECT_LT(before, static_cast<size_t>(kPartitions));
  shards_.apply(roles_of(topic_, control::Role::FOLLOW, 2));  // of the next life
  EXPECT_TRUE(wait_until([&] { return hosted() == kPartitions; }));
  EXPECT_EQ(leading(), 0u);
}

}  // namespace
}  // namespace baton
