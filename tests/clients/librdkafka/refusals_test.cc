// What librdkafka is refused, and whether it understands why: what it retries and what it gives up depends on the code.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/clients/librdkafka/client.h"
#include "tests/clients/librdkafka/cluster.h"

namespace baton::clients {
namespace {

constexpr size_t kMessageMaxBytes = 1048588;
// What a batch of one message with neither key nor headers adds to a value of that size.
constexpr size_t kOverheadBytes = 72;

TEST(LibrdkafkaRefusals, AMessageOfTheGreatestSizePassesAndOneByteMoreIsRefused) {
  cluster().create_topic("large", 1);
  Producer producer(Settings{{"message.max.bytes", "2000000"}});
  const std::string longest(kMessageMaxBytes - kOverheadBytes, 'x');
  EXPECT_EQ(producer.send_one("large", {std::nullopt, longest}).error, RdKafka::ERR_NO_ERROR);
  EXPECT_EQ(producer.send_one("large", {std::nullopt, longest + "x"}).error, RdKafka::ERR_MSG_SIZE_TOO_LARGE);
  EXPECT_EQ(producer.send_one("large", {std::nullopt, "small"}).offset, 1) << "it goes on";
  auto found = read_all("large");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].value, longest);
}

TEST(LibrdkafkaRefusals, ATransactionalIdIsRefusedForGoodAndAtOnce) {
  Producer producer(Settings{{"transactional.id", "mine"}});
  constexpr auto kPatience = std::chrono::minutes(10);
  auto start = std::chrono::steady_clock::now();
  std::unique_ptr<RdKafka::Error> error(
      producer.handle().init_transactions(static_cast<int>(std::chrono::milliseconds(kPatience).count())));
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code(), RdKafka::ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) << error->str();
  EXPECT_TRUE(error->is_fatal());
  EXPECT_FALSE(error->is_retriable());
  EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience / 2) << "no retries until its patience ends";
  std::string why;
  EXPECT_EQ(producer.handle().fatal_error(why), RdKafka::ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
}

TEST(LibrdkafkaRefusals, AnUnknownTopicIsMadeForAProducerAndNotForAConsumer) {
  Consumer consumer;
  consumer.subscribe("unknown");
  while (consumer.error != RdKafka::ERR_UNKNOWN_TOPIC_OR_PART && !testing::Test::HasFailure()) {
    EXPECT_FALSE(consumer.poll(60'000));
    EXPECT_NE(consumer.error, RdKafka::ERR__TIMED_OUT);
  }
  Producer producer;
  EXPECT_EQ(producer.send_one("unknown", {std::nullopt, "there"}).error, RdKafka::ERR_NO_ERROR);
  EXPECT_EQ(read_all("unknown").size(), 1u);
}

// It would use Produce 0 to 2 and Fetch 0 to 3, whose batches nobody serves any more. It takes a closed connection for something
// that may pass, and it is no more than that: its patience ends, and the brokers go on.
TEST(LibrdkafkaRefusals, WhoTakesTheBrokersForOldOnesIsNotServed) {
  cluster().create_topic("old", 1);
  Producer present;
  EXPECT_EQ(present.send_one("old", {std::nullopt, "before"}).error, RdKafka::ERR_NO_ERROR);
  Settings old{{"api.version.request", "false"}, {"broker.version.fallback", "0.9.0"}, {"log_level", "0"}};
  Consumer consumer(old);
  consumer.assign("old", 0, 0);
  EXPECT_FALSE(consumer.poll(2000));
  EXPECT_EQ(consumer.error, RdKafka::ERR__TIMED_OUT) << "not even that it is at the end";
  old["message.timeout.ms"] = "2000";
  EXPECT_EQ(Producer(old).send_one("old", {std::nullopt, "x"}).error, RdKafka::ERR__MSG_TIMED_OUT);
  EXPECT_EQ(present.send_one("old", {std::nullopt, "after"}).offset, 1);
  EXPECT_EQ(read_all("old").size(), 2u);
}

TEST(LibrdkafkaRefusals, APartitionThatIsNotThere) {
  cluster().create_topic("narrow", 1);
  Producer producer;
  EXPECT_EQ(producer.send_one("narrow", {std::nullopt, "x"}, 0).error, RdKafka::ERR_NO_ERROR);
  EXPECT_EQ(producer.send_one("narrow", {std::nullopt, "x"}, 7).error, RdKafka::ERR__UNKNOWN_PARTITION);
}

TEST(LibrdkafkaRefusals, ATopicNameThatCannotBe) {
  EXPECT_EQ(Producer().send_one("not a name", {std::nullopt, "x"}).error, RdKafka::ERR_TOPIC_EXCEPTION);
}

TEST(LibrdkafkaRefusals, TheGroupsOwnTopicIsNotWritable) {
  Consumer(Settings{}, "anybody").subscribe("narrow");
  Producer producer;
  EXPECT_EQ(producer.send_one("__consumer_offsets", {std::nullopt, "x"}).error, RdKafka::ERR_TOPIC_EXCEPTION);
}

}  // namespace
}  // namespace baton::clients
