// What retention may cut: replicas whose topic allows it, once that is known.
#include "controller/messages/control.pb.h"
#include "partitions/log/record_batch.h"
#include "tests/broker/shards/stage.h"
#include "tests/support/wait.h"

namespace baton {
namespace {

constexpr int64_t kLongAgoMs = 1'500'000'000'000;
constexpr int kRecords = 3;

// The broker's own default cuts everything that is older than a millisecond, at every look.
class RetentionTest : public ShardsTest {
 protected:
  RetentionTest() : ShardsTest({{"log.retention.ms", "1"}, {"log.retention.check.interval.ms", "1"}}) {
    // One look of one shard is at all of them.
    config_.shards = 1;
  }
  ~RetentionTest() override {
    if (life_) life_->shards.stop();
  }

  // A former life of the broker leaves old, committed records behind.
  TopicPartition stored(const std::string& topic) {
    TopicPartition partition{TopicId(Uuid::random(random_)), PartitionIndex(0)};
    auto data = open_directory();
    auto store = std::move(*ReplicaStore::open(*data, files_, clock_, Durability::kProcessCrash));
    auto opened = store->open(partition, topic, LogConfig(), true);
    EXPECT_TRUE(opened) << opened.error().message;
    for (int i = 0; i < kRecords; ++i) {
      std::string batch = RecordBatchBuilder().add(kLongAgoMs, "key", "value").build();
      EXPECT_TRUE(opened->log->append_as_leader(batch, LeaderEpoch(0), kLongAgoMs));
    }
    EXPECT_TRUE(opened->log->close());
    store->checkpoint({{partition, {kRecords, 0, kRecords}}});
    return partition;
  }
  void start() {
    life_ = std::make_unique<Life>(*this);
    ASSERT_TRUE(life_->shards.start());
  }
  void follow(const std::string& topic, const TopicPartition& partition, const std::map<std::string, std::string>& configs) {
    control::Roles roles;
    roles.set_controller_epoch(1);
    auto* role = roles.add_roles();
    role->set_topic(topic);
    role->set_topic_id(std::string(partition.topic.raw()));
    role->mutable_configs()->insert(configs.begin(), configs.end());
    role->mutable_state()->set_leader(-1);
    role->mutable_state()->add_replicas(1);
    role->mutable_state()->add_isr(1);
    role->set_kind(control::Role::FOLLOW);
    life_->shards.apply(roles);
  }
  int64_t start_offset(const TopicPartition& partition) {
    int64_t offset = -1;
    life_->shards.on_each_and_wait([&](Shard& shard) {
      if (auto* hosted = shard.find(partition)) offset = hosted->replica.log().start_offset();
    });
    return offset;
  }
  // Retention has been at work since: a partition that it may cut is cut.
  void wait_for_a_look() {
    follow("cut", bait_, {});
    ASSERT_TRUE(support::wait_for(std::chrono::seconds(30), [&] { return start_offset(bait_) == kRecords; }));
  }

 private:
  std::unique_ptr<DataDirectory> open_directory() {
    return std::move(*DataDirectory::open(files_, directory_ / "stored", {"", BrokerId(1)}, "boot", random_));
  }
  struct Life {
    explicit Life(RetentionTest& test) : data(test.open_directory()), store(open(*data, test)), shards(context(test)) {}
    static std::unique_ptr<ReplicaStore> open(DataDirectory& data, RetentionTest& test) {
      return std::move(*ReplicaStore::open(data, test.files_, test.clock_, Durability::kProcessCrash));
    }
    ShardContext context(RetentionTest& test) { return {test.config_, test.clock_, test.link_, *store, test.fatal_}; }
    std::unique_ptr<DataDirectory> data;
    std::unique_ptr<ReplicaStore> store;
    ShardSet shards;
  };

  TopicPartition bait_ = stored("cut");
  std::unique_ptr<Life> life_;
};

TEST_F(RetentionTest, NeverCutsTheGroupsOwnTopicWhateverItIsConfiguredToBe) {
  auto told = stored("__consumer_offsets");
  start();
  follow("__consumer_offsets", told, {{"cleanup.policy", "delete"}, {"retention.ms", "1"}});
  wait_for_a_look();
  EXPECT_EQ(start_offset(told), 0);
}

TEST_F(RetentionTest, CutsByTheTopicsOwnPolicy) {
  auto compacted = stored("compacted");
  auto both = stored("both");
  auto forever = stored("forever");
  start();
  follow("compacted", compacted, {{"cleanup.policy", "compact"}});
  follow("both", both, {{"cleanup.policy", "compact,delete"}});
  follow("forever", forever, {{"retention.ms", "-1"}});
  wait_for_a_look();
  EXPECT_EQ(start_offset(compacted), 0);
  EXPECT_EQ(start_offset(both), kRecords);
  EXPECT_EQ(start_offset(forever), 0);
}

// A broker that starts has the logs before it has heard what their topics want: its own default is not to be taken for that.
TEST_F(RetentionTest, CutsNothingBeforeTheTopicsConfigurationIsKnown) {
  auto unheard = stored("forever");
  start();
  wait_for_a_look();
  EXPECT_EQ(start_offset(unheard), 0);
}

}  // namespace
}  // namespace baton
