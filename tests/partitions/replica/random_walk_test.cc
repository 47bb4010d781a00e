#include "tests/partitions/replica/random_walk.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

using testing::RandomWalk;

TEST(RandomWalk, NoCommittedRecordIsLostOrChangedWhateverHappens) {
  size_t acknowledged = 0, elections = 0, zombies = 0, wipes = 0, truncations = 0;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    RandomWalk walk(seed);
    std::optional<std::string> broken = walk.run(1500);
    ASSERT_FALSE(broken) << "seed " << seed << ": " << *broken;
    acknowledged += walk.acknowledged();
    elections += walk.elections();
    zombies += walk.zombies();
    wipes += walk.wipes();
    truncations += walk.truncations();
  }
  // A walk that goes nowhere proves nothing.
  EXPECT_GT(acknowledged, 2000u);
  EXPECT_GT(elections, 500u);
  EXPECT_GT(zombies, 100u);
  EXPECT_GT(wipes, 20u);
  EXPECT_GT(truncations, 50u);
}

}  // namespace
}  // namespace baton
