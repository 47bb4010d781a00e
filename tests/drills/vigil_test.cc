#include "drills/scenarios/vigil.h"

#include <gmock/gmock.h>

namespace baton::drills {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Three brokers, controller 1 at epoch 4, one partition led by 1.
control::Status quiet() {
  control::Status status;
  status.set_controller_id(1);
  status.set_controller_epoch(4);
  status.set_lease_remaining_ms(500);
  for (int id = 1; id <= 3; ++id) {
    control::Broker& broker = *status.add_brokers();
    broker.set_id(id);
    broker.set_epoch(10 + id);
    broker.set_live(true);
  }
  control::Topic& topic = *status.add_topics();
  topic.set_topic_id("id");
  topic.set_name("t");
  control::PartitionOf& partition = *status.add_partitions();
  partition.set_topic_id("id");
  partition.mutable_state()->set_leader(1);
  partition.mutable_state()->set_leader_epoch(2);
  partition.mutable_state()->set_partition_epoch(7);
  for (int id = 1; id <= 3; ++id) {
    partition.mutable_state()->add_replicas(id);
    partition.mutable_state()->add_isr(id);
  }
  return status;
}

class SignsTest : public testing::Test {
 protected:
  SignsTest() { signs.look(quiet()); }
  Signs signs{Instant{1000}};
};

TEST_F(SignsTest, NothingChangedIsNoSign) {
  signs.look(quiet());
  EXPECT_THAT(signs.found(), IsEmpty());
  EXPECT_EQ(signs.looks(), 2u);
  EXPECT_EQ(signs.partitions(), 1u);
}

TEST_F(SignsTest, ATombstoneIsOneAlsoWhenTheBrokerIsBackAtTheNextLook) {
  control::Status status = quiet();
  status.mutable_brokers(1)->set_live(false);
  signs.look(status);
  EXPECT_THAT(signs.found(), ElementsAre(HasSubstr("broker 2 (epoch 12) was declared dead")));
  Signs later(Instant{1000});
  later.look(quiet());
  status.mutable_brokers(1)->set_live(true);
  status.mutable_brokers(1)->set_epoch(99);
  later.look(status);
  EXPECT_THAT(later.found(), ElementsAre(HasSubstr("broker 2 had to register again")));
}

TEST_F(SignsTest, AnotherControllerIsOneButAMomentWithoutIsNone) {
  control::Status status = quiet();
  status.set_controller_id(-1);
  signs.look(status);
  EXPECT_THAT(signs.found(), IsEmpty());
  status.set_controller_id(3);
  status.set_controller_epoch(5);
  signs.look(status);
  EXPECT_THAT(signs.found(), ElementsAre(HasSubstr("controller 3 (epoch 5) took over from 1 (epoch 4)")));
}

TEST_F(SignsTest, AnIsrThatShrankAndGrewBetweenTwoLooksIsOne) {
  control::Status status = quiet();
  status.mutable_partitions(0)->mutable_state()->set_partition_epoch(9);
  signs.look(status);
  EXPECT_THAT(signs.found(), ElementsAre(HasSubstr("t-0 moved")));
}

TEST_F(SignsTest, AnIsrThatIsShortIsOneAtTheFirstLook) {
  control::Status status = quiet();
  status.mutable_partitions(0)->mutable_state()->mutable_isr()->RemoveLast();
  Signs fresh(Instant{1000});
  fresh.look(status);
  EXPECT_THAT(fresh.found(), ElementsAre(HasSubstr("t-0 lost a member of its ISR")));
}

TEST_F(SignsTest, ANodeThatLagsBehindIsNoSign) {
  control::Status status = quiet();
  status.mutable_partitions(0)->mutable_state()->set_partition_epoch(6);
  status.mutable_partitions(0)->mutable_state()->set_leader(2);
  signs.look(status);
  EXPECT_THAT(signs.found(), IsEmpty());
}

TEST_F(SignsTest, OnlyFailoversSinceTheBeginningCount) {
  control::Status status = quiet();
  control::FailoverStage& stage = *status.add_recent();
  stage.set_broker_id(2);
  stage.set_stage("detected");
  stage.set_detail("silence");
  stage.set_boottime_ns(999);
  signs.look(status);
  EXPECT_THAT(signs.found(), IsEmpty());
  stage.set_boottime_ns(1001);
  signs.look(status);
  EXPECT_THAT(signs.found(), ElementsAre(HasSubstr("a failover of broker 2: detected by silence")));
}

TEST_F(SignsTest, TheShortestLeaseIsKept) {
  control::Status status = quiet();
  status.set_lease_remaining_ms(17);
  signs.look(status);
  signs.look(quiet());
  EXPECT_EQ(signs.shortest_lease_ms(), 17);
}

}  // namespace
}  // namespace baton::drills
