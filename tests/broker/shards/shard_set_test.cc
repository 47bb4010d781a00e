// The shards together: what the set promises to those who use it from outside.
#include "broker/shards/shard_set.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "base/posix_file_system.h"
#include "base/random.h"
#include "broker/metadata/manager_link.h"
#include "tests/support/temp_dir.h"

namespace baton {
namespace {

BrokerConfig config_with(int shards) {
  auto config = BrokerConfig::make(*Settings::parse({{"broker.id", "1"}, {"zookeeper.connect", "none:1"}}, nullptr));
  config->shards = shards;
  return std::move(*config);
}

class ShardSetTest : public testing::Test {
 protected:
  support::TempDir directory_;
  PosixFileSystem files_;
  SystemClock clock_;
  SystemRandom random_;
  BrokerConfig config_ = config_with(4);
  ManagerLink link_;
  Function<void(std::string)> fatal_ = [](const std::string& message) { FAIL() << message; };
  std::unique_ptr<DataDirectory> data_ = std::move(*DataDirectory::open(files_, directory_.path(), {"", BrokerId(1)}, "boot", random_));
  std::unique_ptr<ReplicaStore> store_ = std::move(*ReplicaStore::open(*data_, files_, clock_, Durability::kProcessCrash));
  ShardSet shards_{ShardContext{config_, clock_, link_, *store_, fatal_}};
};

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
