// Shards with a data directory of their own and no manager: a test says what the cluster looks like and which roles they play.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "base/posix_file_system.h"
#include "base/random.h"
#include "broker/metadata/manager_link.h"
#include "broker/shards/shard_set.h"
#include "tests/support/temp_dir.h"

namespace baton {

class ShardsTest : public testing::Test {
 protected:
  explicit ShardsTest(const Properties& more = {}, int shards = 4, Duration doubt = LostPeers::kDoubt)
      : config_(config_with(more, shards)), lost_peers_(std::make_shared<LostPeers>(doubt)) {}

  static BrokerConfig config_with(const Properties& more, int shards) {
    Properties properties{{"broker.id", "1"}, {"zookeeper.connect", "none:1"}};
    for (auto& [key, value] : more) properties[key] = value;
    auto config = BrokerConfig::make(*Settings::parse(properties, nullptr));
    config->shards = shards;
    return std::move(*config);
  }

  support::TempDir directory_;
  PosixFileSystem files_;
  SystemClock clock_;
  SystemRandom random_;
  BrokerConfig config_;
  ManagerLink link_;
  Function<void(std::string)> fatal_ = [](const std::string& message) { FAIL() << message; };
  std::unique_ptr<DataDirectory> data_ = std::move(*DataDirectory::open(files_, directory_.path(), {"", BrokerId(1)}, "boot", random_));
  std::unique_ptr<ReplicaStore> store_ = std::move(*ReplicaStore::open(*data_, files_, clock_, Durability::kProcessCrash));
  std::shared_ptr<LostPeers> lost_peers_;
  ShardSet shards_{ShardContext{config_, clock_, link_, *store_, fatal_, lost_peers_}};
};

}  // namespace baton
