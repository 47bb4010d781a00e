// A follower, and a leader of its partitions that is this test.
#include <poll.h>
#include <sys/socket.h>

#include "base/network/socket.h"
#include "broker/protocol/frame.h"
#include "broker/protocol/messages/fetch.h"
#include "controller/messages/control.pb.h"
#include "partitions/log/record_batch.h"
#include "tests/broker/shards/stage.h"

namespace baton {
namespace {

constexpr int kLeader = 2;

class FetcherTest : public ShardsTest {
 protected:
  explicit FetcherTest(const Properties& more, int partitions = 1) : ShardsTest(more, 1), partitions_(partitions) {}

  static control::Partition state(int index) {
    control::Partition state;
    state.set_index(index);
    state.set_leader(kLeader);
    for (int id : {1, kLeader}) {
      state.add_replicas(id);
      state.add_isr(id);
    }
    return state;
  }
  ImagePtr image() const {
    control::Delta delta;
    delta.set_snapshot(true);
    delta.set_controller_epoch(1);
    auto* broker = delta.add_brokers();
    broker->set_id(kLeader);
    broker->set_epoch(1);
    broker->set_live(true);
    broker->set_ready(true);
    auto* endpoint = broker->add_endpoints();
    endpoint->set_listener(config_.inter_broker_listener);
    endpoint->set_host("127.0.0.1");
    endpoint->set_port(network::local_address(leader_.get()).port);
    auto* topic = delta.add_topics();
    topic->set_name("t");
    topic->set_topic_id(std::string(topic_.raw()));
    for (int index = 0; index < partitions_; ++index) {
      auto* partition = delta.add_partitions();
      partition->set_topic_id(topic->topic_id());
      *partition->mutable_state() = state(index);
    }
    return std::make_shared<Image>()->after(delta);
  }
  control::Roles follows() const {
    control::Roles roles;
    roles.set_controller_epoch(1);
    for (int index = 0; index < partitions_; ++index) {
      auto* role = roles.add_roles();
      role->set_topic("t");
      role->set_topic_id(std::string(topic_.raw()));
      *role->mutable_state() = state(index);
      role->set_min_insync_replicas(1);
      role->set_kind(control::Role::FOLLOW);
    }
    return roles;
  }
  void begin() {
    ASSERT_TRUE(shards_.start());
    shards_.registered(BrokerEpoch(1));
    shards_.publish(image());
    shards_.apply(follows());
  }
  network::Fd accept() const {
    pollfd ready{leader_.get(), POLLIN, 0};
    return poll(&ready, 1, 10'000) == 1 ? network::accept_tcp(leader_.get()) : network::Fd();
  }
  static bool readable(const network::Fd& fd) {
    pollfd ready{fd.get(), POLLIN, 0};
    return poll(&ready, 1, 10'000) == 1;
  }

  const int partitions_;
  network::Fd leader_ = std::move(*network::listen_tcp({"127.0.0.1", 0}));
  TopicId topic_ = TopicId(Uuid::random(random_));
};

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

  static std::string take(const network::Fd& fd, size_t size) {
    std::string got(size, '\0');
    for (size_t have = 0; have < size;) {
      const ssize_t n = readable(fd) ? ::recv(fd.get(), got.data() + have, size - have, 0) : 0;
      if (n <= 0) return "";
      have += static_cast<size_t>(n);
    }
    return got;
  }
  // Reads a Fetch, answers it with a record for the partition that it names first, and says which one that was; -1: no Fetch.
  int answer_one(const network::Fd& fd) {
    const std::string length = take(fd, 4);
    if (length.empty()) return -1;
    const std::string frame = take(fd, static_cast<size_t>(load_be<int32_t>(length.data())));
    Reader in(frame);
    auto header = protocol::decode_request_header(in);
    auto request = protocol::decode_body<protocol::FetchRequest>(in, header->api_version);
    if (!request || request->topics.empty()) return -1;
    protocol::FetchResponse response;
    std::string batch;
    int first = -1;
    for (auto& topic : request->topics) {
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
    auto encoded = protocol::encode_response(header->api_version, header->correlation_id, response);
    EXPECT_EQ(::send(fd.get(), encoded->bytes.data(), encoded->bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(encoded->bytes.size()));
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
