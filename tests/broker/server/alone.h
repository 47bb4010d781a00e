// A whole broker in this process, alone behind the fake manager, and a client that asks it one thing after the other.
#pragma once

#include <gtest/gtest.h>

#include "broker/broker.h"
#include "broker/protocol/frame.h"
#include "broker/protocol/messages/create_topics.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/produce.h"
#include "partitions/log/record_batch.h"
#include "tests/broker/fake_manager/fake_manager.h"
#include "tests/broker/server/connection.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace baton {

// The answer, with the frame that its records point into.
template <class Response>
struct Answer : Response {
  std::shared_ptr<std::string> frame;
};

class AloneTest : public testing::Test {
 protected:
  void SetUp() override { start(); }

  void start(Properties more = {}) {
    start_listening(std::move(more));
    ASSERT_TRUE(support::wait_for(std::chrono::seconds(10), [&] { return !metadata({}).brokers.empty(); }));
  }
  // Without waiting until the broker knows of its cluster.
  void start_listening(Properties more = {}) {
    Properties properties{{"broker.id", "7"},
                          {"listeners", "PLAINTEXT://127.0.0.1:0"},
                          {"log.dirs", directory_ / "data"},
                          {"zookeeper.connect", "none:1"},
                          {"num.network.threads", "2"}};
    for (auto& [key, value] : more) properties[key] = value;
    auto settings = Settings::parse(properties, nullptr);
    ASSERT_TRUE(settings);
    auto config = BrokerConfig::make(std::move(*settings));
    ASSERT_TRUE(config);
    auto broker = Broker::start(std::move(*config));
    ASSERT_TRUE(broker) << broker.error().message;
    broker_ = std::move(*broker);
    connection_ = std::make_unique<Connection>(address());
  }
  void restart() {
    broker_->shut_down();
    broker_.reset();
    start();
  }
  network::Address address() const { return broker_->listeners().front().address; }

  template <class Response, class Request>
  Answer<Response> ask(const Request& request, int16_t version = Request::api.newest) {
    auto encoded = protocol::encode_request(version, ++correlation_, "test", request);
    EXPECT_TRUE(encoded) << encoded.error().message;
    connection_->send(encoded->bytes);
    return read<Response>(version);
  }
  template <class Response>
  Answer<Response> read(int16_t version) {
    Answer<Response> answer;
    answer.frame = std::make_shared<std::string>(connection_->receive());
    Reader in(*answer.frame);
    auto correlation = protocol::decode_response_header<Response>(in, version);
    EXPECT_TRUE(correlation && *correlation == correlation_);
    auto response = protocol::decode_body<Response>(in, version);
    EXPECT_TRUE(response) << response.error().message;
    if (response) static_cast<Response&>(answer) = std::move(*response);
    return answer;
  }

  protocol::MetadataResponse metadata(const std::vector<std::string>& topics, bool create = false, int16_t version = 12) {
    protocol::MetadataRequest request;
    request.allow_auto_topic_creation = create;
    for (auto& name : topics) {
      request.topics->emplace_back();
      request.topics->back().name = name;
    }
    return ask<protocol::MetadataResponse>(request, version);
  }
  TopicId create(const std::string& name, int partitions = 1) {
    protocol::CreateTopicsRequest request;
    request.topics.push_back({name, partitions, 1, {}, {}});
    auto response = ask<protocol::CreateTopicsResponse>(request);
    EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::kNone);
    return response.topics.at(0).topic_id;
  }

  static std::string batch_of(const std::vector<std::string>& values) {
    RecordBatchBuilder batch;
    for (auto& value : values) batch.add(1'700'000'000'000, std::nullopt, value);
    return batch.build();
  }
  // Points to `batches`, which outlives it.
  static protocol::ProduceRequest produce_request(const std::string& topic, std::string_view batches, int16_t acks = -1,
                                                  int partition = 0) {
    protocol::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 5000;
    request.topic_data.push_back({topic, {{PartitionIndex(partition), protocol::Records::in_memory(batches)}}});
    return request;
  }
  protocol::ProduceResponse::Partition produce(const std::string& topic, std::string_view batches, int16_t acks = -1, int partition = 0,
                                               int16_t version = 11) {
    auto response = ask<protocol::ProduceResponse>(produce_request(topic, batches, acks, partition), version);
    return response.responses.at(0).partition_responses.at(0);
  }
  static protocol::FetchRequest fetch_request(const std::string& topic, const TopicId& id, int64_t offset, int max_wait_ms = 0) {
    protocol::FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    protocol::FetchRequest::Partition partition;
    partition.partition = PartitionIndex(0);
    partition.fetch_offset = offset;
    partition.partition_max_bytes = 1 << 20;
    request.topics.push_back({topic, id, {partition}});
    return request;
  }
  static std::vector<std::string> values_of(std::string_view batches) {
    std::vector<std::string> values;
    BatchIterator iterator(batches);
    while (auto batch = iterator.next()) {
      auto records = decode_records(*batch);
      for (auto& record : *records) values.push_back(record.value.value_or("(null)"));
    }
    return values;
  }

  support::TempDir directory_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<Connection> connection_;
  int32_t correlation_ = 0;
};

}  // namespace baton
