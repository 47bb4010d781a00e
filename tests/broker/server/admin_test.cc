#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/delete_topics.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

using AdminTest = AloneTest;

TEST_F(AdminTest, ApiVersionsShowWhatIsServedInEveryVersion) {
  for (int16_t version = 0; version <= protocol::kApiVersions.newest; ++version) {
    auto response = ask<protocol::ApiVersionsResponse>(protocol::ApiVersionsRequest{}, version);
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    bool produce = false;
    for (auto& each : response.api_keys) produce = produce || (each.api_key == 0 && each.min_version == 0 && each.max_version == 11);
    EXPECT_TRUE(produce);
  }
}

TEST_F(AdminTest, AnUnknownVersionOfApiVersionsIsAnsweredInVersionZero) {
  Writer request;
  request.i32(11);
  request.i16(18);
  request.i16(99);
  request.i32(5);
  request.i16(-1);
  request.i8(0);
  connection_->send(request.view());
  correlation_ = 5;
  auto response = read<protocol::ApiVersionsResponse>(0);
  EXPECT_EQ(response.error_code, ErrorCode::kUnsupportedVersion);
  ASSERT_EQ(response.api_keys.size(), 1U);
  EXPECT_EQ(response.api_keys[0].api_key, 18);
}

TEST_F(AdminTest, LogDirectoriesAreDescribedWithTheSizesOfReplicas) {
  create("t", 3);
  create("u");
  ASSERT_EQ(produce("t", batch_of({std::string(10'000, 'x')}), 1, 2).error_code, ErrorCode::kNone);
  protocol::DescribeLogDirsRequest request;
  for (int16_t version = protocol::kDescribeLogDirs.oldest; version <= protocol::kDescribeLogDirs.newest; ++version) {
    auto all = ask<protocol::DescribeLogDirsResponse>(request, version);
    ASSERT_EQ(all.results.size(), 1u);
    EXPECT_EQ(all.results[0].log_dir, directory_ / "data");
    std::map<std::pair<std::string, int>, int64_t> sizes;
    for (auto& topic : all.results[0].topics) {
      for (auto& partition : topic.partitions) {
        sizes[{topic.name, partition.partition_index.value()}] = partition.partition_size;
        EXPECT_EQ(partition.offset_lag, 0);
        EXPECT_FALSE(partition.is_future_key);
      }
    }
    EXPECT_EQ(sizes.size(), 4u);
    EXPECT_EQ((sizes[{"t", 0}]), 0);
    EXPECT_GT((sizes[{"t", 2}]), 10'000);
    EXPECT_LT((sizes[{"t", 2}]), 11'000);
    EXPECT_EQ(all.results[0].total_bytes > all.results[0].usable_bytes && all.results[0].usable_bytes > 0, version >= 4);
  }
  request.topics = {{"t", {PartitionIndex(2), PartitionIndex(7)}}, {"nowhere", {PartitionIndex(0)}}};
  auto some = ask<protocol::DescribeLogDirsResponse>(request);
  ASSERT_EQ(some.results.at(0).topics.size(), 1u);
  ASSERT_EQ(some.results[0].topics[0].partitions.size(), 1u);
  EXPECT_EQ(some.results[0].topics[0].partitions[0].partition_index, PartitionIndex(2));
}

// A consumer would give up on a topic that is not told of.
TEST_F(AdminTest, ABrokerThatHasOnlyJustStartedSaysNothingOfTheClusterBeforeItKnowsIt) {
  broker_->shut_down();
  broker_.reset();
  for (bool cluster_only : {false, true}) {
    fake_manager::hold_first_image();
    start_listening();
    auto described = protocol::encode_request(1, ++correlation_, "test", protocol::DescribeClusterRequest{});
    protocol::MetadataRequest all;
    all.topics.reset();
    auto everything = protocol::encode_request(12, correlation_, "test", all);
    connection_->send(cluster_only ? described->bytes : everything->bytes);
    EXPECT_TRUE(connection_->silent_for(50));
    fake_manager::release_first_image();
    size_t brokers =
        cluster_only ? read<protocol::DescribeClusterResponse>(1).brokers.size() : read<protocol::MetadataResponse>(12).brokers.size();
    EXPECT_EQ(brokers, 1u);
    broker_->shut_down();
    broker_.reset();
  }
  start();
}

TEST_F(AdminTest, MetadataCreatesTopicsOnlyWhenTheClientAllowsIt) {
  EXPECT_EQ(metadata({"new"}, false).topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
  auto created = metadata({"new", "bad name"}, true);
  EXPECT_EQ(created.topics.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(created.topics.at(0).partitions.at(0).leader_id, BrokerId(7));
  EXPECT_EQ(created.topics.at(1).error_code, ErrorCode::kInvalidTopicException);
  for (int16_t version = 0; version <= protocol::kMetadata.newest; ++version) {
    auto known = metadata({"new"}, true, version);
    EXPECT_EQ(known.topics.at(0).partitions.size(), 1U);
    EXPECT_EQ(known.brokers.at(0).port, address().port);
    if (version >= 1) {
      EXPECT_EQ(known.controller_id, BrokerId(7));
    }
  }
}

TEST_F(AdminTest, AnEmptyListOfTopicsMeansAllInVersionZeroAndNoneLater) {
  create("a");
  EXPECT_EQ(metadata({}, true, 0).topics.size(), 1U);
  EXPECT_EQ(metadata({}, true, 1).topics.size(), 0U);
  protocol::MetadataRequest all;
  all.topics.reset();
  EXPECT_EQ(ask<protocol::MetadataResponse>(all, 1).topics.size(), 1U);
}

TEST_F(AdminTest, ALeaderlessPartitionSpoilsItsOwnLineOnlyAndItsEpochStays) {
  TopicId id = create("t", 2);
  control::Event event;
  auto* delta = event.mutable_metadata();
  delta->set_controller_epoch(1);
  delta->set_controller_id(7);
  auto* partition = delta->add_partitions();
  partition->set_topic_id(std::string(id.raw()));
  partition->mutable_state()->set_index(1);
  partition->mutable_state()->set_leader(-1);
  partition->mutable_state()->set_leader_epoch(3);
  partition->mutable_state()->set_partition_epoch(5);
  partition->mutable_state()->add_replicas(7);
  fake_manager::send(event);
  ASSERT_TRUE(support::wait_for(
      std::chrono::seconds(5), [&] { return metadata({"t"}).topics.at(0).partitions.at(1).error_code == ErrorCode::kLeaderNotAvailable; }));
  auto topic = metadata({"t"}).topics.at(0);
  EXPECT_EQ(topic.error_code, ErrorCode::kNone);
  EXPECT_EQ(topic.partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(topic.partitions.at(1).leader_epoch, LeaderEpoch(3));
  // An older word never takes the published epoch back.
  partition->mutable_state()->set_leader_epoch(2);
  partition->mutable_state()->set_partition_epoch(9);
  fake_manager::send(event);
  create("later");
  EXPECT_EQ(metadata({"t"}).topics.at(0).partitions.at(1).leader_epoch, LeaderEpoch(3));
}

TEST_F(AdminTest, TopicsAreCreatedAndRefusedPrecisely) {
  protocol::CreateTopicsRequest request;
  request.topics.push_back({"good", 3, 1, {}, {{"retention.ms", "1000"}}});
  request.topics.push_back({"bad config", 1, 1, {}, {}});
  request.topics.push_back({"unknown-key", 1, 1, {}, {{"no.such.key", "1"}}});
  request.topics.push_back({"bad-value", 1, 1, {}, {{"retention.ms", "soon"}}});
  request.topics.push_back({"none", 0, 1, {}, {}});
  request.topics.push_back({"twice", 1, 1, {}, {}});
  request.topics.push_back({"twice", 1, 1, {}, {}});
  request.topics.push_back({"many", 1, 3, {}, {}});
  auto response = ask<protocol::CreateTopicsResponse>(request);
  std::vector<ErrorCode> errors;
  for (auto& topic : response.topics) errors.push_back(topic.error_code);
  EXPECT_EQ(errors, (std::vector<ErrorCode>{ErrorCode::kNone, ErrorCode::kInvalidTopicException, ErrorCode::kInvalidConfig,
                                            ErrorCode::kInvalidConfig, ErrorCode::kInvalidPartitions, ErrorCode::kInvalidRequest,
                                            ErrorCode::kInvalidRequest, ErrorCode::kInvalidReplicationFactor}));
  EXPECT_EQ(response.topics.at(0).num_partitions, 3);
  EXPECT_EQ(metadata({"good"}).topics.at(0).partitions.size(), 3U);
  request.topics = {{"good", 1, 1, {}, {}}};
  EXPECT_EQ(ask<protocol::CreateTopicsResponse>(request).topics.at(0).error_code, ErrorCode::kTopicAlreadyExists);
  request.topics = {{"dry", 1, 1, {}, {}}};
  request.validate_only = true;
  EXPECT_EQ(ask<protocol::CreateTopicsResponse>(request).topics.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(metadata({"dry"}).topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(AdminTest, ADeletedTopicIsGoneAndItsNameBelongsToANewOne) {
  TopicId first = create("t");
  produce("t", batch_of({"old"}));
  protocol::DeleteTopicsRequest request;
  request.topics.push_back({"t", {}});
  request.topics.push_back({"missing", {}});
  request.timeout_ms = 5000;
  auto response = ask<protocol::DeleteTopicsResponse>(request);
  EXPECT_EQ(response.responses.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(response.responses.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(metadata({"t"}).topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
  TopicId second = create("t");
  EXPECT_NE(first, second);
  EXPECT_EQ(produce("t", batch_of({"new"})).base_offset, 0);
  auto fetched = ask<protocol::FetchResponse>(fetch_request("t", second, 0));
  EXPECT_EQ(values_of(fetched.responses.at(0).partitions.at(0).records.bytes), (std::vector<std::string>{"new"}));
}

TEST_F(AdminTest, ConfigurationsAreShownWithTheirSources) {
  protocol::CreateTopicsRequest create_request;
  create_request.topics.push_back({"t", 1, 1, {}, {{"retention.ms", "1234"}}});
  ask<protocol::CreateTopicsResponse>(create_request);
  protocol::DescribeConfigsRequest request;
  request.resources.push_back({2, "t", std::vector<std::string>{"retention.ms", "max.message.bytes"}});
  request.resources.push_back({4, "7", std::vector<std::string>{"inter.broker.protocol.version", "broker.id"}});
  request.resources.push_back({2, "missing", std::nullopt});
  request.resources.push_back({4, "8", std::nullopt});
  for (int16_t version = 1; version <= 4; ++version) {
    auto response = ask<protocol::DescribeConfigsResponse>(request, version);
    ASSERT_EQ(response.results.at(0).configs.size(), 2U);
    for (auto& config : response.results.at(0).configs) {
      bool own = config.name == "retention.ms";
      EXPECT_EQ(config.value, own ? "1234" : "1048588");
      EXPECT_EQ(config.config_source, own ? 1 : 5);
    }
    EXPECT_EQ(response.results.at(1).configs.size(), 2U);
    EXPECT_EQ(response.results.at(2).error_code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_EQ(response.results.at(3).error_code, ErrorCode::kInvalidRequest);
  }
}

TEST_F(AdminTest, TheClusterIsDescribed) {
  auto response = ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{});
  EXPECT_EQ(response.controller_id, BrokerId(7));
  EXPECT_FALSE(response.cluster_id.empty());
  EXPECT_EQ(response.brokers.at(0).port, address().port);
}

}  // namespace
}  // namespace baton
