// Each planted fault must break what the suites next door hold a leadership to; a check that cannot fail proves nothing.
#include <gmock/gmock.h>

#include "base/mutants.h"
#include "tests/controller/lead/chaos.h"

namespace baton::lead {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LeadMutants : public ::testing::TestWithParam<bool> {
 protected:
  ~LeadMutants() override { clear_mutants(); }
  void maybe(Mutant mutant) {
    if (GetParam()) plant(mutant);
  }
  // Two acted at once if the fault was planted, and only then.
  void judge(int violations) { EXPECT_EQ(violations > 0, GetParam()) << violations; }
};

// `a` leads, `b` has seen its lease at some phase of its looks, and a renewal of `a` has just been sent.
void renewal_under_way(World& world, int phase) {
  world.start("a");
  world.run_for(milliseconds(200));
  world.start("b");
  world.run_for(seconds(4) + milliseconds(10 * phase));
  world.obedient = false;
  world.contender("a").paused = true;  // the test carries its messages
  auto& requests = world.contender("a").requests;
  for (int i = 0; i < 1000 && requests.empty(); ++i) {
    world.run_for(milliseconds(10));
    world.give("a", election::Woken{});
  }
}

TEST_P(LeadMutants, LeadWithoutWaiting) {
  maybe(Mutant::lead_without_waiting);
  int violations = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Chaos chaos("zookeeper", seed);
    for (int i = 0; i < 10'000; ++i) chaos.step();
    violations += static_cast<int>(chaos.world.violations.size());
  }
  judge(violations);
}

// The holder's nodes are removed by somebody else, so its session does not keep its renewals out. One is long on its way.
TEST_P(LeadMutants, LeadRenewalUnchecked) {
  maybe(Mutant::lead_renewal_unchecked);
  int violations = 0;
  for (int phase = 0; phase < 80; ++phase) {
    World world;
    renewal_under_way(world, phase);
    world.contender("a").connected = false;
    world.tidy_up();
    for (int i = 0; i < 1000 && world.leaderships < 2; ++i) world.run_for(milliseconds(10));
    world.contender("a").connected = true;
    world.serve("a");
    world.contender("a").paused = false;
    while (world.deliver("a")) continue;
    violations += static_cast<int>(world.violations.size());
  }
  judge(violations);
}

// The renewal is made at once; its answer takes a second and a half. Then its holder falls silent.
TEST_P(LeadMutants, LeadCountedFromReply) {
  maybe(Mutant::lead_counted_from_reply);
  int violations = 0;
  for (int phase = 0; phase < 80; ++phase) {
    World world;
    renewal_under_way(world, phase);
    world.run_for(milliseconds(1500));
    world.contender("a").paused = false;
    while (world.deliver("a")) continue;
    world.contender("a").paused = true;
    world.expire("a");
    for (int i = 0; i < 1000 && world.leaderships < 2; ++i) world.run_for(milliseconds(10));
    violations += static_cast<int>(world.violations.size());
  }
  judge(violations);
}

INSTANTIATE_TEST_SUITE_P(Each, LeadMutants, ::testing::Bool(), [](const auto& run) { return run.param ? "planted" : "sound"; });

}  // namespace
}  // namespace baton::lead
