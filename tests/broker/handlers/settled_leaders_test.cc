// Who is told of a leader that has just been lost, and when. The handlers that ship behind a real server, with shards that have no
// manager: the test says what the image shows and who was lost. How long a doubt and a thought last is chosen so that no
// test depends on time: what is held is held for an hour unless something else ends it.
#include <poll.h>

#include "base/network/server.h"
#include "broker/groups/hosting/group_service.h"
#include "broker/handlers/dispatch.h"
#include "broker/handlers/producer_ids.h"
#include "broker/metadata/internal_topics.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/metadata.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/connection.h"
#include "tests/broker/shards/stage.h"
#include "tests/support/wait.h"

namespace baton {
namespace {

constexpr BrokerId kSelf{1};
constexpr BrokerId kLost{8};
constexpr BrokerId kNext{9};
constexpr BrokerEpoch kEpoch{5};
constexpr Duration kForever = std::chrono::hours(1);
constexpr int kNotYetMs = 30;  // an answer that is not held is there within a fraction of it, mostly

class SettledLeadersTest : public ShardsTest {
 protected:
  explicit SettledLeadersTest(Duration doubt = kForever) : ShardsTest({}, 4, doubt) {
    EXPECT_TRUE(shards_.start());
    think_for(Duration(0));
    auto bound = server_.listen({"127.0.0.1", 0});
    EXPECT_TRUE(bound);
    address_ = *bound;
    server_.start();
    show(kLost);
  }
  ~SettledLeadersTest() override {
    server_.stop();
    shards_.stop();
  }

  // The image: `leader` leads "t" and all groups, this broker "own".
  void show(BrokerId leader, BrokerEpoch epoch = kEpoch) {
    control::Delta delta;
    delta.set_snapshot(true);
    delta.set_controller_epoch(1);
    for (BrokerId id : {kSelf, kLost, kNext}) {
      auto* broker = delta.add_brokers();
      broker->set_id(id.value());
      broker->set_epoch(epoch.value());
      broker->set_live(true);
      broker->set_ready(true);
      auto* endpoint = broker->add_endpoints();
      endpoint->set_listener(kListener);
      endpoint->set_host("127.0.0.1");
      endpoint->set_port(leader_port_);
    }
    add_topic(delta, "t", 1, leader);
    add_topic(delta, std::string(kOffsetsTopic), 2, leader);
    add_topic(delta, "own", 3, kSelf);
    shards_.publish(std::make_shared<Image>()->after(delta));
    known();
  }
  // What this thread has said or set is known to all reactors.
  void known() {
    shards_.on_each_and_wait([](Shard&) {});
  }
  void think_for(Duration thought) {
    services_.thought = thought;
    known();
  }
  void lose() { lost_peers_->lost(kLost, kEpoch, clock_.now()); }

  std::unique_ptr<Connection> client() const { return std::make_unique<Connection>(address_); }
  static void ask_for(Connection& client, std::optional<std::string> topic) {
    protocol::MetadataRequest request;
    request.topics.reset();
    if (topic) {
      request.topics.emplace();
      request.topics->emplace_back();
      request.topics->back().name = *topic;
    }
    client.send(protocol::encode_request(kMetadata, 1, "test", request)->bytes);
  }
  static BrokerId leader_told(Connection& client) {
    std::string frame = client.receive();
    Reader in(frame);
    EXPECT_TRUE(protocol::decode_response_header<protocol::MetadataResponse>(in, kMetadata));
    auto response = protocol::decode_body<protocol::MetadataResponse>(in, kMetadata);
    if (!response) return BrokerId();
    for (auto& topic : response->topics) {
      if (topic.name == "t" || response->topics.size() == 1) return topic.partitions.at(0).leader_id;
    }
    return BrokerId();
  }
  static void ask_for_coordinator(Connection& client) {
    protocol::FindCoordinatorRequest request;
    request.key_type = 0;
    request.coordinator_keys = {"group"};
    client.send(protocol::encode_request(kFindCoordinator, 1, "test", request)->bytes);
  }
  static BrokerId coordinator_told(Connection& client) {
    std::string frame = client.receive();
    Reader in(frame);
    EXPECT_TRUE(protocol::decode_response_header<protocol::FindCoordinatorResponse>(in, kFindCoordinator));
    auto response = protocol::decode_body<protocol::FindCoordinatorResponse>(in, kFindCoordinator);
    return response ? response->coordinators.at(0).node_id : BrokerId();
  }

  int leader_port_ = 1;                            // where brokers are said to be
  std::function<void(network::Ticket)> received_;  // on the reactor, as soon as the handler of a request has returned

 private:
  static constexpr int16_t kMetadata = 12;
  static constexpr int16_t kFindCoordinator = 4;
  static constexpr char kListener[] = "PLAINTEXT";

  static void add_topic(control::Delta& delta, const std::string& name, uint8_t number, BrokerId leader) {
    Uuid id;
    id.bytes.fill(number);
    auto* topic = delta.add_topics();
    topic->set_name(name);
    topic->set_topic_id(std::string(id.raw()));
    auto* partition = delta.add_partitions();
    partition->set_topic_id(topic->topic_id());
    partition->mutable_state()->set_leader(leader.value());
    partition->mutable_state()->add_replicas(leader.value());
    partition->mutable_state()->add_isr(leader.value());
  }
  void handle(const std::shared_ptr<network::Connection>& connection, network::Ticket ticket, network::Frame frame) {
    dispatch(services_, handlers_, connection, ticket, std::move(frame), kListener, shards_.here().number());
    if (received_) received_(ticket);
  }

  groups::GroupService groups_{config_.settings, shards_,
                               [](const TopicPartition&) -> Result<groups::CommittedRange> { return groups::CommittedRange{}; }, clock_,
                               shards_.reactors()};
  HandlerTable handlers_ = all_handlers();
  std::vector<ProducerIds> producer_ids_{shards_.size()};
  std::vector<metrics::RequestCounters> requests_ = std::vector<metrics::RequestCounters>(shards_.size());
  Services services_{config_, shards_, shards_, link_, groups_, clock_, handlers_, producer_ids_, requests_};
  network::Server server_{shards_.reactors(), network::ServerOptions{},
                          [this](const std::shared_ptr<network::Connection>& connection, network::Ticket ticket, network::Frame frame) {
                            handle(connection, ticket, std::move(frame));
                          }};
  network::Address address_;
};

TEST_F(SettledLeadersTest, MetadataWaitsUntilTheImageNamesAnotherLeader) {
  auto waiting = client();
  lose();
  ask_for(*waiting, "t");
  EXPECT_TRUE(waiting->silent_for(kNotYetMs));
  auto other = client();
  ask_for(*other, "own");
  EXPECT_EQ(leader_told(*other), kSelf) << "only those wait who ask for what was lost";
  auto tool = client();
  ask_for(*tool, std::nullopt);
  EXPECT_TRUE(tool->silent_for(kNotYetMs)) << "all topics: that one too";
  show(kNext);
  EXPECT_EQ(leader_told(*waiting), kNext);
  EXPECT_EQ(leader_told(*tool), kNext);
}

TEST_F(SettledLeadersTest, FindCoordinatorWaitsUntilTheImageNamesAnotherLeader) {
  auto waiting = client();
  lose();
  ask_for_coordinator(*waiting);
  EXPECT_TRUE(waiting->silent_for(kNotYetMs));
  show(kNext);
  EXPECT_EQ(coordinator_told(*waiting), kNext);
}

TEST_F(SettledLeadersTest, ALeaderThatIsBackInAnotherLifeIsNamedAtOnce) {
  auto waiting = client();
  lose();
  ask_for(*waiting, "t");
  EXPECT_TRUE(waiting->silent_for(kNotYetMs));
  show(kLost, BrokerEpoch(kEpoch.value() + 1));
  EXPECT_EQ(leader_told(*waiting), kLost);
}

TEST_F(SettledLeadersTest, WhereNobodyIsLostNobodyWaits) {
  auto asking = client();
  ask_for(*asking, "t");
  EXPECT_EQ(leader_told(*asking), kLost);
  ask_for_coordinator(*asking);
  EXPECT_EQ(coordinator_told(*asking), kLost);
}

// From the fetcher's broken connection to the answer that is held.
TEST_F(SettledLeadersTest, AFetcherWhoseLeaderIsGoneMakesClientsWait) {
  network::Fd leader = std::move(*network::listen_tcp({"127.0.0.1", 0}));
  leader_port_ = network::local_address(leader.get()).port;
  show(kLost);
  shards_.registered(BrokerEpoch(1));
  control::Roles roles;
  roles.set_controller_epoch(1);
  auto* role = roles.add_roles();
  role->set_topic("t");
  Uuid id;
  id.bytes.fill(1);
  role->set_topic_id(std::string(id.raw()));
  role->mutable_state()->set_leader(kLost.value());
  for (BrokerId each : {kSelf, kLost}) {
    role->mutable_state()->add_replicas(each.value());
    role->mutable_state()->add_isr(each.value());
  }
  role->set_kind(control::Role::FOLLOW);
  shards_.apply(roles);
  pollfd called{leader.get(), POLLIN, 0};
  ASSERT_EQ(poll(&called, 1, 10'000), 1);
  network::Fd fetcher = network::accept_tcp(leader.get());
  pollfd asked{fetcher.get(), POLLIN, 0};
  ASSERT_EQ(poll(&asked, 1, 10'000), 1) << "a Fetch";
  EXPECT_TRUE(lost_peers_->none(clock_.now()));
  leader = network::Fd();
  fetcher = network::Fd();
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(10), [&] { return !lost_peers_->none(clock_.now()); }));
  auto waiting = client();
  ask_for(*waiting, "t");
  EXPECT_TRUE(waiting->silent_for(kNotYetMs));
  show(kNext);
  EXPECT_EQ(leader_told(*waiting), kNext);
}

// ---- the thought ------------------------------------------------------------------------------------------------------------

TEST_F(SettledLeadersTest, AClientThatAsksByNameIsThoughtAboutUntilTheImageMovesOn) {
  think_for(kForever);
  auto asking = client();
  ask_for(*asking, "t");
  EXPECT_TRUE(asking->silent_for(kNotYetMs)) << "also the first question on its connection";
  auto group = client();
  ask_for_coordinator(*group);
  EXPECT_TRUE(group->silent_for(kNotYetMs));
  show(kNext);
  EXPECT_EQ(leader_told(*asking), kNext);
  EXPECT_EQ(coordinator_told(*group), kNext);
}

TEST_F(SettledLeadersTest, WhatThisBrokerLeadsItselfOrAllTopicsAreAnsweredWithoutAThought) {
  think_for(kForever);
  auto own = client();
  ask_for(*own, "own");
  EXPECT_EQ(leader_told(*own), kSelf);
  auto tool = client();
  ask_for(*tool, std::nullopt);
  EXPECT_EQ(leader_told(*tool), kLost) << "all topics: a tool that looks again and again is not kept";
}

// What the thought is for: our fetcher hears of the end after the client has.
TEST_F(SettledLeadersTest, ALossThatIsHeardOfDuringTheThoughtCounts) {
  received_ = [this](network::Ticket ticket) {
    if (ticket == 0) lose();
  };
  known();
  auto waiting = client();
  ask_for(*waiting, "t");
  EXPECT_TRUE(waiting->silent_for(kNotYetMs));
  show(kNext);
  EXPECT_EQ(leader_told(*waiting), kNext);
}

class ShortDoubtTest : public SettledLeadersTest {
 protected:
  ShortDoubtTest() : SettledLeadersTest(std::chrono::milliseconds(20)) {}
};

TEST_F(ShortDoubtTest, WithoutNewsTheLostLeaderIsNamedInTheEnd) {
  auto waiting = client();
  lose();
  ask_for(*waiting, "t");
  EXPECT_EQ(leader_told(*waiting), kLost);
}

}  // namespace
}  // namespace baton
