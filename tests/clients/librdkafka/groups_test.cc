// Groups by librdkafka's consumer: sharing, handing over, committing, eager and cooperative.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>

#include "tests/clients/librdkafka/client.h"
#include "tests/clients/librdkafka/cluster.h"

namespace baton::clients {
namespace {

constexpr int kPartitions = 4;

class LibrdkafkaGroups : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    topic_ = fmt::format("groups-{}", GetParam());
    group_ = topic_ + "-group";
    cluster().create_topic(topic_, kPartitions);
  }

  std::unique_ptr<Consumer> join() {
    auto member = std::make_unique<Consumer>(Settings{{"partition.assignment.strategy", GetParam()},
                                                      {"enable.auto.commit", "false"},
                                                      {"heartbeat.interval.ms", "200"},
                                                      {"session.timeout.ms", "6000"}},
                                             group_);
    member->subscribe(topic_);
    members_.push_back(member.get());
    return member;
  }
  void leave(std::unique_ptr<Consumer>& member) {
    std::erase(members_, member.get());
    member.reset();
  }

  std::set<std::string> produce(int first, int count) {
    std::set<std::string> values;
    Producer producer;
    for (int partition = 0; partition < kPartitions; ++partition) {
      for (int i = first; i < first + count; ++i) {
        std::string value = fmt::format("{}-{}", partition, i);
        EXPECT_EQ(producer.send_one(topic_, {std::nullopt, value}, partition).error, RdKafka::ERR_NO_ERROR);
        values.insert(value);
      }
    }
    return values;
  }

  // Lets every member read and commit until the condition holds.
  bool run_until(const std::function<bool()>& condition) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      for (auto* member : members_) {
        while (auto read = member->poll(20)) ++read_[*read->value];
        member->handle().commitSync();
      }
    }
    return true;
  }
  std::set<std::string> values_read() const {
    std::set<std::string> values;
    for (auto& [value, times] : read_) values.insert(value);
    return values;
  }

  std::string topic_, group_;
  std::vector<Consumer*> members_;
  std::map<std::string, int> read_;
};

TEST_P(LibrdkafkaGroups, MembersShareHandOverAndReadOnWhereTheyStopped) {
  auto first_values = produce(0, 10);
  auto first = join();
  ASSERT_TRUE(run_until([&] { return first->assigned() == kPartitions && values_read() == first_values; }));
  auto second = join();
  ASSERT_TRUE(run_until([&] { return first->assigned() == 2 && second->assigned() == 2; }));
  auto more = produce(10, 10);
  more.merge(std::set<std::string>(first_values));
  ASSERT_TRUE(run_until([&] { return values_read() == more; }));
  leave(first);
  ASSERT_TRUE(run_until([&] { return second->assigned() == kPartitions; }));
  leave(second);
  // librdkafka 2.0 reads what it keeps in a cooperative rebalance again from where it began, with Apache Kafka's broker too.
  if (std::string(GetParam()) != "cooperative-sticky") {
    for (auto& [value, times] : read_) EXPECT_EQ(times, 1) << value << " was read again";
  }

  read_.clear();
  auto last = produce(20, 1);
  auto third = join();
  ASSERT_TRUE(run_until([&] { return values_read() == last; }));
  std::vector<RdKafka::TopicPartition*> committed;
  third->handle().assignment(committed);
  EXPECT_EQ(third->handle().committed(committed, 60'000), RdKafka::ERR_NO_ERROR);
  ASSERT_TRUE(run_until([&] {
    EXPECT_EQ(third->handle().committed(committed, 60'000), RdKafka::ERR_NO_ERROR);
    return std::all_of(committed.begin(), committed.end(), [](auto* at) { return at->offset() == 21; });
  }));
  RdKafka::TopicPartition::destroy(committed);
}

INSTANTIATE_TEST_SUITE_P(Strategies, LibrdkafkaGroups, testing::Values("range", "roundrobin", "cooperative-sticky"),
                         [](auto& strategy) { return std::string(strategy.param).substr(0, 5); });

}  // namespace
}  // namespace baton::clients
