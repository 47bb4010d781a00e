// A firewall's resets between processes that are alive are silence, and prove nothing (R6): nobody is declared dead at once, and
// nobody acknowledges after a successor has begun.
#include "tests/cluster/network/cut.h"

namespace baton::rig {
namespace {

// From the cut: control.timeout.ms, then D and its drift; nobody may lead before the lease is over, whatever is reset.
constexpr Duration kLease = std::chrono::milliseconds(600);

class Reset : public Cut {
 protected:
  void expect_silence(int broker) {
    std::string how = detected(broker);
    EXPECT_EQ(how, "silence") << "of broker " << broker;
    std::optional<drills::Outcome> first = first_by_another();
    ASSERT_TRUE(first);
    EXPECT_GE(Instant{first->done_ns} - cut, kLease) << "a successor before the lease was over";
  }
};

TEST_F(Reset, BetweenALeaderAndEverybodyElse) {
  begin({cast.others[0], cast.others[1], cast.controller});
  for (int other : {rig.host(cast.others[1]), rig.host(cast.controller), rig.zookeeper_host()}) rig.lab().reset(rig.host(leader), other);
  await_successor();
  await("the deposed leader refuses", [&] { return refused_between(*stubborn, Instant{first_by_another()->done_ns}, clock.now()) >= 200; });
  expect_silence(leader);
  expect_deposed_was_silent();
  EXPECT_EQ(rig.state().controller_id, cast.controller);
  heal_and_count();
}

TEST_F(Reset, BetweenTheControllerThatLeadsAndEverybodyElse) {
  int controller_epoch = rig.state().controller_epoch;
  begin({cast.controller, cast.others[0], cast.others[1]});
  for (int other : {rig.host(cast.others[0]), rig.host(cast.others[1]), rig.zookeeper_host()}) rig.lab().reset(rig.host(leader), other);
  await_successor();
  await("the deposed leader refuses", [&] { return refused_between(*stubborn, Instant{first_by_another()->done_ns}, clock.now()) >= 200; });
  expect_silence(leader);
  expect_deposed_was_silent();
  EXPECT_GT(rig.state().controller_epoch, controller_epoch);
  EXPECT_NE(rig.state().controller_id, leader);
  heal_and_count();
}

TEST_F(Reset, BetweenBrokersOnlyProvesNobodyDead) {
  // The watch connections lie between brokers: all of them are reset at once, while ZooKeeper stays in reach of everybody.
  begin({cast.others[0], cast.others[1], cast.controller});
  rig.lab().reset(rig.host(cast.others[0]), rig.host(cast.others[1]));
  rig.lab().reset(rig.host(cast.others[0]), rig.host(cast.controller));
  await_successor();
  await("the deposed leader refuses", [&] { return refused_between(*stubborn, Instant{first_by_another()->done_ns}, clock.now()) >= 200; });
  expect_silence(leader);
  expect_deposed_was_silent();
  heal_and_count();
}

}  // namespace
}  // namespace baton::rig
