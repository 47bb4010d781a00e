// The control stream, the image and the roles that follow from it, as one agent lives them.
#include "tests/controller/agent/stream_rig.h"

namespace baton::agent {
namespace {

TEST_F(StreamTest, FindsTheControllerAndGreetsIt) {
  EXPECT_THAT(broker.connects, IsEmpty());
  controller.rule(BrokerId(2), 5, 7002);
  broker.run();
  ASSERT_EQ(broker.connects.size(), 1u);
  EXPECT_EQ(broker.connects[0].port, 7002);
  EXPECT_EQ(broker.connects[0].stream % 2, 1u);
  broker.step(node::StreamConnected{broker.stream});
  const auto hello = last_hello();
  EXPECT_EQ(hello.broker_id(), 1);
  EXPECT_EQ(hello.incarnation(), self().raw());
  EXPECT_EQ(hello.broker_epoch(), broker.agent.registered()->epoch.value());
  EXPECT_EQ(hello.cluster_id(), broker.agent.cluster_id());
}

TEST_F(StreamTest, RolesComeFromTheImage) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).partition(1, 1, 2, 0, 0).broker(1, self()).frame);
  EXPECT_THAT(broker.told, ElementsAre("become", "registered", "metadata", "all roles: lead a-0 epoch 0 follow a-1 epoch 0"));
  broker.hear(Said(5, 2).partition(1, 1, 1, 1, 1).frame);
  EXPECT_EQ(broker.told.back(), "roles: lead a-1 epoch 1");
  broker.hear(Said(5, 3).of_topic(1, "a", /*removed=*/true).frame);
  EXPECT_EQ(broker.told.back(), "roles: delete -0 epoch 0 delete -1 epoch 0");
}

TEST_F(StreamTest, NothingIsSaidAboutWhatDidNotChange) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self()).frame);
  broker.told.clear();
  broker.hear(Said(5, 2).broker(2, Incarnation()).frame);
  EXPECT_THAT(broker.told, ElementsAre("metadata"));
}

TEST_F(StreamTest, NoRoleForAFormerIncarnation) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, Incarnation(topic(9))).frame);
  EXPECT_EQ(broker.told.back(), "metadata");
}

TEST_F(StreamTest, NoRoleBeforeTheControllerCallsItReady) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self(), true, /*ready=*/false).frame);
  EXPECT_EQ(broker.told.back(), "metadata");
  broker.hear(Said(5, 2).broker(1, self()).frame);
  EXPECT_EQ(broker.told.back(), "all roles: lead a-0 epoch 0");
}

// R1: the broker reads the mark itself. A controller that says "ready" too early is not believed.
TEST_F(StreamTest, NoRoleBeforeTheMarkIsReadByTheBrokerItself) {
  const std::string dead(self().raw());
  broker.kill();
  Process bounced(world, config_of(1, directory(1)));
  bounced.open();
  controller.rule(BrokerId(2), 5);
  bounced.run();
  bounced.step(node::StreamConnected{bounced.stream});
  bounced.hear(welcome(5));
  bounced.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, bounced.agent.incarnation()).frame);
  EXPECT_EQ(bounced.told.back(), "metadata");
  controller.mark_removed(BrokerId(1), dead, 5);
  bounced.run();
  EXPECT_EQ(bounced.told.back(), "all roles: lead a-0 epoch 0");
}

// Scenario "old page pushed after a new mark": controller 4 was deposed by 5, which wrote the mark.
TEST_F(StreamTest, RolesFromAControllerBelowTheMarksAreRefused) {
  const std::string dead(self().raw());
  broker.kill();
  Process bounced(world, config_of(1, directory(1)));
  bounced.open();
  controller.rule(BrokerId(2), 4);
  bounced.run();
  bounced.step(node::StreamConnected{bounced.stream});
  bounced.hear(welcome(4));
  bounced.hear(Said(4, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, bounced.agent.incarnation()).frame);
  controller.mark_removed(BrokerId(1), dead, 5);
  bounced.run();
  EXPECT_EQ(bounced.told.back(), "metadata") << "no role";
  EXPECT_THAT(bounced.closes, Contains(bounced.connects.front().stream));
  bounced.pass(milliseconds(100));
  bounced.step(node::StreamConnected{bounced.stream});
  EXPECT_EQ(bounced.sent.back().stream_hello().highest_controller_epoch(), 5);
  bounced.hear(welcome(4));
  EXPECT_EQ(bounced.closes.back(), bounced.stream) << "and it stays refused";
}

TEST_F(StreamTest, ADeposedControllerIsRefused) {
  connect(5);
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(50));
  broker.step(node::StreamConnected{broker.stream});
  EXPECT_EQ(last_hello().highest_controller_epoch(), 5);
  broker.hear(welcome(4));
  EXPECT_EQ(broker.closes.back(), broker.stream);
}

TEST_F(StreamTest, AGapEndsTheStreamAndNothingOfItIsApplied) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self()).frame);
  const auto stream = broker.stream;
  broker.told.clear();
  broker.hear(Said(5, 3).partition(1, 0, 2, 1, 1).frame);
  EXPECT_THAT(broker.told, IsEmpty());
  EXPECT_EQ(broker.closes.back(), stream);
  broker.pass(milliseconds(50));
  EXPECT_NE(broker.stream, stream) << "it comes again";
}

TEST_F(StreamTest, AnotherEpochsDeltaEndsTheStream) {
  connect(5);
  broker.hear(Said(4, 1).snapshot().broker(1, self()).frame);
  EXPECT_THAT(broker.closes, Contains(broker.stream));
  EXPECT_THAT(broker.told, Not(Contains("metadata")));
}

// R7: the numbering of one controller says nothing about another's. A snapshot comes first, also where the number would fit.
TEST_F(StreamTest, AChangeOnAFormerControllersNumberingIsRefused) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 2, 3, 3).broker(1, self()).frame);
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(50));
  connect(6);
  const size_t before = broker.told.size();
  broker.hear(Said(6, 2).partition(1, 0, 1, 4, 4).frame);
  EXPECT_EQ(broker.told.size(), before) << "nothing of it is applied";
  EXPECT_EQ(broker.agent.image().controller_epoch(), ControllerEpoch(5));
  broker.pass(milliseconds(50));
  connect(6);
  broker.hear(Said(6, 7).snapshot().of_topic(1, "a").partition(1, 0, 1, 4, 4).broker(1, self()).frame);
  EXPECT_EQ(broker.agent.image().controller_epoch(), ControllerEpoch(6));
  EXPECT_GT(broker.told.size(), before);
}

TEST_F(StreamTest, APartitionThatRunsBackwardsIsRefused) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 3, 7).broker(1, self()).frame);
  broker.told.clear();
  const auto stream = broker.stream;
  broker.hear(Said(5, 2).partition(1, 0, 2, 2, 8).frame);
  EXPECT_EQ(broker.closes.back(), stream);
  EXPECT_THAT(broker.told, IsEmpty());
}

TEST_F(StreamTest, RolesAreKeptWhenTheStreamIsLost) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self()).frame);
  broker.told.clear();
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(5000));
  EXPECT_THAT(broker.told, IsEmpty());
}

// Whose own thread was held up has not read yet what the controller has said meanwhile.
TEST_F(StreamTest, WhoWasLateItselfDoesNotCallTheControllerSilent) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self()).frame);
  const size_t closed = broker.closes.size();
  world.clock.set(world.clock.now() + config_of(1, directory(1)).control_timeout * 2);
  broker.step(node::Woken{});
  EXPECT_EQ(broker.closes.size(), closed);
  broker.hear(Said(5, 2).partition(1, 0, 1, 1, 1).frame);
  EXPECT_EQ(broker.agent.image().offset(), 2);
  // And if nothing comes then, it was the controller.
  world.clock.set(world.clock.now() + config_of(1, directory(1)).control_timeout * 2);
  broker.step(node::Woken{});
  EXPECT_EQ(broker.closes.size(), closed);
  broker.pass(config_of(1, directory(1)).control_timeout / 2);
  EXPECT_EQ(broker.closes.size(), closed + 1);
}

TEST_F(StreamTest, ASilentControllerIsLeft) {
  connect(5);
  const auto stream = broker.stream;
  broker.pass(milliseconds(1500));
  control::Frame ping;
  ping.mutable_ping()->set_nonce(7);
  broker.hear(ping);
  EXPECT_EQ(broker.sent.back().pong().nonce(), 7);
  broker.pass(milliseconds(1500));
  EXPECT_EQ(broker.stream, stream);
  broker.pass(milliseconds(1000));
  EXPECT_THAT(broker.closes, Contains(stream));
}

TEST_F(StreamTest, ANewControllerIsFollowedAtOnce) {
  connect(5);
  const auto stream = broker.stream;
  controller.rule(BrokerId(3), 6, 7003);
  broker.run();
  EXPECT_EQ(broker.closes.back(), stream);
  EXPECT_EQ(broker.connects.back().port, 7003);
}

TEST_F(StreamTest, TombstonedStopsEverythingAndComesBackWithAllRoles) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self()).frame);
  const Incarnation before = self();
  controller.tombstone(BrokerId(1));
  broker.run();
  EXPECT_THAT(broker.told, Contains("stop"));
  EXPECT_NE(self(), before);
  controller.mark_removed(BrokerId(1), std::string(before.raw()), 5);
  broker.run();
  broker.pass(milliseconds(50));
  broker.step(node::StreamConnected{broker.stream});
  EXPECT_EQ(last_hello().incarnation(), self().raw());
  broker.hear(welcome(5));
  broker.hear(Said(5, 2).snapshot().of_topic(1, "a").partition(1, 0, 2, 1, 1).broker(1, self()).frame);
  EXPECT_EQ(broker.told.back(), "all roles: follow a-0 epoch 1");
}

TEST_F(StreamTest, IsrRequestWithoutAControllerIsRefusedAtOnce) {
  broker.step(alter_isr(11));
  EXPECT_EQ(broker.told.back(), "response 11 error 41");
}

TEST_F(StreamTest, IsrRequestIsStampedAndAnswered) {
  connect(5);
  broker.step(alter_isr(11));
  const control::Request& sent = broker.sent.back().request();
  EXPECT_EQ(sent.broker_epoch(), broker.agent.registered()->epoch.value());
  EXPECT_EQ(sent.alter_isr().highest_controller_epoch(), 5);
  broker.hear(response(11, 5));
  EXPECT_EQ(broker.told.back(), "response 11 error 0");
  broker.hear(response(11, 5));
  EXPECT_EQ(std::count(broker.told.begin(), broker.told.end(), "response 11 error 0"), 1) << "once";
}

TEST_F(StreamTest, SettlementByADeposedControllerIsNone) {
  connect(5);
  broker.step(alter_isr(11));
  broker.hear(response(11, 4));
  EXPECT_EQ(broker.told.back(), "response 11 error 41");
}

TEST_F(StreamTest, IsrRequestIsRefusedWhenTheStreamBreaks) {
  connect(5);
  broker.step(alter_isr(11));
  broker.step(node::StreamClosed{broker.stream});
  EXPECT_EQ(broker.told.back(), "response 11 error 41");
}

TEST_F(StreamTest, TopicCreationWaitsForAController) {
  node::HostRequested create;
  create.request.set_correlation(12);
  create.request.mutable_create_topics();
  broker.step(create);
  connect(5);
  EXPECT_TRUE(broker.sent.back().request().has_create_topics());
  broker.hear(response(12, 5));
  EXPECT_EQ(broker.told.back(), "response 12 error 0");
}

TEST_F(StreamTest, TopicCreationIsRefusedWhenNoControllerComes) {
  node::HostRequested create;
  create.request.set_correlation(12);
  create.request.mutable_create_topics();
  broker.step(create);
  broker.pass(milliseconds(10'001));
  EXPECT_EQ(broker.told.back(), "response 12 error 41");
}

TEST_F(StreamTest, ProducerIdsAreAskedForAgainOnTheNextStream) {
  connect(5);
  node::HostRequested ids;
  ids.request.set_correlation(13);
  ids.request.mutable_allocate_producer_ids();
  broker.step(ids);
  broker.step(node::StreamClosed{broker.stream});
  const size_t before = broker.sent.size();
  broker.pass(milliseconds(50));
  connect(5);
  ASSERT_GT(broker.sent.size(), before);
  EXPECT_TRUE(broker.sent.back().request().has_allocate_producer_ids());
}

// R4.2: the word is repeated to each new controller, until the image shows that one has answered it.
TEST_F(StreamTest, OwnWordIsRepeatedUntilItIsAnswered) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 3, 3).broker(1, self()).frame);
  node::HostRequested word;
  word.request.set_correlation(14);
  control::Stopped* stopped = word.request.mutable_stopped_leading()->add_partitions();
  stopped->set_topic_id(std::string(topic(1).raw()));
  stopped->set_leader_epoch(3);
  stopped->set_end_offset(100);
  broker.step(word);
  EXPECT_EQ(broker.told.back(), "response 14 error 0");
  EXPECT_TRUE(broker.sent.back().request().has_stopped_leading());
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(50));
  connect(5);
  ASSERT_EQ(last_hello().stopped_size(), 1);
  EXPECT_EQ(last_hello().stopped(0).end_offset(), 100);
  broker.hear(Said(5, 9).snapshot().of_topic(1, "a").partition(1, 0, 2, 4, 4).broker(1, self()).frame);
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(50));
  connect(5);
  EXPECT_EQ(last_hello().stopped_size(), 0);
}

TEST_F(StreamTest, IsWatchedByTheControllerAndEveryCandidate) {
  connect(5);
  ASSERT_EQ(broker.watched_by.size(), 1u) << "the controller, as soon as it is known";
  broker.hear(Said(5, 1).snapshot().broker(1, self()).candidate(2, 22).candidate(3, 33).frame);
  ASSERT_EQ(broker.watched_by.size(), 2u);
  EXPECT_EQ(broker.watched_by.back().peers.size(), 3u);
  broker.hear(Said(5, 2).broker(2, Incarnation()).frame);
  EXPECT_EQ(broker.watched_by.size(), 2u) << "only changes are told";
}

TEST_F(StreamTest, StatusIsAnsweredFromTheImage) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 1, 0, 0).broker(1, self()).frame);
  node::HostRequested query;
  query.request.set_correlation(15);
  query.request.mutable_query_status();
  broker.step(query);
  const control::Status& status = broker.events.back().response().status();
  EXPECT_EQ(status.controller_epoch(), 5);
  EXPECT_EQ(status.partitions_size(), 1);
  EXPECT_EQ(status.node_id(), 1);
  EXPECT_GT(status.lease_remaining_ms(), 0);
}

}  // namespace
}  // namespace baton::agent
