// What administrators change while the broker runs, in every version of the APIs: elections, partitions, configurations.
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/create_partitions.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/elect_leaders.h"
#include "broker/protocol/messages/incremental_alter_configs.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

using ChangesTest = AloneTest;

protocol::ElectLeadersRequest election_of(const std::string& topic, int partition) {
  protocol::ElectLeadersRequest request;
  request.topic_partitions.emplace().push_back({topic, {PartitionIndex(partition)}});
  return request;
}

TEST_F(ChangesTest, AnElectionIsAnsweredByPartitionInEveryVersion) {
  create("t");
  for (int16_t version = 0; version <= protocol::kElectLeaders.newest; ++version) {
    auto request = election_of("t", 0);
    request.topic_partitions->push_back({"missing", {PartitionIndex(3)}});
    auto response = ask<protocol::ElectLeadersResponse>(request, version);
    ASSERT_EQ(response.replica_election_results.size(), 2U);
    EXPECT_EQ(response.replica_election_results[0].partition_result.at(0).error_code, ErrorCode::kElectionNotNeeded);
    EXPECT_EQ(response.replica_election_results[1].topic, "missing");
    EXPECT_EQ(response.replica_election_results[1].partition_result.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_EQ(ask<protocol::ElectLeadersResponse>(protocol::ElectLeadersRequest{}, version).replica_election_results.size(), 0U)
        << "of all, those that need one";
  }
}

TEST_F(ChangesTest, AnUnknownKindOfElectionIsNone) {
  auto request = election_of("t", 0);
  request.election_type = 9;
  auto response = ask<protocol::ElectLeadersResponse>(request);
  EXPECT_EQ(response.error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(response.replica_election_results.at(0).partition_result.at(0).error_code, ErrorCode::kInvalidRequest);
}

TEST_F(ChangesTest, NewPartitionsAreThereWhenTheAnswerCameInEveryVersion) {
  create("t");
  for (int16_t version = 0; version <= protocol::kCreatePartitions.newest; ++version) {
    protocol::CreatePartitionsRequest request;
    request.timeout_ms = 5000;
    request.topics.push_back({"t", 2 + version, {}});
    request.topics.push_back({"missing", 2, {}});
    auto response = ask<protocol::CreatePartitionsResponse>(request, version);
    EXPECT_EQ(response.results.at(0).error_code, ErrorCode::kNone);
    EXPECT_EQ(response.results.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_EQ(metadata({"t"}).topics.at(0).partitions.size(), 2U + static_cast<size_t>(version));
    EXPECT_EQ(produce("t", batch_of({"v"}), -1, 1 + version).error_code, ErrorCode::kNone);
  }
  protocol::CreatePartitionsRequest twice;
  twice.topics = {{"t", 9, {}}, {"t", 10, {}}};
  auto refused = ask<protocol::CreatePartitionsResponse>(twice);
  for (auto& result : refused.results) EXPECT_EQ(result.error_code, ErrorCode::kInvalidRequest);
}

std::string shown(const protocol::DescribeConfigsResponse& described, const std::string& key) {
  for (auto& config : described.results.at(0).configs) {
    if (config.name == key) return config.value.value_or("none") + " from " + std::to_string(config.config_source);
  }
  return "nothing";
}

TEST_F(ChangesTest, ConfigurationsChangeByKeyOrAsAWholeAndAreDescribedSo) {
  create("t");
  protocol::DescribeConfigsRequest describe;
  describe.resources.push_back({2, "t", {}});
  const auto now = [&](const std::string& key) { return shown(ask<protocol::DescribeConfigsResponse>(describe), key); };
  for (int16_t version = 0; version <= protocol::kIncrementalAlterConfigs.newest; ++version) {
    protocol::IncrementalAlterConfigsRequest set;
    set.resources.push_back({2, "t", {{"retention.ms", 0, "77"}, {"segment.bytes", 0, "1048576"}}});
    EXPECT_EQ(ask<protocol::IncrementalAlterConfigsResponse>(set, version).responses.at(0).error_code, ErrorCode::kNone);
    EXPECT_EQ(now("retention.ms"), "77 from 1");
    protocol::IncrementalAlterConfigsRequest unset;
    unset.resources.push_back({2, "t", {{"retention.ms", 1, {}}}});
    EXPECT_EQ(ask<protocol::IncrementalAlterConfigsResponse>(unset, version).responses.at(0).error_code, ErrorCode::kNone);
    EXPECT_EQ(now("retention.ms"), "604800000 from 5");
    EXPECT_EQ(now("segment.bytes"), "1048576 from 1");
  }
  for (int16_t version = 0; version <= protocol::kAlterConfigs.newest; ++version) {
    protocol::AlterConfigsRequest whole;
    whole.resources.push_back({2, "t", {{"retention.ms", "88"}}});
    whole.resources.push_back({2, "missing", {}});
    auto response = ask<protocol::AlterConfigsResponse>(whole, version);
    EXPECT_EQ(response.responses.at(0).error_code, ErrorCode::kNone);
    EXPECT_EQ(response.responses.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_EQ(now("retention.ms"), "88 from 1");
    EXPECT_EQ(now("segment.bytes"), "1073741824 from 5");
  }
}

TEST_F(ChangesTest, AResourceThatIsNamedTwiceIsRefused) {
  create("t");
  protocol::IncrementalAlterConfigsRequest request;
  request.resources.push_back({2, "t", {{"retention.ms", 0, "77"}}});
  request.resources.push_back({2, "t", {{"retention.ms", 0, "78"}}});
  for (auto& each : ask<protocol::IncrementalAlterConfigsResponse>(request).responses) {
    EXPECT_EQ(each.error_code, ErrorCode::kInvalidRequest);
  }
}

// The log itself goes by the new word, not only what is described.
TEST_F(ChangesTest, ALogObeysItsTopicsNewConfigurationAtOnce) {
  create("t");
  const std::string large = batch_of({std::string(5000, 'x')});
  EXPECT_EQ(produce("t", large).error_code, ErrorCode::kNone);
  protocol::IncrementalAlterConfigsRequest limit;
  limit.resources.push_back({2, "t", {{"max.message.bytes", 0, "1000"}}});
  (void)ask<protocol::IncrementalAlterConfigsResponse>(limit);
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(5), [&] { return produce("t", large).error_code == ErrorCode::kMessageTooLarge; }));
}

}  // namespace
}  // namespace baton
