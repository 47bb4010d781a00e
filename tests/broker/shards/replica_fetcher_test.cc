// How a follower asks its leader.
#include "partitions/log/record_batch.h"
#include "tests/broker/shards/fetcher_stage.h"

namespace baton {
namespace {

class SilentLeaderTest : public FetcherTest {
 protected:
  SilentLeaderTest() : FetcherTest({{"replica.socket.timeout.ms", "50"}}) {}
};

TEST_F(SilentLeaderTest, IsLeftForANewConnectionAfterItsTimeOut) {
  begin();
  network::Fd first = accept();
  ASSERT_TRUE(first);
  EXPECT_TRUE(readable(first)) << "a Fetch";
  network::Fd second = accept();
  ASSERT_TRUE(second) << "the follower still waits for the first answer";
  EXPECT_TRUE(readable(second));
}

// A leader whose answers have room for one partition each.
class BusyLeaderTest : public FetcherTest {
 protected:
  static constexpr int kPartitions = 4;
  BusyLeaderTest() : FetcherTest({}, kPartitions) {}

  // Reads a Fetch, answers it with a record for the partition that it names first, and says which one that was; -1: no Fetch.
  int answer_one(const network::Fd& fd) {
    auto fetch = asked(fd);
    if (!fetch || fetch->request.topics.empty()) return -1;
    protocol::FetchResponse response;
    std::string batch;
    int first = -1;
    for (auto& topic : fetch->request.topics) {
      auto& out = response.responses.emplace_back();
      out.topic_id = topic.topic_id;
      for (auto& partition : topic.partitions) {
        auto& answered = out.partitions.emplace_back();
        answered.partition_index = partition.partition;
        answered.high_watermark = 0;
        answered.log_start_offset = 0;
        if (first >= 0) continue;
        first = partition.partition.value();
        batch = RecordBatchBuilder(partition.fetch_offset).leader_epoch(LeaderEpoch(0)).add(1, std::nullopt, "x").build();
        answered.records = protocol::Records::in_memory(batch);
      }
    }
    answer(fd, *fetch, response);
    return first;
  }
};

TEST_F(BusyLeaderTest, IsAskedForThePartitionsInTurn) {
  begin();
  network::Fd connection = accept();
  ASSERT_TRUE(connection);
  std::set<int> filled;
  for (int i = 0; i < kPartitions; ++i) filled.insert(answer_one(connection));
  EXPECT_EQ(filled, (std::set<int>{0, 1, 2, 3})) << "the first ones are asked for first for ever";
}

}  // namespace
}  // namespace baton
