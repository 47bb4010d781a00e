// What librdkafka writes and reads: codecs, keys, headers, times, positions.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/clients/librdkafka/client.h"
#include "tests/clients/librdkafka/cluster.h"

namespace baton::clients {
namespace {

constexpr int64_t kLongAgoMs = 1'500'000'000'000;

std::vector<Message> some(int count, const std::string& name) {
  std::vector<Message> messages;
  for (int i = 0; i < count; ++i) {
    messages.push_back({fmt::format("key-{}", i),
                        fmt::format("{} {} {}", name, i, std::string(300, 'x')),
                        {{"name", name}, {"number", std::to_string(i)}},
                        kLongAgoMs + i});
  }
  return messages;
}

TEST(LibrdkafkaRecords, EveryCodecComesBackWithKeysHeadersAndTimes) {
  for (const std::string codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    SCOPED_TRACE(codec);
    const std::string topic = "codec-" + codec;
    cluster().create_topic(topic, 1);
    const auto sent = some(200, codec);
    for (const auto& delivery : Producer({{"compression.codec", codec}, {"linger.ms", "50"}}).send(topic, sent)) {
      ASSERT_EQ(delivery.error, RdKafka::ERR_NO_ERROR);
    }
    // With check.crcs the consumer proves that nobody touched the bytes.
    EXPECT_EQ(messages_of(read_all(topic, 0, {{"check.crcs", "true"}})), sent);
  }
}

TEST(LibrdkafkaRecords, NullsAndEmptyStringsAreToldApart) {
  cluster().create_topic("nulls", 1);
  const std::vector<Message> sent = {{std::nullopt, "value", {}, 1}, {"key", std::nullopt, {}, 2}, {"", "", {{"", ""}}, 3}};
  Producer().send("nulls", sent);
  EXPECT_EQ(messages_of(read_all("nulls")), sent);
}

TEST(LibrdkafkaRecords, EveryWayToAcknowledgeIsTaken) {
  cluster().create_topic("acks", 1);
  std::vector<Message> wanted;
  for (const Settings& settings :
       {Settings{{"acks", "0"}}, Settings{{"acks", "1"}}, Settings{{"acks", "all"}}, Settings{{"enable.idempotence", "true"}}}) {
    wanted.push_back({std::nullopt, settings.begin()->second, {}, kLongAgoMs});
    EXPECT_EQ(Producer(settings).send_one("acks", wanted.back()).error, RdKafka::ERR_NO_ERROR);
    // acks=0 is no promise: the record is there once the log says so.
    std::vector<Read> there;
    while (there.size() < wanted.size() && !testing::Test::HasFailure()) there = read_all("acks");
    EXPECT_EQ(messages_of(there), wanted);
  }
}

TEST(LibrdkafkaRecords, TheIdempotentProducerKeepsTheOrder) {
  cluster().create_topic("idempotent", 1);
  const auto sent = some(5000, "ordered");
  auto deliveries = Producer({{"enable.idempotence", "true"}, {"batch.num.messages", "50"}}).send("idempotent", sent);
  for (size_t i = 0; i < deliveries.size(); ++i) ASSERT_EQ(deliveries[i].offset, static_cast<int64_t>(i));
  EXPECT_EQ(messages_of(read_all("idempotent")), sent);
}

TEST(LibrdkafkaRecords, FromTheBeginningTheTailTheEndAndAnOffset) {
  cluster().create_topic("positions", 1);
  const auto sent = some(10, "old");
  Producer producer;
  producer.send("positions", sent);
  Consumer consumer;
  auto count_from = [&](int64_t offset) {
    consumer.assign("positions", 0, offset);
    return consumer.read_to_end().size();
  };
  EXPECT_EQ(count_from(RdKafka::Topic::OFFSET_BEGINNING), 10u);
  EXPECT_EQ(count_from(RdKafka::Consumer::OffsetTail(3)), 3u);
  EXPECT_EQ(count_from(7), 3u);
  EXPECT_EQ(count_from(RdKafka::Topic::OFFSET_END), 0u);
  producer.send("positions", some(1, "new"));
  auto next = consumer.poll(60'000);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->offset, 10);
  // An offset that is not there any more, or not yet, is reset as the consumer wants it.
  EXPECT_EQ(count_from(1000), 11u);
}

TEST(LibrdkafkaRecords, OffsetsByTimeAndWatermarks) {
  cluster().create_topic("times", 1);
  Producer producer;
  producer.send("times", some(10, "timed"));
  int64_t low = -1, high = -1;
  EXPECT_EQ(producer.handle().query_watermark_offsets("times", 0, &low, &high, 60'000), RdKafka::ERR_NO_ERROR);
  EXPECT_EQ(std::pair(low, high), std::pair(int64_t{0}, int64_t{10}));
  for (auto [time, offset] : {std::pair<int64_t, int64_t>{kLongAgoMs - 1, 0}, {kLongAgoMs + 4, 4}, {kLongAgoMs + 10, -1}}) {
    std::unique_ptr<RdKafka::TopicPartition> asked(RdKafka::TopicPartition::create("times", 0, time));
    std::vector<RdKafka::TopicPartition*> partitions{asked.get()};
    EXPECT_EQ(producer.handle().offsetsForTimes(partitions, 60'000), RdKafka::ERR_NO_ERROR);
    EXPECT_EQ(asked->offset(), offset) << time;
  }
}

TEST(LibrdkafkaRecords, MetadataTellsClusterControllerAndLeaders) {
  cluster().create_topic("metadata", 3);
  Producer producer;
  EXPECT_EQ(producer.handle().clusterid(60'000), cluster().id());
  EXPECT_EQ(producer.handle().controllerid(60'000), cluster().controller());
  std::string error;
  std::unique_ptr<RdKafka::Topic> topic(RdKafka::Topic::create(&producer.handle(), "metadata", nullptr, error));
  RdKafka::Metadata* raw = nullptr;
  ASSERT_EQ(producer.handle().metadata(false, topic.get(), &raw, 60'000), RdKafka::ERR_NO_ERROR);
  std::unique_ptr<RdKafka::Metadata> metadata(raw);
  EXPECT_EQ(metadata->brokers()->size(), 3u);
  ASSERT_EQ(metadata->topics()->size(), 1u);
  auto& partitions = *metadata->topics()->front()->partitions();
  ASSERT_EQ(partitions.size(), 3u);
  for (auto* partition : partitions) {
    EXPECT_EQ(partition->replicas()->size(), 3u);
    EXPECT_EQ(partition->leader(), partition->replicas()->front());
  }
}

}  // namespace
}  // namespace baton::clients
