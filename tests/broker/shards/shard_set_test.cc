// The shards together: what the set promises to those who use it from outside.
#include <atomic>
#include <string>

#include "tests/broker/shards/stage.h"

namespace baton {
namespace {

using ShardSetTest = ShardsTest;

// A broker gathers the description of its replicas into one string this way. When the shards did so side by side, a
// restarted broker's heap was corrupted now and then. Here the thread sanitizer would see it, and so does the count.
TEST_F(ShardSetTest, EachShardHasTheTaskToItself) {
  ASSERT_TRUE(shards_.start());
  for (int round = 0; round < 200; ++round) {
    std::string gathered;
    std::atomic<int> inside = 0;
    bool alone = true;
    shards_.on_each_and_wait([&](Shard& shard) {
      alone &= ++inside == 1;
      EXPECT_TRUE(shard.reactor().on_thread());
      gathered += std::to_string(shard.number()) + std::string(64, '.');
      --inside;
    });
    ASSERT_TRUE(alone);
    ASSERT_EQ(gathered.size(), 4 * 65u);
  }
}

}  // namespace
}  // namespace baton
