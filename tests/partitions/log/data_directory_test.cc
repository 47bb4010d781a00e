// Rule R9: after a restart, which replicas may be trusted?
#include "partitions/log/data_directory.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/logging.h"
#include "base/memory_file_system.h"
#include "base/posix_file_system.h"

namespace baton {
namespace {

class DataDirectoryTest : public testing::Test {
 protected:
  MemoryFileSystem files;
  SeededRandom random{1};
  DataDirectory::Identity identity{"cluster", BrokerId(1)};
  std::string boot = "boot-1";
  std::unique_ptr<DataDirectory> directory;
  TopicId topic{Uuid::random(random)};
  ReplicaKey replica{topic, PartitionIndex(0)};

  DataDirectoryTest() { log::set_level(log::Level::kError); }

  void start() {
    directory.reset();
    auto opened = DataDirectory::open(files, "data", identity, boot, random);
    ASSERT_TRUE(opened) << opened.error().message;
    directory = std::move(*opened);
  }
  void kill() {
    directory.reset();
    files.kill_process();
  }
  void reboot() {
    directory.reset();
    files.lose_unsynced(random);
    boot += "'";
  }
  void start_with_one_replica() {
    start();
    ASSERT_TRUE(directory->settle());
    ASSERT_TRUE(directory->create_partition({"t", PartitionIndex(0)}, topic, Durability::kMachineCrash));
  }
};

TEST_F(DataDirectoryTest, AnEmptyDirectoryHasNothingToDistrust) {
  start();
  EXPECT_EQ(directory->distrust(), "");
  EXPECT_TRUE(directory->found().empty());
  EXPECT_FALSE(directory->closed_in_order());
}

TEST_F(DataDirectoryTest, KillNineOfEverythingLosesNothing) {
  start_with_one_replica();
  kill();
  start();
  EXPECT_EQ(directory->distrust(), "");
  ASSERT_EQ(directory->found().size(), 1u);
  EXPECT_EQ(directory->found()[0].topic_id, topic);
  ASSERT_TRUE(directory->settle());
  EXPECT_FALSE(directory->is_dirty(replica));
}

TEST_F(DataDirectoryTest, ARebootMakesEveryReplicaDirtyUntilItIsCleared) {
  start_with_one_replica();
  reboot();
  start();
  EXPECT_NE(directory->distrust(), "");
  ASSERT_TRUE(directory->settle());
  EXPECT_TRUE(directory->is_dirty(replica));
  ASSERT_TRUE(directory->clear_dirty(replica));
  kill();
  start();
  EXPECT_EQ(directory->distrust(), "");
  EXPECT_FALSE(directory->is_dirty(replica));
}

// The scenario that R9 names: the second start has the same boot id as the marker, and must still not read clean.
TEST_F(DataDirectoryTest, RebootThenKillNineBeforeCatchingUpStaysDirty) {
  start_with_one_replica();
  reboot();
  start();
  ASSERT_TRUE(directory->settle());
  kill();
  start();
  EXPECT_EQ(directory->distrust(), "");
  EXPECT_TRUE(directory->is_dirty(replica));
}

// Every write of the start may be the last: whichever way it dies, the next start reads dirty, or distrusts anew.
TEST_F(DataDirectoryTest, AStartThatDiesAnywhereAfterARebootNeverWashesTheMarker) {
  for (int nth = 1; nth < 8; ++nth) {
    for (uint64_t bytes : {0, 1, 30, 1000}) {
      for (bool power : {false, true}) {
        files = MemoryFileSystem();
        start_with_one_replica();
        reboot();
        start();
        files.tear_write(nth, bytes);
        (void)directory->settle();
        power ? reboot() : kill();
        start();
        EXPECT_TRUE(!directory->distrust().empty() || directory->is_dirty(replica)) << nth << " " << bytes << " " << power;
        directory.reset();
      }
    }
  }
}

TEST_F(DataDirectoryTest, UnknownBootIdsRemoteDisksMovedDisksAndFailedSyncsAreDistrusted) {
  start_with_one_replica();
  kill();
  boot = "";
  start();
  EXPECT_NE(directory->distrust(), "");
  kill();
  boot = "boot-1";
  files.set_identity({"memory:1", false});
  start();
  EXPECT_NE(directory->distrust(), "");
  EXPECT_FALSE(directory->is_local());
  kill();
  files.set_identity({"memory:2", true});
  start();
  EXPECT_NE(directory->distrust(), "");
  kill();
  files.set_identity({"memory:1", true});
  files.fail_sync_file_system(true);
  start();
  EXPECT_NE(directory->distrust(), "");
  kill();
  files.fail_sync_file_system(false);
  start();
  EXPECT_EQ(directory->distrust(), "") << "nothing was settled in between";
  kill();
  ASSERT_TRUE(files.remove("data/marker"));
  start();
  EXPECT_NE(directory->distrust(), "");
}

TEST_F(DataDirectoryTest, ADamagedDirtyListMakesAllDirty) {
  start_with_one_replica();
  ASSERT_TRUE(directory->mark_dirty({{topic, PartitionIndex(5)}}));
  kill();
  files.flip_bit("data/dirty-replicas", 3, 0);
  start();
  EXPECT_TRUE(directory->is_dirty(replica));
}

TEST_F(DataDirectoryTest, AnOrderlyStopIsTrustedOnceAndOnThisBootOnly) {
  start_with_one_replica();
  ASSERT_TRUE(directory->note_closed_in_order());
  kill();
  start();
  EXPECT_TRUE(directory->closed_in_order());
  kill();
  start();
  EXPECT_FALSE(directory->closed_in_order());
  ASSERT_TRUE(directory->note_closed_in_order());
  reboot();
  start();
  EXPECT_FALSE(directory->closed_in_order());
}

TEST_F(DataDirectoryTest, ASecondProcessIsRefusedAndToldWhy) {
  start();
  auto second = DataDirectory::open(files, "data", identity, boot, random);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kDuplicateBrokerRegistration);
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos);
}

TEST_F(DataDirectoryTest, AnotherClustersOrBrokersDirectoryIsRefused) {
  start();
  const Uuid uuid = directory->uuid();
  kill();
  identity.cluster_id = "other";
  EXPECT_EQ(DataDirectory::open(files, "data", identity, boot, random).error().code, ErrorCode::kInconsistentClusterId);
  identity = {"cluster", BrokerId(2)};
  EXPECT_EQ(DataDirectory::open(files, "data", identity, boot, random).error().code, ErrorCode::kInvalidConfig);
  identity.broker_id = BrokerId(1);
  start();
  EXPECT_EQ(directory->uuid(), uuid);
}

// The first start does not know its cluster yet; the first registration names it, for good.
TEST_F(DataDirectoryTest, JoinsOneClusterForGood) {
  identity.cluster_id = "";
  start();
  EXPECT_EQ(directory->cluster_id(), "");
  kill();
  start();
  ASSERT_TRUE(directory->join_cluster("first"));
  ASSERT_TRUE(directory->join_cluster("first")) << "each registration says it again";
  const auto refused = directory->join_cluster("second");
  EXPECT_EQ(refused.error().code, ErrorCode::kInconsistentClusterId);
  EXPECT_EQ(refused.error().message,
            "the data directory data belongs to cluster first, not to second; correct log.dirs or zookeeper.connect, or start with an "
            "empty directory");
  reboot();
  start();
  EXPECT_EQ(directory->cluster_id(), "first") << "synced before anything of the cluster was stored";
  kill();
  identity.cluster_id = "second";
  EXPECT_EQ(DataDirectory::open(files, "data", identity, boot, random).error().code, ErrorCode::kInconsistentClusterId);
}

TEST_F(DataDirectoryTest, AnotherBrokersDirectoryIsRefusedInOneLineThatSaysWhatToDo) {
  start();
  kill();
  identity.broker_id = BrokerId(2);
  const auto refused = DataDirectory::open(files, "data", identity, boot, random);
  EXPECT_EQ(refused.error().message, "the data directory data belongs to broker 1, not to 2; correct broker.id or log.dirs");
}

TEST_F(DataDirectoryTest, ATopicCreatedAnewNeverSeesTheOldLog) {
  start_with_one_replica();
  const PartitionName name{"t", PartitionIndex(0)};
  const auto path = directory->create_partition(name, topic);
  ASSERT_TRUE(path);
  ASSERT_TRUE(files.open(*path + "/old-record", OpenMode::kCreate));
  EXPECT_TRUE(*files.exists(*directory->create_partition(name, topic) + "/old-record"));
  const TopicId recreated{Uuid::random(random)};
  const auto fresh = directory->create_partition(name, recreated);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(*fresh, *path);
  EXPECT_FALSE(*files.exists(*fresh + "/old-record"));
  EXPECT_EQ(files.list(*fresh)->size(), 1u);
  kill();
  start();
  ASSERT_EQ(directory->found().size(), 1u);
  EXPECT_EQ(directory->found()[0].topic_id, recreated);
  const size_t before = files.list("data")->size();
  ASSERT_TRUE(directory->remove_stale());
  EXPECT_EQ(files.list("data")->size(), before - 1);
}

TEST_F(DataDirectoryTest, CheckpointsComeBackAndDamagedOnesAreEmpty) {
  start();
  const OffsetCheckpoint offsets{{{"a-b.c", PartitionIndex(7)}, 42}, {{"t", PartitionIndex(0)}, 0}};
  ASSERT_TRUE(directory->save_high_watermarks(offsets));
  EXPECT_TRUE(directory->load_recovery_points()->empty());
  kill();
  start();
  EXPECT_EQ(*directory->load_high_watermarks(), offsets);
  files.flip_bit("data/high-watermark-checkpoint", 2, 0);
  EXPECT_TRUE(directory->load_high_watermarks()->empty());
}

TEST_F(DataDirectoryTest, OnlySafeNamesBecomeDirectories) {
  for (auto good : {"a", "A.b_c-9", "__consumer_offsets", "..."}) EXPECT_TRUE(valid_topic_name(good)) << good;
  for (auto bad : {"", ".", "..", "a/b", "a b", "\xc3\xa4", "../../etc"}) EXPECT_FALSE(valid_topic_name(bad)) << bad;
  EXPECT_TRUE(valid_topic_name(std::string(249, 'x')));
  EXPECT_FALSE(valid_topic_name(std::string(250, 'x')));
  start();
  EXPECT_EQ(directory->create_partition({"../x", PartitionIndex(0)}, topic).error().code, ErrorCode::kInvalidTopicException);
}

TEST(DataDirectoryOnDisk, KeepsItsIdentityAndLocksOutOthers) {
  char name[] = "/tmp/baton-data-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  PosixFileSystem disk;
  SystemRandom random;
  const DataDirectory::Identity identity{"cluster", BrokerId(1)};
  Uuid uuid;
  {
    auto directory = DataDirectory::open(disk, name, identity, "boot\n", random);
    ASSERT_TRUE(directory) << directory.error().message;
    EXPECT_FALSE(DataDirectory::open(disk, name, identity, "boot\n", random));
    ASSERT_TRUE((*directory)->create_partition({"t", PartitionIndex(3)}, TopicId(Uuid::random(random))));
    ASSERT_TRUE((*directory)->settle());
    uuid = (*directory)->uuid();
  }
  auto directory = DataDirectory::open(disk, name, identity, "boot\n", random);
  ASSERT_TRUE(directory);
  EXPECT_EQ((*directory)->uuid(), uuid);
  EXPECT_EQ((*directory)->found().size(), 1u);
  EXPECT_EQ((*directory)->distrust(), (*directory)->is_local() ? "" : "the file system is not local");
  directory->reset();
  ASSERT_TRUE(disk.remove_tree(name));
}

}  // namespace
}  // namespace baton
