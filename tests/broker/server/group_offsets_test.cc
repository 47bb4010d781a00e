// What groups have committed, where somebody made __consumer_offsets by hand and retention is short.
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_commit.h"
#include "broker/protocol/messages/offset_fetch.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

constexpr const char* kTopic = "__consumer_offsets";

class GroupOffsetsTest : public AloneTest {
 protected:
  // One shard: what its retention looks at, it looks at together.
  void SetUp() override {
    start({{"num.network.threads", "1"},
           {"offsets.topic.num.partitions", "5"},
           {"offsets.topic.replication.factor", "1"},
           {"log.retention.ms", "1"},
           {"log.retention.check.interval.ms", "1"}});
  }

  protocol::CreateTopicsResponse::Topic make(const protocol::CreateTopicsRequest::Topic& topic) {
    protocol::CreateTopicsRequest request;
    request.topics.push_back(topic);
    auto answer = ask<protocol::CreateTopicsResponse>(request);
    EXPECT_EQ(answer.topics.at(0).error_code, ErrorCode::kNone);
    return answer.topics.at(0);
  }
  std::string config(const std::string& key) {
    protocol::DescribeConfigsRequest request;
    request.resources.push_back({2, kTopic, std::vector<std::string>{key}});
    return ask<protocol::DescribeConfigsResponse>(request).results.at(0).configs.at(0).value.value_or("(none)");
  }
  int64_t earliest(const std::string& topic) {
    protocol::ListOffsetsRequest request;
    request.topics.push_back({topic, {{PartitionIndex(0), LeaderEpoch(), -2}}});
    return ask<protocol::ListOffsetsResponse>(request).topics.at(0).partitions.at(0).offset;
  }
  ErrorCode commit(int64_t offset) {
    protocol::OffsetCommitRequest request;
    request.group_id = "g";
    request.topics.push_back({"t", {{PartitionIndex(0), offset, LeaderEpoch(), ""}}});
    return ask<protocol::OffsetCommitResponse>(request).topics.at(0).partitions.at(0).error_code;
  }
  // -1: none; nothing: not loaded yet.
  std::optional<int64_t> committed() {
    protocol::OffsetFetchRequest request;
    request.groups.push_back({"g", std::vector<protocol::OffsetFetchRequest::Topic>{{"t", {PartitionIndex(0)}}}});
    auto group = ask<protocol::OffsetFetchResponse>(request).groups.at(0);
    if (group.error_code == ErrorCode::kCoordinatorLoadInProgress) return std::nullopt;
    EXPECT_EQ(group.error_code, ErrorCode::kNone);
    return group.topics.at(0).partitions.at(0).committed_offset;
  }
  // Retention has looked at every log since: what it may cut is cut.
  void wait_for_a_look() {
    create("cut");
    ASSERT_EQ(produce("cut", batch_of({"old"})).error_code, ErrorCode::kNone);
    ASSERT_TRUE(support::wait_for(std::chrono::seconds(30), [&] { return earliest("cut") == 1; }));
  }
  // As after a failover: the coordinator reads its partition anew.
  static void lead_again(const TopicId& topic, int leader_epoch) {
    control::Event event;
    event.mutable_roles()->set_controller_epoch(1);
    auto* role = event.mutable_roles()->add_roles();
    role->set_topic(kTopic);
    role->set_topic_id(std::string(topic.raw()));
    (*role->mutable_configs())["cleanup.policy"] = "delete";
    role->set_min_insync_replicas(1);
    role->set_kind(control::Role::LEAD);
    auto* state = role->mutable_state();
    state->set_leader(7);
    state->set_leader_epoch(leader_epoch);
    state->set_partition_epoch(leader_epoch);
    state->add_replicas(7);
    state->add_isr(7);
    fake_manager::send(event);
  }
};

TEST_F(GroupOffsetsTest, OutliveRetentionAndTheNextLeadershipOfATopicThatWasToldToDelete) {
  create("t");
  TopicId id = make({kTopic, 1, 1, {}, {{"cleanup.policy", "delete"}, {"retention.ms", "1"}}}).topic_id;
  EXPECT_EQ(config("cleanup.policy"), "delete");
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(30), [&] { return commit(42) == ErrorCode::kNone; }));
  wait_for_a_look();
  EXPECT_EQ(earliest(kTopic), 0);
  lead_again(id, 1);
  // The role comes by another thread: as long as the former leadership answers nothing is shown.
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(30), [&] {
    protocol::ListOffsetsRequest request;
    request.topics.push_back({kTopic, {{PartitionIndex(0), LeaderEpoch(1), -2}}});
    return ask<protocol::ListOffsetsResponse>(request).topics.at(0).partitions.at(0).error_code == ErrorCode::kNone;
  }));
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(30), [&] { return committed().has_value(); }));
  EXPECT_EQ(committed(), 42);
}

TEST_F(GroupOffsetsTest, ATopicThatIsMadeByHandIsWhatTheBrokerWouldHaveMade) {
  auto made = make({kTopic, -1, -1, {}, {{"segment.bytes", "1000000"}}});
  EXPECT_EQ(made.num_partitions, 5);
  EXPECT_EQ(config("cleanup.policy"), "compact");
  EXPECT_EQ(config("compression.type"), "producer");
  EXPECT_EQ(config("segment.bytes"), "1000000") << "as it was told";
}

}  // namespace
}  // namespace baton
