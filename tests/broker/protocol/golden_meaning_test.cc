// Bytes alone do not settle a layout: an epoch of 0 looks like an empty array, and a field misplaced by one can come back to the
// same bytes. So what was recorded must also make sense.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "broker/protocol/all_messages.h"
#include "broker/protocol/frame.h"
#include "tests/broker/protocol/golden_frames.h"

namespace baton::protocol {
namespace {

using testing::golden_frames;

template <class Message>
struct Recorded {
  std::string client;
  int16_t version = -1;
  Message message;
};

// Of all clients, unless one is named.
template <class Request>
std::vector<Recorded<Request>> requests(const std::string& client = "") {
  std::vector<Recorded<Request>> all;
  for (const testing::GoldenFrame& golden : golden_frames()) {
    if (golden.api != Request::api.name || golden.direction != "request" || (!client.empty() && golden.client != client)) continue;
    Reader in(golden.frame);
    EXPECT_TRUE(decode_request_header(in).has_value());
    auto request = decode_body<Request>(in, golden.version);
    EXPECT_TRUE(request.has_value());
    if (request) all.push_back({golden.client, golden.version, std::move(*request)});
  }
  return all;
}

template <class Response>
std::vector<Recorded<Response>> responses(const std::string& client = "") {
  std::vector<Recorded<Response>> all;
  for (const testing::GoldenFrame& golden : golden_frames()) {
    if (golden.api != Response::api.name || golden.direction != "response" || (!client.empty() && golden.client != client)) continue;
    Reader in(golden.frame);
    EXPECT_TRUE(decode_response_header<Response>(in, golden.version).has_value());
    auto response = decode_body<Response>(in, golden.version);
    EXPECT_TRUE(response.has_value());
    if (response) all.push_back({golden.client, golden.version, std::move(*response)});
  }
  return all;
}

void expect_each_version(const Api& api, const std::set<int16_t>& seen) {
  for (int16_t version = api.oldest; version <= api.newest; ++version) EXPECT_TRUE(seen.contains(version)) << api.name << " " << version;
}

#define TRACE_RECORDED(recorded) SCOPED_TRACE((recorded).client + " " + std::to_string((recorded).version))

TEST(Golden, MetadataNamesLeadersAmongTheReplicas) {
  std::set<int16_t> seen;
  for (const auto& recorded : responses<MetadataResponse>()) {
    TRACE_RECORDED(recorded);
    for (const auto& topic : recorded.message.topics) {
      for (const auto& partition : topic.partitions) {
        const auto& replicas = partition.replica_nodes;
        EXPECT_NE(std::find(replicas.begin(), replicas.end(), partition.leader_id), replicas.end());
        EXPECT_EQ(partition.isr_nodes.size(), replicas.size());
        EXPECT_TRUE(partition.offline_replicas.empty());
        seen.insert(recorded.version);
      }
    }
  }
  expect_each_version(kMetadata, seen);
}

TEST(Golden, AReplicasFetchSaysWhoAndWhichLife) {
  const auto fetches = requests<FetchRequest>("broker");
  EXPECT_FALSE(fetches.empty());
  for (const auto& recorded : fetches) {
    EXPECT_GE(recorded.message.replica_state.replica_id.value(), 1);
    EXPECT_GE(recorded.message.replica_state.replica_epoch.value(), 0);
  }
}

TEST(Golden, AMovedLeaderIsHintedAt) {
  bool seen = false;
  for (const auto& recorded : responses<ProduceResponse>()) {
    if (recorded.message.node_endpoints.empty()) continue;
    const auto& partition = recorded.message.responses.at(0).partition_responses.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNotLeaderOrFollower);
    EXPECT_EQ(partition.current_leader.leader_id, recorded.message.node_endpoints[0].node_id);
    seen = true;
  }
  EXPECT_TRUE(seen);
}

// Three records are of epoch 0, two of epoch 1, which broker 2 began.
TEST(Golden, AFetchTellsWhereEpochsDivergeAndWhoLeads) {
  std::map<int16_t, FetchResponse::Partition> diverging;
  for (const auto& recorded : responses<FetchResponse>("diverging")) {
    diverging[recorded.version] = recorded.message.responses.at(0).partitions.at(0);
  }
  for (const auto& [version, partition] : diverging) {
    SCOPED_TRACE(version);
    EXPECT_EQ(partition.error_code, ErrorCode::kNone);
    EXPECT_EQ(partition.high_watermark, 5);
    EXPECT_EQ(partition.current_leader.leader_id, BrokerId{});
    EXPECT_EQ(partition.snapshot_id.end_offset, -1);
  }
  EXPECT_EQ(diverging.at(12).diverging_epoch.epoch, LeaderEpoch{0});
  EXPECT_EQ(diverging.at(12).diverging_epoch.end_offset, 3);
  EXPECT_EQ(diverging.at(16).diverging_epoch.epoch, LeaderEpoch{1});
  EXPECT_EQ(diverging.at(16).diverging_epoch.end_offset, 5);
  for (const auto& recorded : requests<FetchRequest>("diverging")) {
    const auto& partition = recorded.message.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.fetch_offset, 1000);
    EXPECT_EQ(partition.last_fetched_epoch, LeaderEpoch{recorded.version == 12 ? 0 : 1});
  }

  // Version 12 could say who leads, and Kafka leaves it to version 16.
  const auto misdirected = responses<FetchResponse>("misdirected");
  ASSERT_EQ(misdirected.size(), 2u);
  EXPECT_EQ(misdirected[0].message.responses.at(0).partitions.at(0).error_code, ErrorCode::kNotLeaderOrFollower);
  ASSERT_EQ(misdirected[1].version, 16);
  const FetchResponse& refused = misdirected[1].message;
  const auto& partition = refused.responses.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(partition.current_leader.leader_id, BrokerId{2});
  EXPECT_EQ(partition.current_leader.leader_epoch, LeaderEpoch{1});
  EXPECT_EQ(partition.diverging_epoch.end_offset, -1);
  EXPECT_EQ(partition.snapshot_id.end_offset, -1);
  ASSERT_EQ(refused.node_endpoints.size(), 1u);
  EXPECT_EQ(refused.node_endpoints[0].node_id, BrokerId{2});
  EXPECT_EQ(refused.node_endpoints[0].host, "127.0.0.1");
  EXPECT_GT(refused.node_endpoints[0].port, 1024);
  EXPECT_EQ(refused.node_endpoints[0].rack, std::nullopt);
}

// A follower of the metadata log that is behind its earliest snapshot.
TEST(Golden, AFetchNamesTheSnapshotToBeginWith) {
  const auto outdated = responses<FetchResponse>("outdated");
  ASSERT_EQ(outdated.size(), 1u);
  const auto& partition = outdated[0].message.responses.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, ErrorCode::kNone);
  EXPECT_EQ(partition.snapshot_id.epoch, LeaderEpoch{1});
  EXPECT_GT(partition.snapshot_id.end_offset, 1);
  EXPECT_LE(partition.snapshot_id.end_offset, partition.high_watermark);
  EXPECT_EQ(partition.current_leader.leader_id, BrokerId{1});
  EXPECT_EQ(partition.current_leader.leader_epoch, LeaderEpoch{1});
  EXPECT_EQ(partition.diverging_epoch.end_offset, -1);
  const auto asked = requests<FetchRequest>("outdated");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].message.cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
  EXPECT_EQ(asked[0].message.replica_state.replica_id, BrokerId{2});
  EXPECT_EQ(asked[0].message.topics.at(0).partitions.at(0).last_fetched_epoch, LeaderEpoch{0});
}

// The clients' groups have one member each, which therefore leads.
TEST(Golden, AJoinGroupNamesALeaderAmongTheMembers) {
  std::set<int16_t> seen;
  for (const auto& recorded : responses<JoinGroupResponse>()) {
    TRACE_RECORDED(recorded);
    const JoinGroupResponse& joined = recorded.message;
    EXPECT_FALSE(joined.member_id.empty());
    if (joined.error_code == ErrorCode::kMemberIdRequired) {
      EXPECT_EQ(joined.generation_id, -1);
      EXPECT_TRUE(joined.members.empty());
      continue;
    }
    EXPECT_EQ(joined.error_code, ErrorCode::kNone);
    EXPECT_EQ(joined.generation_id, 1);
    EXPECT_EQ(joined.protocol_name, "range");
    if (recorded.version >= 7) {
      EXPECT_EQ(joined.protocol_type, "consumer");
    }
    EXPECT_EQ(joined.leader, joined.member_id);
    ASSERT_EQ(joined.members.size(), 1u);
    EXPECT_EQ(joined.members[0].member_id, joined.member_id);
    EXPECT_EQ(joined.members[0].group_instance_id.has_value(), joined.member_id.starts_with("instance-"));
    seen.insert(recorded.version);
  }
  expect_each_version(kJoinGroup, seen);
  for (const auto& recorded : requests<JoinGroupRequest>()) {
    TRACE_RECORDED(recorded);
    const bool java = recorded.client == "java";
    EXPECT_TRUE(recorded.message.group_id.starts_with(java ? "group-" : "kcat-group"));
    EXPECT_EQ(recorded.message.session_timeout_ms, java ? 45'000 : 6'000);
    EXPECT_EQ(recorded.message.rebalance_timeout_ms, recorded.version >= 1 ? 300'000 : -1);
    EXPECT_EQ(recorded.message.protocol_type, "consumer");
    ASSERT_EQ(recorded.message.protocols.size(), 2u);
    EXPECT_EQ(recorded.message.protocols[0].name, "range");
  }
}

TEST(Golden, ADescribedGroupHasTheMembersThatItsStateTells) {
  std::set<int16_t> seen;
  size_t stable = 0;
  for (const auto& recorded : responses<DescribeGroupsResponse>()) {
    TRACE_RECORDED(recorded);
    for (const auto& group : recorded.message.groups) {
      SCOPED_TRACE(group.group_id + " " + group.group_state);
      EXPECT_EQ(group.error_code, ErrorCode::kNone);
      EXPECT_TRUE(group.group_id.starts_with("group-"));
      EXPECT_EQ(group.protocol_type, group.group_state == "Dead" ? "" : "consumer");
      EXPECT_EQ(group.protocol_data, group.group_state == "Stable" ? "range" : "");
      EXPECT_EQ(group.members.empty(), group.group_state == "Dead" || group.group_state == "Empty");
      for (const auto& member : group.members) {
        EXPECT_TRUE(member.member_id.starts_with("instance-"));
        if (recorded.version >= 4) {
          EXPECT_EQ(member.group_instance_id, "instance");
        }
        EXPECT_EQ(member.client_id, "java");
        EXPECT_EQ(member.client_host, "/127.0.0.1");
        EXPECT_EQ(member.member_metadata.data.empty(), group.group_state != "Stable");
        EXPECT_EQ(member.member_assignment.data.empty(), group.group_state != "Stable");
      }
      stable += group.group_state == "Stable";
      seen.insert(recorded.version);
    }
  }
  EXPECT_GT(stable, 0u);
  expect_each_version(kDescribeGroups, seen);
}

// Offset 4, of epoch 1, was committed with a note.
TEST(Golden, AnOffsetFetchTellsOffsetEpochAndMetadata) {
  std::set<int16_t> seen;
  for (const auto& recorded : responses<OffsetFetchResponse>()) {
    TRACE_RECORDED(recorded);
    const auto& topics = recorded.version >= 8 ? recorded.message.groups.at(0).topics : recorded.message.topics;
    for (const auto& partition : topics.at(0).partitions) EXPECT_EQ(partition.error_code, ErrorCode::kNone);
    if (recorded.client != "exact") continue;
    EXPECT_EQ(topics.at(0).name, "golden-telling");
    if (recorded.version >= 8) {
      EXPECT_EQ(recorded.message.groups.at(0).group_id, "group-telling");
    }
    const auto& partition = topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.partition_index, PartitionIndex{0});
    EXPECT_EQ(partition.committed_offset, 4);
    EXPECT_EQ(partition.committed_leader_epoch, recorded.version >= 5 ? LeaderEpoch{1} : LeaderEpoch{});
    EXPECT_EQ(partition.metadata, "note");
    seen.insert(recorded.version);
  }
  expect_each_version(kOffsetFetch, seen);
}

// The last of five records, a millisecond apart.
TEST(Golden, AListedOffsetHasItsTimeAndEpoch) {
  constexpr int64_t kTimeMs = 1'700'000'000'004;
  std::set<int16_t> seen;
  for (const auto& recorded : responses<ListOffsetsResponse>()) {
    TRACE_RECORDED(recorded);
    const auto& partition = recorded.message.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNone);
    if (recorded.client != "exact") continue;
    EXPECT_EQ(partition.timestamp, kTimeMs);
    EXPECT_EQ(partition.offset, 4);
    EXPECT_EQ(partition.leader_epoch, recorded.version >= 4 ? LeaderEpoch{1} : LeaderEpoch{});
    seen.insert(recorded.version);
  }
  expect_each_version(kListOffsets, seen);
  for (const auto& recorded : requests<ListOffsetsRequest>("exact")) {
    EXPECT_EQ(recorded.message.topics.at(0).partitions.at(0).timestamp, kTimeMs);
  }
}

TEST(Golden, AnEpochEndsWhereItsRecordsEnd) {
  std::set<int16_t> seen;
  for (const auto& recorded : responses<OffsetForLeaderEpochResponse>()) {
    TRACE_RECORDED(recorded);
    const auto& partition = recorded.message.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNone);
    if (recorded.client != "exact") continue;
    EXPECT_EQ(recorded.message.topics.at(0).topic, "golden-telling");
    EXPECT_EQ(partition.leader_epoch, LeaderEpoch{1});
    EXPECT_EQ(partition.end_offset, 5);
    seen.insert(recorded.version);
  }
  expect_each_version(kOffsetForLeaderEpoch, seen);
  for (const auto& recorded : requests<OffsetForLeaderEpochRequest>("exact")) {
    EXPECT_EQ(recorded.message.replica_id, BrokerId{recorded.version >= 3 ? -1 : -2});
    EXPECT_EQ(recorded.message.topics.at(0).partitions.at(0).leader_epoch, LeaderEpoch{1});
  }
}

}  // namespace
}  // namespace baton::protocol
