// One thing at a time: how a leadership begins, goes on, and ends.
#include "controller/lead/leadership.h"

#include <gmock/gmock.h>

#include "tests/controller/lead/world.h"

namespace baton::lead {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LeadershipTest : public ::testing::TestWithParam<const char*> {
 protected:
  ~LeadershipTest() override { EXPECT_THAT(world.violations, IsEmpty()); }

  // a leads, b waits.
  void two() {
    world.start("a");
    world.run_for(milliseconds(200));
    world.start("b");
    world.run_for(seconds(4));
    ASSERT_EQ(world.holder(), "a");
    world.take_log();
  }
  std::string data_of(const std::string& path) { return world.tree.find(path) ? world.tree.find(path)->data : "nothing"; }
  // How long until somebody else than `former` acts.
  Duration succession(const std::string& former) {
    const Instant from = world.now;
    for (int i = 0; i < 2000 && (world.holder().empty() || world.holder() == former); ++i) world.run_for(milliseconds(10));
    return world.now - from;
  }
  bool queued() const { return std::string(GetParam()) == "zookeeper"; }

  World world{GetParam()};
};

TEST_P(LeadershipTest, OneAloneLeadsAtOnceAndWritesWhoItIs) {
  world.start("a");
  world.run_for(milliseconds(200));
  EXPECT_EQ(world.take_log(), "a leads 1\n");
  EXPECT_THAT(data_of("/leaders/billing/leader"), HasSubstr("epoch=1\nguid=a\n"));
  EXPECT_THAT(data_of("/leaders/billing/lease"), HasSubstr("epoch=1\nholder=a\nlength_ms=3000\n"));
  EXPECT_EQ(data_of("/leaders/billing/epoch"), "1");
}

TEST_P(LeadershipTest, TheLeaseIsCountedFromTheSendingOfItsRenewal) {
  world.start("a");
  world.run_for(milliseconds(200));
  // A renewal goes out and is answered a second later.
  const auto renews = [&] {
    const auto& requests = world.contender("a").requests;
    return !requests.empty() && std::holds_alternative<store::Multi>(requests.back().request) &&
           std::get<store::Multi>(requests.back().request).ops.size() == 2;
  };
  while (!renews()) {
    world.advance(milliseconds(10));
    world.give("a", election::Woken{});
  }
  const Instant sent = world.now;
  while (world.serve("a")) continue;
  world.advance(seconds(1));
  while (world.deliver("a")) continue;
  EXPECT_EQ(world.contender("a").acting->until, sent + kLease);
}

TEST_P(LeadershipTest, TheSuccessorOfOneThatReleasedDoesNotWait) {
  two();
  world.give("a", Retire{});
  world.run_for(milliseconds(10));
  EXPECT_TRUE(world.contender("a").retired);
  EXPECT_LE(succession("a"), queued() ? Duration(milliseconds(20)) : Duration(seconds(3)));
  EXPECT_THAT(world.take_log(), HasSubstr("a stops: done\na ended 1, released\nb leads 2\n"));
}

TEST_P(LeadershipTest, ToHaveStoppedTwiceIsToHaveStopped) {
  world.start("a");
  world.run_for(seconds(1));
  world.take_log();
  world.give("a", Stopped{});
  while (world.serve("a") && world.deliver("a")) {
    const auto& requests = world.contender("a").requests;
    if (!requests.empty() && std::holds_alternative<store::Multi>(requests.back().request)) world.give("a", Stopped{});
  }
  world.run_for(milliseconds(10));
  EXPECT_THAT(world.take_log(), HasSubstr("a ended 1, released\n"));
}

TEST_P(LeadershipTest, WhoFallsSilentIsToldToStopAndIsSucceededAfterItsLease) {
  two();
  const Instant until = world.contender("a").acting->until;
  world.disconnect("a");
  world.obedient = false;
  world.run_for(until - kNotice - world.now + milliseconds(10));
  EXPECT_EQ(world.take_log(), "a stops: out-of-touch\n");
  world.expire("a");
  world.run_for(milliseconds(10));
  EXPECT_EQ(world.holder(), "a") << "its session is over, its lease is not";
  succession("a");
  EXPECT_EQ(world.holder(), "b");
  EXPECT_GE(world.now, until);
  // b looks four times a lease, so it saw the last renewal at most so late.
  EXPECT_LE(world.now, until + kLease / 4 + kLease * 2 / 100 + (queued() ? milliseconds(50) : milliseconds(600)));
}

TEST_P(LeadershipTest, AStoppedProcessFindsOutFirstThatItsTimeIsOver) {
  two();
  world.contender("a").paused = true;
  world.run_for(seconds(2));
  world.expire("a");
  world.run_for(seconds(5));
  EXPECT_EQ(world.holder(), "b");
  world.contender("a").paused = false;
  world.take_log();
  world.run_for(milliseconds(10));
  EXPECT_THAT(world.take_log(), HasSubstr("a stops: out-of-touch\n"));
  EXPECT_EQ(world.holder(), "b");
}

TEST_P(LeadershipTest, WhoLosesItsSessionTwiceWaitsForItsOwnHostOnly) {
  world.start("a");
  world.run_for(seconds(1));
  world.obedient = false;
  world.expire("a");
  world.reconnect("a");
  world.run_for(milliseconds(100));
  EXPECT_TRUE(world.contender("a").told_to_stop);
  EXPECT_EQ(world.leaderships, 1) << "its host still acts under the old token";
  world.give("a", Stopped{});
  world.run_for(milliseconds(700));
  EXPECT_THAT(world.take_log(), HasSubstr("a ended 1\na leads 2\n"));
}

TEST_P(LeadershipTest, AWishMakesTheNamedHolderResignAndNoOther) {
  two();
  auto other = world.tree.open_session([](const store::WatchFired&) {});
  world.tree.apply(other, store::Multi{{store::Create{"/leaders/billing/wish", Wish{ControllerEpoch(7), "me"}.print()}}});
  world.run_for(seconds(1));
  EXPECT_EQ(world.take_log(), "");
  world.tree.apply(other, store::Multi{{store::SetData{"/leaders/billing/wish", Wish{ControllerEpoch(1), "me"}.print(), {}}}});
  world.run_for(milliseconds(100));
  EXPECT_THAT(world.take_log(), HasSubstr("a stops: asked\na ended 1, released\n"));
  succession("");
  EXPECT_EQ(world.holder(), "b");
}

TEST_P(LeadershipTest, AStrangersNodeIsRefused) {
  auto other = world.tree.open_session([](const store::WatchFired&) {});
  world.tree.apply(other, store::Multi{{store::Create{"/leaders", ""}, store::Create{"/leaders/billing", "mine"}}});
  world.start("a");
  world.run_for(seconds(1));
  EXPECT_THAT(world.contender("a").refused, HasSubstr("/leaders/billing"));
  EXPECT_EQ(world.leaderships, 0);
}

TEST_P(LeadershipTest, ALeaseThatCannotBeReadIsRefused) {
  two();
  auto other = world.tree.open_session([](const store::WatchFired&) {});
  world.give("a", Retire{});
  world.serve("a");
  world.tree.apply(other, store::Multi{{store::SetData{"/leaders/billing/lease", "what?", {}}}});
  world.crash("a");
  world.expire("a");
  world.run_for(seconds(10));
  EXPECT_THAT(world.contender("b").refused, HasSubstr("/leaders/billing/lease"));
}

TEST_P(LeadershipTest, ARenewalWhoseReplyIsLostIsMadeAnew) {
  world.start("a");
  world.run_for(seconds(1));
  for (int i = 0; i < 6; ++i) {
    while (world.contender("a").requests.empty()) {
      world.advance(milliseconds(10));
      world.give("a", election::Woken{});
    }
    world.serve("a", i % 2 == 0 ? World::Fate::kLostAfter : World::Fate::kLostBefore);
    world.run_for(milliseconds(600));
  }
  EXPECT_EQ(world.holder(), "a");
  EXPECT_EQ(world.leaderships, 1);
}

INSTANTIATE_TEST_SUITE_P(Each, LeadershipTest, ::testing::Values("zookeeper", "lease"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace baton::lead
