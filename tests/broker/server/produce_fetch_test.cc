#include <fmt/format.h>

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

using Strings = std::vector<std::string>;
using ProduceFetchTest = AloneTest;

TEST_F(ProduceFetchTest, WhatIsProducedIsFetchedInEveryVersion) {
  TopicId id = create("t");
  int64_t offset = 0;
  for (int16_t version = protocol::kProduce.oldest; version <= protocol::kProduce.newest; ++version) {
    auto produced = produce("t", batch_of({fmt::format("v{}", version), "x"}), version % 2 == 0 ? -1 : 1, 0, version);
    EXPECT_EQ(produced.error_code, ErrorCode::kNone);
    EXPECT_EQ(produced.base_offset, offset);
    offset += 2;
  }
  for (int16_t version = protocol::kFetch.oldest; version <= protocol::kFetch.newest; ++version) {
    auto fetched = ask<protocol::FetchResponse>(fetch_request("t", id, 4), version);
    auto& partition = fetched.responses.at(0).partitions.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::kNone);
    EXPECT_EQ(partition.high_watermark, offset);
    EXPECT_EQ(values_of(partition.records.bytes).front(), "v5") << version;
    EXPECT_EQ(values_of(partition.records.bytes).size(), static_cast<size_t>(offset - 4));
  }
}

TEST_F(ProduceFetchTest, WithoutAcksThereIsNoAnswerAndTheNextRequestIsAnswered) {
  TopicId id = create("t");
  auto quiet = protocol::encode_request(9, 1, "test", produce_request("t", batch_of({"quiet"}), 0));
  connection_->send(quiet->bytes);
  EXPECT_EQ(produce("t", batch_of({"loud"}), 1).base_offset, 1);
  auto fetched = ask<protocol::FetchResponse>(fetch_request("t", id, 0));
  EXPECT_EQ(values_of(fetched.responses.at(0).partitions.at(0).records.bytes), (Strings{"quiet", "loud"}));
}

TEST_F(ProduceFetchTest, AFetchThatWaitsIsWokenByAProduce) {
  TopicId id = create("t", 4);
  auto encoded = protocol::encode_request(16, ++correlation_, "test", fetch_request("t", id, 0, 30'000));
  connection_->send(encoded->bytes);
  EXPECT_TRUE(connection_->silent_for(50));
  auto waiting = std::exchange(connection_, std::make_unique<Connection>(address()));
  int32_t asked = correlation_;
  EXPECT_EQ(produce("t", batch_of({"news"})).error_code, ErrorCode::kNone);
  connection_ = std::move(waiting);
  correlation_ = asked;
  auto fetched = read<protocol::FetchResponse>(16);
  EXPECT_EQ(values_of(fetched.responses.at(0).partitions.at(0).records.bytes), (Strings{"news"}));
}

TEST_F(ProduceFetchTest, AFetchOfNothingIsAnsweredWhenItsPatienceEnds) {
  TopicId id = create("t");
  auto fetched = ask<protocol::FetchResponse>(fetch_request("t", id, 0, 30));
  EXPECT_EQ(fetched.responses.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_TRUE(fetched.responses.at(0).partitions.at(0).records.bytes.empty());
}

TEST_F(ProduceFetchTest, TheLimitOfTheWholeAnswerHoldsOverPartitionsOfAllShards) {
  TopicId id = create("t", 8);
  std::string large(10'000, 'x');
  for (int p = 0; p < 8; ++p) EXPECT_EQ(produce("t", batch_of({large}), 1, p).error_code, ErrorCode::kNone);
  auto request = fetch_request("t", id, 0);
  request.max_bytes = 25'000;
  for (int p = 1; p < 8; ++p) {
    auto partition = request.topics[0].partitions[0];
    partition.partition = PartitionIndex(p);
    request.topics[0].partitions.push_back(partition);
  }
  auto fetched = ask<protocol::FetchResponse>(request);
  int with_records = 0;
  for (auto& partition : fetched.responses.at(0).partitions) with_records += partition.records.bytes.empty() ? 0 : 1;
  EXPECT_EQ(with_records, 2);
  // One batch that is larger than the limit comes all the same, or a consumer would never get past it.
  request.max_bytes = 100;
  fetched = ask<protocol::FetchResponse>(request);
  with_records = 0;
  for (auto& partition : fetched.responses.at(0).partitions) with_records += partition.records.bytes.empty() ? 0 : 1;
  EXPECT_EQ(with_records, 1);
}

TEST_F(ProduceFetchTest, ErrorsAreToldPerPartition) {
  TopicId id = create("t");
  EXPECT_EQ(produce("missing", batch_of({"x"})).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(produce("t", batch_of({"x"}), -1, 5).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(produce("t", batch_of({"x"}), 2).error_code, ErrorCode::kInvalidRequiredAcks);
  std::string damaged = batch_of({"x"});
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ(produce("t", damaged).error_code, ErrorCode::kCorruptMessage);
  EXPECT_EQ(produce("t", batch_of({std::string(2'000'000, 'x')})).error_code, ErrorCode::kMessageTooLarge);
  std::string batch = batch_of({"x"});
  auto transactional = produce_request("t", batch);
  transactional.transactional_id = "tx";
  auto refused = ask<protocol::ProduceResponse>(transactional);
  EXPECT_EQ(refused.responses.at(0).partition_responses.at(0).error_code, ErrorCode::kTransactionalIdAuthorizationFailed);

  auto beyond = ask<protocol::FetchResponse>(fetch_request("t", id, 100));
  EXPECT_EQ(beyond.responses.at(0).partitions.at(0).error_code, ErrorCode::kOffsetOutOfRange);
  TopicId unknown(Uuid::from_bytes("0123456789abcdef"));
  auto nothing = ask<protocol::FetchResponse>(fetch_request("", unknown, 0, 10'000));
  EXPECT_EQ(nothing.responses.at(0).partitions.at(0).error_code, ErrorCode::kUnknownTopicId);
  auto fenced = fetch_request("t", id, 0);
  fenced.topics[0].partitions[0].current_leader_epoch = LeaderEpoch(9);
  EXPECT_EQ(ask<protocol::FetchResponse>(fenced).responses.at(0).partitions.at(0).error_code, ErrorCode::kUnknownLeaderEpoch);
}

TEST_F(ProduceFetchTest, APartitionTakesOneBatchOfFormat2AndNothingElse) {
  TopicId id = create("t");
  auto refusal = [&](const std::string& records, int16_t version = 11) { return produce("t", records, -1, 0, version).error_code; };
  const std::string good = batch_of({"x"});
  for (char format : {'\0', '\1'}) {
    std::string old = good;
    old[16] = format;
    EXPECT_EQ(refusal(old), ErrorCode::kInvalidRecord);
  }
  std::string later = good;
  later[16] = 3;
  EXPECT_EQ(refusal(later), ErrorCode::kCorruptMessage);
  EXPECT_EQ(refusal(""), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(good.substr(0, 10)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(good.substr(0, good.size() - 1)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(good + good), ErrorCode::kInvalidRecord);
  // zstd came with version 7.
  const std::string zstd = RecordBatchBuilder().attributes(4).add(1, "looks", "compressed").build();
  for (int16_t version = protocol::kProduce.oldest; version < 7; ++version) {
    EXPECT_EQ(refusal(zstd, version), ErrorCode::kUnsupportedCompressionType) << version;
  }
  EXPECT_EQ(refusal(zstd, 7), ErrorCode::kNone);
  auto fetched = ask<protocol::FetchResponse>(fetch_request("t", id, 0));
  EXPECT_EQ(fetched.responses.at(0).partitions.at(0).high_watermark, 1) << "only the last is there";
}

TEST_F(ProduceFetchTest, ClientsMayNotWriteIntoTheGroupsOwnTopic) {
  create("__consumer_offsets");
  EXPECT_EQ(produce("__consumer_offsets", batch_of({"x"})).error_code, ErrorCode::kInvalidTopicException);
}

TEST_F(ProduceFetchTest, ARetryOfAnIdempotentProducerIsAnsweredWithItsFirstOffset) {
  create("t");
  auto id = ask<protocol::InitProducerIdResponse>(protocol::InitProducerIdRequest{});
  ASSERT_EQ(id.error_code, ErrorCode::kNone);
  auto other = ask<protocol::InitProducerIdResponse>(protocol::InitProducerIdRequest{});
  EXPECT_NE(id.producer_id, other.producer_id);
  RecordBatchBuilder batch;
  batch.producer(id.producer_id, id.producer_epoch, 0).add(1, "k", "v");
  EXPECT_EQ(produce("t", batch.build()).base_offset, 0);
  EXPECT_EQ(produce("t", batch_of({"between"})).base_offset, 1);
  auto again = produce("t", batch.build());
  EXPECT_EQ(again.error_code, ErrorCode::kNone);
  EXPECT_EQ(again.base_offset, 0);
}

TEST_F(ProduceFetchTest, ATransactionalIdIsRefusedAtOnceAndForGood) {
  protocol::InitProducerIdRequest request;
  request.transactional_id = "tx";
  EXPECT_EQ(ask<protocol::InitProducerIdResponse>(request).error_code, ErrorCode::kTransactionalIdAuthorizationFailed);
}

TEST_F(ProduceFetchTest, WithoutALeaseALoneLeaderAcknowledgesNothing) {
  create("t");
  fake_manager::set_lease_deadline_ns(1);
  for (int16_t acks : {1, -1}) EXPECT_EQ(produce("t", batch_of({"x"}), acks).error_code, ErrorCode::kNotLeaderOrFollower);
  fake_manager::set_lease_deadline_ns(INT64_MAX);
  EXPECT_EQ(produce("t", batch_of({"x"}), 1).error_code, ErrorCode::kNone);
}

// An answer that waits behind others may wait until the broker has been buried and born again. The lease of the new life says
// nothing about what was acknowledged in the former one: by now a successor may lead without that record.
TEST_F(ProduceFetchTest, AnAnswerOfAFormerLifeDoesNotLeaveUnderTheNextOnesLease) {
  auto id = create("t");
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_EQ(produce("t", batch_of({large})).error_code, ErrorCode::kNone);
  // More than the sockets hold, and nobody reads.
  Connection slow(address());
  auto fetch = fetch_request("t", id, 0);
  fetch.max_bytes = 50'000'000;
  fetch.topics[0].partitions[0].partition_max_bytes = 50'000'000;
  constexpr int kFetches = 8;
  for (int i = 0; i < kFetches; ++i) slow.send(protocol::encode_request(12, 100 + i, "slow", fetch)->bytes);
  const std::string last = batch_of({"acknowledged in a former life"});
  slow.send(protocol::encode_request(9, 200, "slow", produce_request("t", last, 1))->bytes);
  protocol::ListOffsetsRequest end;
  end.topics.push_back({"t", {{PartitionIndex(0), LeaderEpoch(), -1}}});
  auto end_offset = [&] { return ask<protocol::ListOffsetsResponse>(end).topics.at(0).partitions.at(0).offset; };
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(10), [&] { return end_offset() == 5; }));

  fake_manager::set_lease_deadline_ns(0);
  control::Event stop;
  stop.mutable_stop()->set_reason("buried");
  fake_manager::send(stop);
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(10), [&] {
    return ask<protocol::ListOffsetsResponse>(end).topics.at(0).partitions.at(0).error_code == ErrorCode::kNotLeaderOrFollower;
  }));
  fake_manager::set_lease_deadline_ns(INT64_MAX);

  int fetched = 0;
  for (std::string frame = slow.receive(); !frame.empty(); frame = slow.receive()) {
    const auto correlation = load_be<int32_t>(frame.data());
    ASSERT_NE(correlation, 200) << "the acknowledgement left";
    ++fetched;
  }
  EXPECT_LE(fetched, kFetches);
}

TEST_F(ProduceFetchTest, OffsetsAreFoundByTimeAndByEpoch) {
  create("t");
  produce("t", batch_of({"a", "b", "c"}));
  protocol::ListOffsetsRequest request;
  request.topics.push_back({"t", {{PartitionIndex(0), LeaderEpoch(), -1}, {PartitionIndex(3), LeaderEpoch(), -1}}});
  for (int16_t version = 1; version <= protocol::kListOffsets.newest; ++version) {
    auto latest = ask<protocol::ListOffsetsResponse>(request, version);
    EXPECT_EQ(latest.topics.at(0).partitions.at(0).offset, 3);
    EXPECT_EQ(latest.topics.at(0).partitions.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  }
  request.topics[0].partitions[0].timestamp = -2;
  EXPECT_EQ(ask<protocol::ListOffsetsResponse>(request).topics.at(0).partitions.at(0).offset, 0);

  protocol::OffsetForLeaderEpochRequest epochs;
  epochs.topics.push_back({"t", {{PartitionIndex(0), LeaderEpoch(), LeaderEpoch(0)}}});
  for (int16_t version = 2; version <= 4; ++version) {
    auto end = ask<protocol::OffsetForLeaderEpochResponse>(epochs, version);
    EXPECT_EQ(end.topics.at(0).partitions.at(0).end_offset, 3);
    EXPECT_EQ(end.topics.at(0).partitions.at(0).leader_epoch, LeaderEpoch(0));
  }
}

TEST_F(ProduceFetchTest, PipelinedRequestsAreAnsweredInOrder) {
  create("t", 4);
  std::string stream;
  for (int i = 0; i < 40; ++i) {
    auto encoded = protocol::encode_request(11, 1000 + i, "test", produce_request("t", batch_of({std::to_string(i)}), -1, i % 4));
    stream += encoded->bytes;
  }
  connection_->send(stream);
  for (int i = 0; i < 40; ++i) {
    correlation_ = 1000 + i;
    auto answer = read<protocol::ProduceResponse>(11);
    EXPECT_EQ(answer.responses.at(0).partition_responses.at(0).base_offset, i / 4);
  }
}

}  // namespace
}  // namespace baton
