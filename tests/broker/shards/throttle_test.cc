// A reassignment's throttle: the budget itself, and that leaders and followers hold to it, for replicas outside the ISR alone.
#include <future>

#include "broker/shards/replication_quota.h"
#include "partitions/log/record_batch.h"
#include "tests/broker/shards/fetcher_stage.h"

namespace baton {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1'000'000'000'000};
constexpr int64_t kRate = 1'000'000;

TEST(ReplicationQuota, WithoutARateThereIsNoLimit) {
  ReplicationQuota quota;
  quota.spend(1'000'000'000, kStart);
  EXPECT_FALSE(quota.limited());
  EXPECT_EQ(quota.left(kStart), INT64_MAX);
}

TEST(ReplicationQuota, ASecondsWorthMayGoAtOnceAndWhatIsSpentComesBackWithTime) {
  ReplicationQuota quota;
  quota.set_rate(kRate);
  EXPECT_TRUE(quota.limited());
  EXPECT_EQ(quota.left(kStart), kRate);
  quota.spend(kRate / 2, kStart);
  EXPECT_EQ(quota.left(kStart), kRate / 2);
  EXPECT_EQ(quota.left(kStart + 250ms), kRate * 3 / 4);
  EXPECT_EQ(quota.left(kStart + 1h), kRate) << "rest is not saved up";
}

TEST(ReplicationQuota, OverSpendingIsPaidBackBeforeAnythingGoes) {
  ReplicationQuota quota;
  quota.set_rate(kRate);
  quota.spend(3 * kRate, kStart);
  EXPECT_EQ(quota.left(kStart), 0);
  EXPECT_EQ(quota.wait(kStart), 2100ms) << "a tenth of a second's worth has to be there";
  EXPECT_EQ(quota.left(kStart + 2099ms), 0);
  EXPECT_EQ(quota.left(kStart + 2100ms), kRate / 10);
  EXPECT_EQ(quota.wait(kStart + 2100ms), 0ms);
}

TEST(ReplicationQuota, AnotherRateForgetsWhatWasSpent) {
  ReplicationQuota quota;
  quota.set_rate(1);
  quota.spend(10'000'000, kStart);
  quota.set_rate(1);
  EXPECT_EQ(quota.left(kStart), 0) << "the same rate, said again by every image";
  quota.set_rate(kRate);
  EXPECT_EQ(quota.left(kStart), kRate);
}

TEST(ReplicationQuota, ARateOfNothingLetsNothingGo) {
  ReplicationQuota quota;
  quota.set_rate(0);
  EXPECT_EQ(quota.left(kStart), 0);
  EXPECT_GT(quota.wait(kStart), 1h);
  quota.set_rate(INT64_MAX);
  quota.spend(1 << 30, kStart);
  EXPECT_GT(quota.left(kStart), 1L << 62) << "any amount";
}

TEST(ReplicationQuota, TheBrokersOwnRateCountsBeforeThatOfAll) {
  control::Delta delta;
  for (auto& [broker, rate] : std::map<std::string, std::string>{{"", "5"}, {"1", "7"}}) {
    auto* configs = delta.mutable_broker_configs()->add_brokers();
    configs->set_broker(broker);
    (*configs->mutable_configs())["leader.replication.throttled.rate"] = rate;
  }
  auto image = Image().after(delta);
  ReplicationQuotas own;
  own.configure(*image, BrokerId(1));
  EXPECT_EQ(own.leader.left(kStart), 7);
  EXPECT_FALSE(own.follower.limited());
  ReplicationQuotas other;
  other.configure(*image, BrokerId(2));
  EXPECT_EQ(other.leader.left(kStart), 5);
  other.configure(Image(), BrokerId(2));
  EXPECT_FALSE(other.leader.limited()) << "it was taken back";
}

TEST(ReplicationQuota, ReplicasAreNamedOneByOneOrAllTogether) {
  EXPECT_TRUE(names_replica({"0:1", "3:12"}, PartitionIndex(3), BrokerId(12)));
  EXPECT_FALSE(names_replica({"0:1", "3:12"}, PartitionIndex(3), BrokerId(1)));
  EXPECT_FALSE(names_replica({"0:1", "3:12"}, PartitionIndex(12), BrokerId(3)));
  EXPECT_TRUE(names_replica({"*"}, PartitionIndex(3), BrokerId(1)));
  EXPECT_FALSE(names_replica({}, PartitionIndex(3), BrokerId(1)));
}

// Broker 1 leads; 2 is in the ISR, 3 is not.
class ThrottledLeaderTest : public ShardsTest {
 protected:
  static constexpr size_t kBatch = 10'000;
  static constexpr int kBatches = 20;

  ThrottledLeaderTest() : ShardsTest({}, 1) {}

  control::Partition state() const {
    control::Partition state;
    state.set_leader(1);
    for (int id : {1, 2, 3}) {
      state.add_replicas(id);
      if (id != 3) state.add_isr(id);
    }
    return state;
  }
  void begin(const std::string& throttled, int64_t rate) {
    ASSERT_TRUE(shards_.start());
    shards_.registered(BrokerEpoch(1));
    publish(rate);
    control::Roles roles;
    roles.set_controller_epoch(1);
    auto* role = roles.add_roles();
    role->set_topic("t");
    role->set_topic_id(std::string(partition_.topic.raw()));
    *role->mutable_state() = state();
    role->set_min_insync_replicas(1);
    (*role->mutable_configs())["leader.replication.throttled.replicas"] = throttled;
    role->set_kind(control::Role::LEAD);
    shards_.apply(roles);
    std::string batches;
    for (int i = 0; i < kBatches; ++i) {
      std::string batch = RecordBatchBuilder(0).add(1, std::nullopt, std::string(kBatch, 'x')).build();
      shards_.on_each_and_wait([&](Shard& shard) { shard.produce(partition_, batch, -1, 1h, [](const ProduceOutcome&) {}); });
    }
  }
  void publish(int64_t rate) {
    control::Delta delta;
    delta.set_snapshot(true);
    delta.set_controller_epoch(1);
    for (int id : {1, 2, 3}) {
      auto* broker = delta.add_brokers();
      broker->set_id(id);
      broker->set_epoch(1);
      broker->set_live(true);
      broker->set_ready(true);
    }
    auto* topic = delta.add_topics();
    topic->set_name("t");
    topic->set_topic_id(std::string(partition_.topic.raw()));
    auto* of = delta.add_partitions();
    of->set_topic_id(topic->topic_id());
    *of->mutable_state() = state();
    auto* configs = delta.mutable_broker_configs()->add_brokers();
    configs->set_broker("1");
    (*configs->mutable_configs())["leader.replication.throttled.rate"] = std::to_string(rate);
    shards_.publish(std::make_shared<Image>()->after(delta));
  }
  // As the handler does it: what has left spends the quota.
  ReadOutcome fetch(int broker, int64_t offset) {
    ReadOutcome outcome;
    shards_.on_each_and_wait([&](Shard& shard) {
      FetchParams params;
      params.offset = offset;
      params.max_bytes = 1 << 20;
      params.current_leader_epoch = LeaderEpoch(0);
      auto token = std::make_shared<WakeToken>([this] { woken_.set_value(); });
      outcome = shard.fetch(partition_, params, {BrokerId(broker), BrokerEpoch(1)}, token);
      shard.context().quotas->leader.spend(outcome.throttled_bytes, clock_.now());
    });
    return outcome;
  }

  TopicPartition partition_{TopicId(Uuid::random(random_)), PartitionIndex(0)};
  std::promise<void> woken_;
};

TEST_F(ThrottledLeaderTest, GivesAReplicaOutsideTheIsrItsRateAndAMemberEverything) {
  begin("0:1", 50'000);
  EXPECT_EQ(fetch(2, 0).slice.next_offset, kBatches);
  EXPECT_EQ(fetch(2, 0).slice.next_offset, kBatches) << "a member spends nothing";
  const ReadOutcome first = fetch(3, 0);
  ASSERT_EQ(first.error, ErrorCode::kNone);
  EXPECT_EQ(first.slice.next_offset, 4) << "of a second's worth as many whole batches as fit";
  EXPECT_EQ(first.throttled_bytes, static_cast<int64_t>(first.slice.bytes));
}

TEST_F(ThrottledLeaderTest, HoldsAFetchBackAndWakesItWhenTheRateAllowsMore) {
  begin("*", 20'000);
  EXPECT_EQ(fetch(3, 0).slice.next_offset, 1);
  const Instant before = clock_.now();
  // One batch is two tenths of a second above what was left.
  shards_.on_each_and_wait([&](Shard& shard) { shard.context().quotas->leader.spend(12'000, before); });
  woken_ = {};
  const ReadOutcome held = fetch(3, 1);
  EXPECT_EQ(held.error, ErrorCode::kNone);
  EXPECT_EQ(held.slice.bytes, 0u);
  EXPECT_EQ(held.high_watermark, 0) << "its progress is noted, and the high watermark told";
  ASSERT_EQ(woken_.get_future().wait_for(10s), std::future_status::ready) << "nobody wakes it";
}

TEST_F(ThrottledLeaderTest, IsFreeWhereItIsNotNamedOrThereIsNoRate) {
  begin("0:2,0:3", 20'000);
  EXPECT_EQ(fetch(3, 0).slice.next_offset, kBatches) << "the leader's own replica has to be named";
}

TEST_F(ThrottledLeaderTest, ARateThatIsRaisedCountsAtOnce) {
  begin("*", 1);
  EXPECT_EQ(fetch(3, 0).slice.next_offset, 1) << "one batch goes in any case";
  EXPECT_EQ(fetch(3, 1).slice.bytes, 0u);
  publish(100'000'000);
  EXPECT_EQ(fetch(3, 1).slice.next_offset, kBatches);
}

class ThrottledFollowerTest : public FetcherTest {
 protected:
  static constexpr int64_t kFollowersRate = 100'000;

  ThrottledFollowerTest() : FetcherTest({}, 2) {
    topic_configs_["follower.replication.throttled.replicas"] = "0:1,1:1";
    broker_configs_["follower.replication.throttled.rate"] = std::to_string(kFollowersRate);
  }
};

TEST_F(ThrottledFollowerTest, AsksForWhatItsRateAllowsAndThenWaits) {
  in_isr_ = false;
  begin();
  network::Fd connection = accept();
  ASSERT_TRUE(connection);
  auto first = asked(connection);
  ASSERT_TRUE(first && first->request.topics.size() == 1u);
  ASSERT_EQ(first->request.topics[0].partitions.size(), 2u) << "both get their share";
  for (auto& partition : first->request.topics[0].partitions) EXPECT_EQ(partition.partition_max_bytes, kFollowersRate / 2);

  protocol::FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic_id = first->request.topics[0].topic_id;
  auto& filled = topic.partitions.emplace_back();
  filled.partition_index = PartitionIndex(0);
  filled.high_watermark = 0;
  filled.log_start_offset = 0;
  const std::string batch =
      RecordBatchBuilder(0).leader_epoch(LeaderEpoch(0)).add(1, std::nullopt, std::string(kFollowersRate * 11 / 10, 'x')).build();
  filled.records = protocol::Records::in_memory(batch);
  const Instant before = clock_.now();
  answer(connection, *first, response);
  auto second = asked(connection);
  ASSERT_TRUE(second) << "it never comes back";
  // 1.1 seconds' worth was spent, of which all but 0.9 has to be paid back.
  EXPECT_GE(clock_.now() - before, 200ms);
  for (auto& partition : second->request.topics.at(0).partitions) EXPECT_LE(partition.partition_max_bytes, kFollowersRate / 2);
}

TEST_F(ThrottledFollowerTest, InTheIsrAsksForEverything) {
  begin();
  network::Fd connection = accept();
  ASSERT_TRUE(connection);
  auto first = asked(connection);
  ASSERT_TRUE(first && first->request.topics.size() == 1u);
  for (auto& partition : first->request.topics[0].partitions) EXPECT_EQ(partition.partition_max_bytes, 1 << 20);
}

}  // namespace
}  // namespace baton
