// Each planted fault must break what the suite next door holds the agent to; a check that cannot fail proves nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mutants.h"
#include "tests/controller/agent/world.h"

namespace baton::agent {
namespace {

using std::chrono::milliseconds;

class AgentMutants : public ::testing::TestWithParam<bool> {
 protected:
  ~AgentMutants() override { clear_mutants(); }
  // Planted in one of the two runs of each test: the same scenario must then end differently.
  void maybe(Mutant mutant) {
    if (GetParam()) plant(mutant);
  }
  bool planted() const { return GetParam(); }
};

TEST_P(AgentMutants, LeaseRenewedByARead) {
  maybe(Mutant::lease_renewed_by_read);
  World world;
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  const Instant start = world.clock.now();
  broker.fate = [](const store::Request& request) {
    return std::holds_alternative<store::Multi>(request) ? Process::Fate::kLostBefore : Process::Fate::kDelivered;
  };
  broker.pass(milliseconds(900));
  EXPECT_EQ(broker.lease > start + milliseconds(1000), planted());
}

// Tombstoned, and its reads fail, so only the renewal itself can tell.
TEST_P(AgentMutants, RenewalUnchecked) {
  maybe(Mutant::renewal_unchecked);
  World world;
  HandController controller(world);
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  controller.tombstone(BrokerId(1));
  broker.fate = [](const store::Request& request) {
    return std::holds_alternative<store::Multi>(request) ? Process::Fate::kDelivered : Process::Fate::kLostBefore;
  };
  broker.pass(milliseconds(900));
  EXPECT_EQ(broker.lease > world.clock.now(), planted());
}

TEST_P(AgentMutants, SameIncarnationAfterATombstone) {
  maybe(Mutant::same_incarnation_after_tombstone);
  World world;
  HandController controller(world);
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  const Incarnation before = broker.agent.incarnation();
  controller.tombstone(BrokerId(1));
  broker.run();
  broker.pass(milliseconds(1000));
  EXPECT_TRUE(broker.agent.registered());
  EXPECT_EQ(broker.agent.incarnation() == before, planted());
}

TEST_P(AgentMutants, RolesBelowTheMark) {
  maybe(Mutant::roles_below_mark);
  World world;
  HandController controller(world);
  Process first(world, config_of(1, directory(1)));
  first.open();
  first.kill();
  Process second(world, config_of(1, directory(1)));
  second.open();
  controller.mark_removed(BrokerId(1), second.record().predecessor(), 5);
  controller.rule(BrokerId(2), 4);
  second.run();
  second.step(node::StreamConnected{second.stream});
  control::Frame welcome;
  welcome.mutable_stream_hello_reply()->set_controller_epoch(4);
  second.hear(welcome);
  control::Frame frame;
  frame.mutable_delta()->set_controller_epoch(4);
  frame.mutable_delta()->set_snapshot(true);
  control::Broker* own = frame.mutable_delta()->add_brokers();
  own->set_id(1);
  own->set_incarnation(std::string(second.agent.incarnation().raw()));
  own->set_live(true);
  own->set_ready(true);
  second.hear(frame);
  const bool got_roles = std::find(second.told.begin(), second.told.end(), "all roles:") != second.told.end();
  EXPECT_EQ(got_roles, planted());
}

TEST_P(AgentMutants, StaleControllerAccepted) {
  maybe(Mutant::stale_controller_accepted);
  World world;
  HandController controller(world);
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  controller.rule(BrokerId(2), 5);
  broker.run();
  for (const int epoch : {5, 4}) {
    broker.pass(milliseconds(50));
    broker.step(node::StreamConnected{broker.stream});
    control::Frame welcome;
    welcome.mutable_stream_hello_reply()->set_controller_epoch(epoch);
    broker.hear(welcome);
    if (epoch == 5) broker.step(node::StreamClosed{broker.stream});
  }
  EXPECT_EQ(broker.closes.empty(), planted());
}

INSTANTIATE_TEST_SUITE_P(PlantedOrNot, AgentMutants, ::testing::Bool(),
                         [](const auto& run) { return run.param ? std::string("planted") : std::string("sound"); });

}  // namespace
}  // namespace baton::agent
