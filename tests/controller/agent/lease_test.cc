#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controller/agent/world.h"

namespace baton::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using Fate = Process::Fate;

bool renews(const store::Request& request) {
  const auto* multi = std::get_if<store::Multi>(&request);
  if (multi == nullptr) return false;
  for (const store::Op& op : multi->ops) {
    const auto* set = std::get_if<store::SetData>(&op);
    if (set != nullptr && set->path == "/brokers/leases/1") return true;
  }
  return false;
}

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() { broker.open(); }
  World world;
  Process broker{world, config_of(1, directory(1))};
};

TEST_F(LeaseTest, CountsFromBeforeTheCall) {
  const Instant asked = world.clock.now();
  EXPECT_EQ(broker.lease, asked + milliseconds(1000));
}

TEST_F(LeaseTest, IsRenewedWithinItsInterval) {
  const Instant start = world.clock.now();
  broker.pass(milliseconds(1000));
  EXPECT_EQ(broker.lease, start + milliseconds(2000));
}

TEST_F(LeaseTest, EachRenewalChecksTheRegistrationsVersion) {
  std::vector<store::Request> seen;
  broker.fate = [&](const store::Request& request) {
    if (renews(request)) seen.push_back(request);
    return Fate::kDelivered;
  };
  broker.pass(milliseconds(450));
  ASSERT_EQ(seen.size(), 2u);
  for (const auto& request : seen) {
    const auto& multi = std::get<store::Multi>(request);
    ASSERT_EQ(multi.ops.size(), 2u);
    EXPECT_EQ(std::get<store::Check>(multi.ops[0]).path, "/brokers/epochs/1");
    EXPECT_EQ(std::get<store::Check>(multi.ops[0]).expected, broker.agent.registered()->version);
  }
}

// A server of the store that was cut off answers reads and pings for many ticks: they renew nothing.
TEST_F(LeaseTest, OnlyTheMultiRenews) {
  const Instant start = world.clock.now();
  broker.fate = [](const store::Request& request) {
    return std::holds_alternative<store::Multi>(request) ? Fate::kLostBefore : Fate::kDelivered;
  };
  broker.pass(milliseconds(900));
  broker.resume();  // reads everything, successfully
  broker.pass(milliseconds(900));
  EXPECT_EQ(broker.lease, start + milliseconds(1000));
}

TEST_F(LeaseTest, LostReplyRenewsNothingAlthoughTheWriteTookEffect) {
  const Instant start = world.clock.now();
  broker.fate = [](const store::Request& request) { return renews(request) ? Fate::kLostAfter : Fate::kDelivered; };
  broker.pass(milliseconds(900));
  EXPECT_EQ(broker.lease, start + milliseconds(1000));
}

TEST_F(LeaseTest, RefusedRenewalStopsTheHostAtOnce) {
  HandController controller(world);
  broker.deaf = true;
  controller.tombstone(BrokerId(1));
  broker.host_stops = false;
  broker.pass(milliseconds(200));
  EXPECT_EQ(broker.lease, Instant{0});
  EXPECT_THAT(broker.told, Contains("stop"));
  broker.pass(milliseconds(2000));
  EXPECT_EQ(broker.lease, Instant{0}) << "no lease without a registration";
}

TEST_F(LeaseTest, StartsAnewUnderTheNewVersion) {
  HandController controller(world);
  controller.tombstone(BrokerId(1));
  broker.run();
  ASSERT_TRUE(broker.agent.registered());
  EXPECT_EQ(broker.lease, world.clock.now() + milliseconds(1000));
}

TEST_F(LeaseTest, AsksNothingWhileDisconnected) {
  broker.suspend();
  const int before = broker.calls;
  broker.pass(milliseconds(2000));
  EXPECT_EQ(broker.calls, before);
}

TEST_F(LeaseTest, DeletedLeaseNodeIsMadeAgain) {
  const auto other = world.tree.open_session([](const store::WatchFired&) {});
  world.tree.apply(other, store::Multi{{store::Delete{"/brokers/leases/1", StoreVersion()}}});
  broker.pass(milliseconds(600));
  EXPECT_GT(broker.lease, world.clock.now() + milliseconds(500));
  EXPECT_TRUE(broker.agent.registered());
}

}  // namespace
}  // namespace baton::agent
