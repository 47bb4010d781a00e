// One contract for the disk and for its twin, then what only the twin can do: lose power.
#include "base/file_system.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <functional>

#include "base/memory_file_system.h"
#include "base/posix_file_system.h"

namespace baton {
namespace {

struct Disk {
  std::unique_ptr<FileSystem> files;
  std::string root;
  bool real = false;
  ~Disk() {
    if (real) (void)files->remove_tree(root);
  }
};

std::unique_ptr<Disk> real_disk() {
  char name[] = "/tmp/baton-file-system-XXXXXX";
  EXPECT_NE(::mkdtemp(name), nullptr);
  return std::unique_ptr<Disk>(new Disk{std::make_unique<PosixFileSystem>(), name, true});
}
std::unique_ptr<Disk> memory_disk() {
  auto files = std::make_unique<MemoryFileSystem>();
  EXPECT_TRUE(files->make_directory("/root"));
  return std::unique_ptr<Disk>(new Disk{std::move(files), "/root", false});
}

class FileSystemContract : public testing::TestWithParam<std::unique_ptr<Disk> (*)()> {
 protected:
  std::unique_ptr<Disk> disk = GetParam()();
  FileSystem& files = *disk->files;
  std::string at(std::string_view name) const { return join_path(disk->root, name); }
};

TEST_P(FileSystemContract, PiecesAreWrittenOneAfterTheOther) {
  auto file = files.open(at("a"), OpenMode::kCreate);
  ASSERT_TRUE(file);
  std::vector<std::string_view> pieces(200, "xy");  // more than one system call takes
  pieces[0] = "";
  pieces[199] = "end";
  ASSERT_TRUE((*file)->write_at(3, pieces));
  const auto bytes = read_whole_file(files, at("a"));
  ASSERT_TRUE(bytes);
  std::string expected(3, '\0');
  for (auto piece : pieces) expected += piece;
  EXPECT_EQ(*bytes, expected);
  char short_read[16];
  EXPECT_EQ(*(*file)->read_at(expected.size() - 3, short_read, 16), 3u);
  EXPECT_EQ(*(*file)->read_at(expected.size() + 9, short_read, 16), 0u);
  ASSERT_TRUE((*file)->truncate(4));
  EXPECT_EQ(*(*file)->size(), 4u);
}

TEST_P(FileSystemContract, ModesSayWhetherAFileMustOrMustNotExist) {
  EXPECT_EQ(files.open(at("no"), OpenMode::kRead).error().code, ErrorCode::kResourceNotFound);
  EXPECT_EQ(files.open(at("no"), OpenMode::kReadWrite).error().code, ErrorCode::kResourceNotFound);
  EXPECT_TRUE(files.open(at("yes"), OpenMode::kCreateNew));
  EXPECT_FALSE(files.open(at("yes"), OpenMode::kCreateNew));
  auto read_only = files.open(at("yes"), OpenMode::kRead);
  ASSERT_TRUE(read_only);
  EXPECT_FALSE((*read_only)->write_at(0, "x"));
  EXPECT_FALSE(files.open(at("no/such/place"), OpenMode::kCreate));
}

TEST_P(FileSystemContract, ARemovedFileStaysReadableWhileItIsHeld) {
  auto file = files.open(at("a"), OpenMode::kCreate);
  ASSERT_TRUE((*file)->write_at(0, "still here"));
  ASSERT_TRUE(files.remove(at("a")));
  EXPECT_FALSE(*files.exists(at("a")));
  char bytes[10];
  EXPECT_EQ(*(*file)->read_at(0, bytes, 10), 10u);
  EXPECT_EQ(std::string_view(bytes, 10), "still here");
  EXPECT_EQ(files.remove(at("a")).error().code, ErrorCode::kResourceNotFound);
}

TEST_P(FileSystemContract, DirectoriesAreListedInOrderRenamedAndRemovedWhole) {
  ASSERT_TRUE(files.make_directory(at("d")));
  ASSERT_TRUE(files.make_directory(at("d")));
  ASSERT_TRUE(files.make_directory(at("d/sub")));
  for (auto name : {"d/b", "d/a", "d/sub/x"}) ASSERT_TRUE(files.open(at(name), OpenMode::kCreate));
  EXPECT_EQ(*files.list(at("d")), (std::vector<std::string>{"a", "b", "sub"}));
  ASSERT_TRUE(files.rename(at("d"), at("e")));
  EXPECT_EQ(*files.list(at("e/sub")), (std::vector<std::string>{"x"}));
  ASSERT_TRUE(files.sync_directory(at("e")));
  ASSERT_TRUE(files.remove_tree(at("e")));
  ASSERT_TRUE(files.remove_tree(at("e")));
  EXPECT_EQ(files.list(at("e")).error().code, ErrorCode::kResourceNotFound);
}

TEST_P(FileSystemContract, AnAtomicWriteReplacesTheOldBytes) {
  for (auto durability : {Durability::kProcessCrash, Durability::kMachineCrash}) {
    ASSERT_TRUE(write_file_atomically(files, at("a"), "a long first version", durability));
    ASSERT_TRUE(write_file_atomically(files, at("a"), "second", durability));
    EXPECT_EQ(*read_whole_file(files, at("a")), "second");
    EXPECT_EQ(files.list(disk->root)->size(), 1u);
  }
  EXPECT_FALSE(read_whole_file(files, at("a"), 3));
}

TEST_P(FileSystemContract, ALockIsHeldOnceAndFreeWhenLetGo) {
  auto first = files.lock(at(".lock"));
  ASSERT_TRUE(first);
  EXPECT_EQ(files.lock(at(".lock")).error().code, ErrorCode::kDuplicateBrokerRegistration);
  const auto inode = (*first)->inode();
  first->reset();
  auto second = files.lock(at(".lock"));
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->inode(), inode);
}

TEST_P(FileSystemContract, TheFileSystemHasAnIdentityThatStays) {
  const auto one = files.identity(disk->root);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, *files.identity(disk->root));
  EXPECT_FALSE(one->id.empty());
  EXPECT_TRUE(files.sync_file_system(disk->root));
  EXPECT_FALSE(files.identity(at("missing")));
}

INSTANTIATE_TEST_SUITE_P(Disk, FileSystemContract, testing::Values(&real_disk), [](const auto&) { return "Posix"; });
INSTANTIATE_TEST_SUITE_P(Twin, FileSystemContract, testing::Values(&memory_disk), [](const auto&) { return "Memory"; });

TEST(PosixFileSystem, NothingIsFollowedThroughASymbolicLink) {
  auto disk = real_disk();
  const auto link = join_path(disk->root, "link");
  ASSERT_TRUE(disk->files->open(join_path(disk->root, "target"), OpenMode::kCreate));
  ASSERT_EQ(::symlink("target", link.c_str()), 0);
  EXPECT_FALSE(disk->files->open(link, OpenMode::kReadWrite));
  EXPECT_FALSE(disk->files->lock(link));
}

TEST(MemoryFileSystem, KillKeepsEveryByteAndMakesHandlesStale) {
  MemoryFileSystem files;
  auto lock = files.lock("lock");
  auto file = files.open("a", OpenMode::kCreate);
  ASSERT_TRUE((*file)->write_at(0, "unsynced"));
  files.kill_process();
  EXPECT_FALSE((*file)->write_at(0, "x"));
  EXPECT_EQ(*read_whole_file(files, "a"), "unsynced");
  EXPECT_TRUE(files.lock("lock"));
}

TEST(MemoryFileSystem, APowerCutKeepsWhatWasSyncedAndMayLoseTheRest) {
  int kept_all = 0, lost_all = 0, between = 0, holes = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    MemoryFileSystem files;
    SeededRandom random(seed);
    auto file = files.open("a", OpenMode::kCreate);
    const std::string synced(700, 's'), late(3000, 'l');
    ASSERT_TRUE((*file)->write_at(0, synced));
    ASSERT_TRUE((*file)->sync());
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE((*file)->write_at(synced.size(), late));
    files.lose_unsynced(random);
    const auto bytes = read_whole_file(files, "a");
    ASSERT_TRUE(bytes);
    ASSERT_GE(bytes->size(), synced.size());
    ASSERT_EQ(bytes->substr(0, synced.size()), synced);
    if (bytes->find('\0') != std::string::npos) {
      ++holes;
    } else if (*bytes == synced + late) {
      ++kept_all;
    } else if (*bytes == synced) {
      ++lost_all;
    } else {
      ++between;
    }
  }
  EXPECT_GT(kept_all, 0);
  EXPECT_GT(lost_all, 0);
  EXPECT_GT(between, 0);
  EXPECT_GT(holes, 0);
}

TEST(MemoryFileSystem, ANameSurvivesAPowerCutOnlyForSureAfterItsDirectoryWasSynced) {
  int lost = 0, kept = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    MemoryFileSystem files;
    SeededRandom random(seed);
    ASSERT_TRUE(files.make_directory("d"));
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE(write_file_atomically(files, "d/durable", "v1", Durability::kMachineCrash));
    ASSERT_TRUE(write_file_atomically(files, "d/durable", "v2", Durability::kMachineCrash));
    ASSERT_TRUE(files.open("d/maybe", OpenMode::kCreate));
    files.lose_unsynced(random);
    EXPECT_EQ(*read_whole_file(files, "d/durable"), "v2");
    *files.exists("d/maybe") ? ++kept : ++lost;
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(kept, 0);
}

TEST(MemoryFileSystem, FaultsTearFillAndRefuse) {
  MemoryFileSystem files;
  auto file = files.open("a", OpenMode::kCreate);
  files.tear_write(2, 3);
  EXPECT_TRUE((*file)->write_at(0, "first"));
  EXPECT_FALSE((*file)->write_at(5, "second"));
  EXPECT_EQ(*read_whole_file(files, "a"), "firstsec");
  files.set_capacity(10);
  EXPECT_FALSE((*file)->write_at(8, "overflow"));
  EXPECT_TRUE((*file)->write_at(0, "FIRST"));
  EXPECT_EQ(*read_whole_file(files, "a"), "FIRSTsecov");
  files.fail_paths_with("a");
  EXPECT_FALSE((*file)->sync());
  files.fail_paths_with("");
  EXPECT_TRUE((*file)->sync());
}

}  // namespace
}  // namespace baton
