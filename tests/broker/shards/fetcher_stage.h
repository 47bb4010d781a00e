// A follower, and a leader of its partitions that is the test.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <string>

#include "base/network/socket.h"
#include "broker/protocol/frame.h"
#include "broker/protocol/messages/fetch.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/shards/stage.h"

namespace baton {

inline constexpr int kLeader = 2;

class FetcherTest : public ShardsTest {
 protected:
  explicit FetcherTest(const Properties& more, int partitions = 1) : ShardsTest(more, 1), partitions_(partitions) {}

  control::Partition state(int index) const {
    control::Partition state;
    state.set_index(index);
    state.set_leader(kLeader);
    for (int id : {1, kLeader}) {
      state.add_replicas(id);
      if (in_isr_ || id == kLeader) state.add_isr(id);
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
    auto* configs = delta.mutable_broker_configs()->add_brokers();
    configs->set_broker("1");
    configs->mutable_configs()->insert(broker_configs_.begin(), broker_configs_.end());
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
      role->mutable_configs()->insert(topic_configs_.begin(), topic_configs_.end());
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

  static std::string take(const network::Fd& fd, size_t size) {
    std::string got(size, '\0');
    for (size_t have = 0; have < size;) {
      const ssize_t n = readable(fd) ? ::recv(fd.get(), got.data() + have, size - have, 0) : 0;
      if (n <= 0) return "";
      have += static_cast<size_t>(n);
    }
    return got;
  }
  struct Asked {
    int16_t version = 0;
    int32_t correlation = 0;
    protocol::FetchRequest request;
  };
  // The follower's next Fetch; none: it hung up, or sent something else.
  static std::optional<Asked> asked(const network::Fd& fd) {
    const std::string length = take(fd, 4);
    if (length.empty()) return std::nullopt;
    const std::string frame = take(fd, static_cast<size_t>(load_be<int32_t>(length.data())));
    Reader in(frame);
    auto header = protocol::decode_request_header(in);
    if (!header) return std::nullopt;
    auto request = protocol::decode_body<protocol::FetchRequest>(in, header->api_version);
    if (!request) return std::nullopt;
    return Asked{header->api_version, header->correlation_id, std::move(*request)};
  }
  static void answer(const network::Fd& fd, const Asked& asked, const protocol::FetchResponse& response) {
    auto encoded = protocol::encode_response(asked.version, asked.correlation, response);
    EXPECT_EQ(::send(fd.get(), encoded->bytes.data(), encoded->bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(encoded->bytes.size()));
  }

  const int partitions_;
  bool in_isr_ = true;  // the follower
  std::map<std::string, std::string> topic_configs_;
  std::map<std::string, std::string> broker_configs_;  // of the follower's broker
  network::Fd leader_ = std::move(*network::listen_tcp({"127.0.0.1", 0}));
  TopicId topic_ = TopicId(Uuid::random(random_));
};

}  // namespace baton
