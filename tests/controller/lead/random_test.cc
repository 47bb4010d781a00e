// Hundreds of random lives of a few contenders: requests and answers delayed and lost, connections cut, sessions that end at any time,
// processes stopped, resumed, killed and started anew, hosts that take their time, clocks of different rates. Whatever happens: never two
// that act, and each token greater than the one before. Once the faults end, exactly one leads.
#include <gmock/gmock.h>

#include "tests/controller/lead/chaos.h"

namespace baton::lead {
namespace {

using ::testing::IsEmpty;

class RandomLeadershipTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RandomLeadershipTest, NeverTwoActAndSomebodyLeadsInTheEnd) {
  constexpr int kSeeds = 100;
  int leaderships = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos chaos(GetParam(), seed);
    for (int i = 0; i < 10'000; ++i) chaos.step();
    chaos.heal();
    ASSERT_THAT(chaos.world.violations, IsEmpty()) << chaos.world.take_log();
    ASSERT_NE(chaos.world.holder(), "") << chaos.world.tree.dump() << chaos.world.take_log();
    leaderships += chaos.world.leaderships;
  }
  EXPECT_GT(leaderships, 4 * kSeeds) << "too quiet to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Each, RandomLeadershipTest, ::testing::Values("zookeeper", "lease"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace baton::lead
