// A follower and a leader that accepts connections and says nothing.
#include <poll.h>

#include "base/network/socket.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/shards/stage.h"

namespace baton {
namespace {

constexpr int kLeader = 2;

class SilentLeaderTest : public ShardsTest {
 protected:
  SilentLeaderTest() : ShardsTest({{"replica.socket.timeout.ms", "50"}}) {}

  control::Partition state() const {
    control::Partition state;
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
    auto* partition = delta.add_partitions();
    partition->set_topic_id(topic->topic_id());
    *partition->mutable_state() = state();
    return std::make_shared<Image>()->after(delta);
  }
  control::Roles follows() const {
    control::Roles roles;
    roles.set_controller_epoch(1);
    auto* role = roles.add_roles();
    role->set_topic("t");
    role->set_topic_id(std::string(topic_.raw()));
    *role->mutable_state() = state();
    role->set_min_insync_replicas(1);
    role->set_kind(control::Role::FOLLOW);
    return roles;
  }
  network::Fd accept() const {
    pollfd ready{leader_.get(), POLLIN, 0};
    return poll(&ready, 1, 10'000) == 1 ? network::accept_tcp(leader_.get()) : network::Fd();
  }
  static bool readable(const network::Fd& fd) {
    pollfd ready{fd.get(), POLLIN, 0};
    return poll(&ready, 1, 10'000) == 1;
  }

  network::Fd leader_ = std::move(*network::listen_tcp({"127.0.0.1", 0}));
  TopicId topic_ = TopicId(Uuid::random(random_));
};

TEST_F(SilentLeaderTest, IsLeftForANewConnectionAfterItsTimeOut) {
  ASSERT_TRUE(shards_.start());
  shards_.registered(BrokerEpoch(1));
  shards_.publish(image());
  shards_.apply(follows());
  network::Fd first = accept();
  ASSERT_TRUE(first);
  EXPECT_TRUE(readable(first)) << "a Fetch";
  network::Fd second = accept();
  ASSERT_TRUE(second) << "the follower still waits for the first answer";
  EXPECT_TRUE(readable(second));
}

}  // namespace
}  // namespace baton
