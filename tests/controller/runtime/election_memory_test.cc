// What a candidate has promised: on disk before it is said to be, never half, and of no use to another algorithm or to too different a
// list of voters.
#include "controller/runtime/election_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "base/memory_file_system.h"
#include "base/posix_file_system.h"
#include "controller/runtime/file_keeper.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace baton::node {
namespace {

using std::chrono::seconds;

control::ElectionMemory memory_of(std::initializer_list<int> voters) {
  control::ElectionMemory memory;
  memory.set_cluster_id("a-cluster");
  memory.set_elector("raft");
  for (int voter : voters) memory.add_voters(voter);
  memory.set_state("term 7");
  return memory;
}
std::vector<BrokerId> ids(std::initializer_list<int> voters) {
  std::vector<BrokerId> made;
  for (int voter : voters) made.emplace_back(voter);
  return made;
}

TEST(ElectionMemory, ComesBackWholeOrNotAtAll) {
  const std::string file = to_file(memory_of({1, 2, 3}));
  const auto back = from_file(file, "f");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->SerializeAsString(), memory_of({1, 2, 3}).SerializeAsString());
  for (size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(from_file(file.substr(0, size), "f")) << size;
  for (size_t at = 0; at < file.size(); ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    EXPECT_FALSE(from_file(flipped, "f")) << at;
  }
  const auto torn = from_file(file.substr(1), "data/election-raft");
  ASSERT_FALSE(torn);
  EXPECT_NE(torn.error().message.find("data/election-raft is damaged"), std::string::npos) << torn.error().message;
}

TEST(ElectionMemory, VotersChangeOneAtATime) {
  EXPECT_TRUE(check_memory(memory_of({1, 2, 3}), "raft", ids({3, 2, 1}), "f"));
  EXPECT_TRUE(check_memory(memory_of({1, 2, 3}), "raft", ids({1, 2, 3, 4}), "f"));
  EXPECT_TRUE(check_memory(memory_of({1, 2, 3}), "raft", ids({1, 3}), "f"));
  const Status two = check_memory(memory_of({1, 2, 3}), "raft", ids({1, 2, 4}), "f");
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().message.find("names 1, 2, 4, and at the last start 1, 2, 3: change one voter at a time"), std::string::npos)
      << two.error().message;
}

TEST(ElectionMemory, OfAnotherAlgorithmIsRefused) {
  const Status other = check_memory(memory_of({1, 2, 3}), "paxos", ids({1, 2, 3}), "f");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("promises of controller.election=raft, not of paxos"), std::string::npos) << other.error().message;
}

TEST(FileKeeper, SaysWhatIsOnDiskAndTheLastWins) {
  support::TempDir dir;
  PosixFileSystem files;
  std::atomic<uint64_t> kept{0};
  {
    FileKeeper keeper(files, dir / "f", [&](uint64_t number, Status written) {
      EXPECT_TRUE(written);
      EXPECT_GT(number, kept.load());
      kept = number;
    });
    for (uint64_t number = 1; number <= 200; ++number) keeper.keep(number, "content " + std::to_string(number));
    ASSERT_TRUE(support::wait_for(seconds(20), [&] { return kept == 200; }));
  }
  EXPECT_EQ(*read_whole_file(files, dir / "f"), "content 200");
  EXPECT_FALSE(*files.exists(dir / "f.tmp"));
}

TEST(FileKeeper, WhatIsSaidToBeKeptOutlivesAPowerCut) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    MemoryFileSystem files;
    ASSERT_TRUE(files.make_directory("/d"));
    ASSERT_TRUE(files.sync_directory("/"));
    std::atomic<uint64_t> kept{0};
    {
      FileKeeper keeper(files, "/d/f", [&](uint64_t number, Status) { kept = number; });
      keeper.keep(1, "one");
      ASSERT_TRUE(support::wait_for(seconds(20), [&] { return kept == 1; }));
    }
    SeededRandom random(seed);
    files.lose_unsynced(random);
    const auto found = read_whole_file(files, "/d/f");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, "one");
  }
}

TEST(FileKeeper, AnErrorIsToldAndNothingIsWrittenAfterIt) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.make_directory("d"));
  files.fail_paths_with("d/f");
  std::atomic<int> failed{0};
  std::atomic<int> done{0};
  FileKeeper keeper(files, "d/f", [&](uint64_t, Status written) { ++(written ? done : failed); });
  keeper.keep(1, "one");
  ASSERT_TRUE(support::wait_for(seconds(20), [&] { return failed == 1; }));
  keeper.keep(2, "two");
  EXPECT_EQ(done, 0);
}

}  // namespace
}  // namespace baton::node
