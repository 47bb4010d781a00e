// What an agent vouches for when it greets a controller, in which form, and what becomes of one whose forms are too old.
#include "tests/controller/agent/stream_rig.h"

namespace baton::agent {
namespace {

// R9: what was there before this life's first role is not vouched for; what enters the ISR is.
TEST_F(StreamTest, VouchesForReplicasThatEnteredTheIsr) {
  connect(5);
  broker.hear(Said(5, 1)
                  .snapshot()
                  .level(kMetadataColumns)
                  .of_topic(1, "a")
                  .partition(1, 0, 2, 0, 0, {1, 2})
                  .partition(1, 1, 2, 0, 0, {2})
                  .broker(1, self())
                  .frame);
  broker.hear(Said(5, 2).partition(1, 1, 2, 0, 1, {2, 1}).of_topic(2, "b").partition(2, 0, 2, 0, 0, {1, 2}).frame);
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(50));
  connect(5);
  std::vector<std::pair<std::string, int>> vouched;
  const control::StreamHello hello = last_hello();
  EXPECT_THAT(hello.replicas(), IsEmpty()) << "a clean one needs no more than a name";
  for (const auto& of_topic : hello.vouched()) {
    ASSERT_EQ(of_topic.runs_size(), 2);
    EXPECT_EQ(of_topic.runs(1), 1);
    vouched.emplace_back(of_topic.topic_id(), of_topic.runs(0));
  }
  EXPECT_THAT(vouched, ElementsAre(std::pair(std::string(topic(1).raw()), 1), std::pair(std::string(topic(2).raw()), 0)));
}

// Whoever rules may know no more than the level.
TEST_F(StreamTest, VouchesByNamesBelowTheLevelOfRuns) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().level(kMetadataSingles).of_topic(1, "a").partition(1, 0, 2, 0, 0, {2}).broker(1, self()).frame);
  broker.hear(Said(5, 2).partition(1, 0, 2, 0, 1, {2, 1}).frame);
  auto hello_of_another_stream = [&](int epoch) {
    broker.step(node::StreamClosed{broker.stream});
    broker.pass(milliseconds(50));
    connect(epoch);
    return last_hello();
  };
  control::StreamHello hello = hello_of_another_stream(5);
  EXPECT_THAT(hello.vouched(), IsEmpty());
  ASSERT_EQ(hello.replicas_size(), 1);
  EXPECT_EQ(hello.replicas(0).topic_id(), topic(1).raw());
  EXPECT_FALSE(hello.replicas(0).dirty());
  EXPECT_EQ(hello.metadata_version(), kMetadataNewest) << "what it knows, not what is in use";
  // Told by a change: the level has risen. It does not fall with a later controller that does not say.
  broker.hear(Said(5, 1).snapshot().of_topic(1, "a").partition(1, 0, 2, 0, 1, {1, 2}).broker(1, self()).frame);
  broker.hear(Said(5, 2).level(kMetadataColumns).frame);
  hello = hello_of_another_stream(6);
  EXPECT_THAT(hello.replicas(), IsEmpty());
  EXPECT_EQ(hello.vouched_size(), 1);
}

class OutdatedTest : public StreamTest {
 protected:
  void greet(int epoch) {
    controller.rule(BrokerId(2), epoch);
    broker.run();
    broker.step(node::StreamConnected{broker.stream});
  }
  void hear_refusal(int level) {
    control::Frame refusal = welcome(5, ErrorCode::kUnsupportedVersion);
    refusal.mutable_stream_hello_reply()->set_message("too old");
    refusal.mutable_stream_hello_reply()->set_metadata_version(level);
    broker.hear(refusal);
  }
};

TEST_F(OutdatedTest, WhoKnowsLessThanTheControllerSaysStopsWithItsSentence) {
  greet(5);
  hear_refusal(kMetadataNewest + 1);
  EXPECT_THAT(broker.told, Contains("fatal: too old"));
}

// A deposed controller that knows less than we do can not read what we say: that is its matter, and another will rule.
TEST_F(OutdatedTest, ARefusalByWhoKnowsLessIsNoReasonToStop) {
  greet(5);
  hear_refusal(kMetadataSingles);
  EXPECT_THAT(broker.told, Not(Contains("fatal: too old")));
  const size_t connects = broker.connects.size();
  broker.pass(milliseconds(600));
  EXPECT_GT(broker.connects.size(), connects) << "it comes again";
}

// R9: being elected is being vouched for, unless the host refuses, as its log turned out to be dirty.
TEST_F(StreamTest, DoesNotVouchForAReplicaThatRefusedToLead) {
  connect(5);
  broker.hear(Said(5, 1).snapshot().level(kMetadataColumns).of_topic(1, "a").partition(1, 0, 1, 3, 3, {1, 2}).broker(1, self()).frame);
  const auto refuse = [&](int epoch) {
    node::HostRequested word;
    control::Stopped* stopped = word.request.mutable_stopped_leading()->add_partitions();
    stopped->set_topic_id(std::string(topic(1).raw()));
    stopped->set_leader_epoch(epoch);
    stopped->set_end_offset(70);
    stopped->set_dirty(true);
    stopped->set_last_epoch(2);
    broker.step(word);
    broker.step(node::StreamClosed{broker.stream});
    broker.pass(milliseconds(50));
    connect(5);
  };
  refuse(2);
  EXPECT_EQ(last_hello().replicas_size(), 0) << "that was an earlier role";
  EXPECT_EQ(last_hello().vouched_size(), 1);
  refuse(3);
  ASSERT_EQ(last_hello().replicas_size(), 1);
  EXPECT_EQ(last_hello().vouched_size(), 0);
  EXPECT_TRUE(last_hello().replicas(0).dirty());
  EXPECT_EQ(last_hello().replicas(0).last_epoch(), 2);
  EXPECT_EQ(last_hello().replicas(0).end_offset(), 70);
  ASSERT_EQ(last_hello().stopped_size(), 1);
  EXPECT_TRUE(last_hello().stopped(0).dirty()) << "and the refusal is repeated";
  broker.hear(Said(5, 9).snapshot().of_topic(1, "a").partition(1, 0, 2, 4, 4, {2}).broker(1, self()).frame);
  broker.hear(Said(5, 10).partition(1, 0, 2, 4, 5, {2, 1}).frame);
  broker.step(node::StreamClosed{broker.stream});
  broker.pass(milliseconds(50));
  connect(5);
  EXPECT_EQ(last_hello().replicas_size(), 0) << "it has entered the ISR";
  EXPECT_EQ(last_hello().vouched_size(), 1);
}

}  // namespace
}  // namespace baton::agent
