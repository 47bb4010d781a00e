// Who asks a broker that does not lead, or names an epoch that is not the leader's, is told so, and where to go.
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

constexpr int kSelf = 7;
constexpr int kOther = 8;
constexpr int kEpoch = 4;
constexpr int kOtherPort = 1;

class LeadersTest : public AloneTest {
 protected:
  // The cluster has made `leader` the topic's leader in epoch kEpoch, and this broker knows.
  TopicId led_by(int leader) {
    TopicId id = create("t");
    EXPECT_EQ(produce("t", batch_of({"a", "b"})).error_code, ErrorCode::kNone);
    control::Event image;
    auto* delta = image.mutable_metadata();
    delta->set_controller_epoch(1);
    delta->set_controller_id(kSelf);
    auto* broker = delta->add_brokers();
    broker->set_id(kOther);
    broker->set_epoch(2);
    broker->set_live(true);
    broker->set_ready(true);
    broker->set_streaming(true);
    broker->set_rack("attic");
    auto* endpoint = broker->add_endpoints();
    endpoint->set_listener("PLAINTEXT");
    endpoint->set_host("127.0.0.1");
    endpoint->set_port(kOtherPort);
    auto* partition = delta->add_partitions();
    partition->set_topic_id(std::string(id.raw()));
    auto* state = partition->mutable_state();
    state->set_leader(leader);
    state->set_leader_epoch(kEpoch);
    state->set_partition_epoch(kEpoch);
    for (int broker_id : {kSelf, kOther}) state->add_replicas(broker_id);
    state->add_isr(leader);
    control::Event roles;
    roles.mutable_roles()->set_controller_epoch(1);
    auto* role = roles.mutable_roles()->add_roles();
    role->set_topic("t");
    role->set_topic_id(partition->topic_id());
    *role->mutable_state() = *state;
    role->set_min_insync_replicas(1);
    role->set_kind(leader == kSelf ? control::Role::LEAD : control::Role::FOLLOW);
    fake_manager::send(image);
    fake_manager::send(roles);
    EXPECT_TRUE(support::wait_for(std::chrono::seconds(10), [&] {
      ErrorCode error = list_offsets(LeaderEpoch(kEpoch)).error_code;
      return error == (leader == kSelf ? ErrorCode::kNone : ErrorCode::kNotLeaderOrFollower);
    }));
    return id;
  }
  protocol::ListOffsetsResponse::Partition list_offsets(LeaderEpoch current, int16_t version = protocol::kListOffsets.newest) {
    protocol::ListOffsetsRequest request;
    request.topics.push_back({"t", {{PartitionIndex(0), current, -1}}});
    return ask<protocol::ListOffsetsResponse>(request, version).topics.at(0).partitions.at(0);
  }
  protocol::OffsetForLeaderEpochResponse::Partition epoch_end(LeaderEpoch current) {
    protocol::OffsetForLeaderEpochRequest request;
    request.topics.push_back({"t", {{PartitionIndex(0), current, LeaderEpoch(0)}}});
    return ask<protocol::OffsetForLeaderEpochResponse>(request).topics.at(0).partitions.at(0);
  }
  static void expect_other(const std::vector<protocol::NodeEndpoint>& endpoints) {
    ASSERT_EQ(endpoints.size(), 1u);
    EXPECT_EQ(endpoints[0].node_id, BrokerId(kOther));
    EXPECT_EQ(endpoints[0].host, "127.0.0.1");
    EXPECT_EQ(endpoints[0].port, kOtherPort);
    EXPECT_EQ(endpoints[0].rack, "attic");
  }
};

// KIP-951: the hint spares the client a question for metadata.
TEST_F(LeadersTest, ProduceNamesTheLeaderAndWhereItIsFromVersion10On) {
  led_by(kOther);
  for (int16_t version = protocol::kProduce.oldest; version <= protocol::kProduce.newest; ++version) {
    std::string batch = batch_of({"x"});
    auto answer = ask<protocol::ProduceResponse>(produce_request("t", batch), version);
    auto& partition = answer.responses.at(0).partition_responses.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNotLeaderOrFollower);
    bool hinted = version >= 10;
    EXPECT_EQ(partition.current_leader.leader_id, hinted ? BrokerId(kOther) : BrokerId()) << version;
    EXPECT_EQ(partition.current_leader.leader_epoch, hinted ? LeaderEpoch(kEpoch) : LeaderEpoch()) << version;
    if (hinted) {
      expect_other(answer.node_endpoints);
    } else {
      EXPECT_TRUE(answer.node_endpoints.empty()) << version;
    }
  }
}

// Fetch had room for the leader and its epoch before (12), for where that is from 16 on.
TEST_F(LeadersTest, FetchNamesTheLeaderFrom12OnAndWhereItIsFrom16On) {
  TopicId id = led_by(kOther);
  for (int16_t version = protocol::kFetch.oldest; version <= protocol::kFetch.newest; ++version) {
    auto answer = ask<protocol::FetchResponse>(fetch_request("t", id, 0), version);
    auto& partition = answer.responses.at(0).partitions.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNotLeaderOrFollower);
    bool hinted = version >= 12;
    EXPECT_EQ(partition.current_leader.leader_id, hinted ? BrokerId(kOther) : BrokerId()) << version;
    EXPECT_EQ(partition.current_leader.leader_epoch, hinted ? LeaderEpoch(kEpoch) : LeaderEpoch()) << version;
    if (version >= 16) {
      expect_other(answer.node_endpoints);
    } else {
      EXPECT_TRUE(answer.node_endpoints.empty()) << version;
    }
  }
}

TEST_F(LeadersTest, AHintComesWithAFencedFetchToo) {
  TopicId id = led_by(kSelf);
  auto request = fetch_request("t", id, 0);
  request.topics[0].partitions[0].current_leader_epoch = LeaderEpoch(kEpoch - 1);
  auto answer = ask<protocol::FetchResponse>(request);
  auto& partition = answer.responses.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(partition.current_leader.leader_id, BrokerId(kSelf));
  EXPECT_EQ(partition.current_leader.leader_epoch, LeaderEpoch(kEpoch));
  ASSERT_EQ(answer.node_endpoints.size(), 1u);
  EXPECT_EQ(answer.node_endpoints[0].port, address().port);
}

TEST_F(LeadersTest, OffsetsAreForThoseWhoseEpochIsTheLeaders) {
  led_by(kSelf);
  for (int16_t version = 4; version <= protocol::kListOffsets.newest; ++version) {
    EXPECT_EQ(list_offsets(LeaderEpoch(kEpoch - 1), version).error_code, ErrorCode::kFencedLeaderEpoch) << version;
    EXPECT_EQ(list_offsets(LeaderEpoch(kEpoch + 1), version).error_code, ErrorCode::kUnknownLeaderEpoch) << version;
    EXPECT_EQ(list_offsets(LeaderEpoch(kEpoch), version).offset, 2) << version;
    EXPECT_EQ(list_offsets(LeaderEpoch(), version).offset, 2) << version;
  }
  EXPECT_EQ(list_offsets(LeaderEpoch(kEpoch - 1)).offset, -1);
  EXPECT_EQ(epoch_end(LeaderEpoch(kEpoch - 1)).error_code, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(epoch_end(LeaderEpoch(kEpoch - 1)).end_offset, -1);
  EXPECT_EQ(epoch_end(LeaderEpoch(kEpoch + 1)).error_code, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(epoch_end(LeaderEpoch(kEpoch)).end_offset, 2);
  EXPECT_EQ(epoch_end(LeaderEpoch()).end_offset, 2);
}

}  // namespace
}  // namespace baton
