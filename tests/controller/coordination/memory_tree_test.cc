#include "controller/coordination/memory_tree.h"

#include <gmock/gmock.h>

namespace baton::store {
namespace {

using ::testing::ElementsAre;

class MemoryTreeTest : public ::testing::Test {
 protected:
  SessionId open() {
    return tree.open_session([this](const WatchFired& fired) { fired_.push_back(fired.path); });
  }
  Reply run(SessionId session, std::vector<Op> ops) { return tree.apply(session, Multi{std::move(ops)}); }

  MemoryTree tree;
  std::vector<std::string> fired_;
};

TEST_F(MemoryTreeTest, AFailedMultiLeavesNoTraceAtAll) {
  SessionId session = open();
  run(session, {Create{"/a", "one"}, Create{"/a/b", ""}, Create{"/a/e", "", NodeKind::kEphemeral}});
  std::string before = tree.dump();
  int64_t zxid = tree.last_zxid();
  tree.apply(session, Exists{"/a", true});
  tree.apply(session, Children{"/a", true});
  Reply reply = run(session, {SetData{"/a", "two"}, Create{"/a/c-", "", NodeKind::kEphemeralSequential}, Delete{"/a/b"}, Delete{"/a/e"},
                              Check{"/a", StoreVersion(7)}, Create{"/z", ""}});
  EXPECT_EQ(reply.error, StoreError::kBadVersion);
  EXPECT_EQ(reply.failed_op(), 4);
  EXPECT_EQ(reply.results[0].error, StoreError::kRolledBack);
  EXPECT_EQ(reply.results[5].error, StoreError::kRolledBack);
  EXPECT_EQ(tree.dump(), before);
  EXPECT_EQ(tree.last_zxid(), zxid);
  EXPECT_TRUE(fired_.empty());
  EXPECT_EQ(tree.find("/a")->next_sequence, 2);
  tree.expire(session);
  EXPECT_EQ(tree.find("/a/e"), nullptr);
  EXPECT_NE(tree.find("/a/b"), nullptr);
}

TEST_F(MemoryTreeTest, WatchesFireInsideApplyAndOnlyOnceASession) {
  SessionId watcher = open();
  SessionId writer = open();
  run(writer, {Create{"/a", ""}});
  tree.apply(watcher, Get{"/a", true});
  tree.apply(watcher, Children{"/a", true});
  run(writer, {Delete{"/a"}});
  EXPECT_THAT(fired_, ElementsAre("/a"));
  run(writer, {Create{"/a", ""}});
  EXPECT_EQ(fired_.size(), 1u);
}

TEST_F(MemoryTreeTest, SequencesWrapToNegativeNumbers) {
  SessionId session = open();
  run(session, {Create{"/q", ""}});
  tree.set_next_sequence("/q", INT32_MAX);
  EXPECT_EQ(run(session, {Create{"/q/n_", "", NodeKind::kEphemeralSequential}}).results[0].created_path, "/q/n_2147483647");
  EXPECT_EQ(run(session, {Create{"/q/n_", "", NodeKind::kEphemeralSequential}}).results[0].created_path, "/q/n_-2147483648");
}

TEST_F(MemoryTreeTest, AnExpiredSessionChangesNothingAndHearsNothing) {
  SessionId session = open();
  SessionId other = open();
  run(session, {Create{"/a", ""}});
  tree.apply(session, Get{"/a", true});
  tree.expire(session);
  EXPECT_EQ(run(session, {SetData{"/a", "late"}}).error, StoreError::kSessionExpired);
  run(other, {SetData{"/a", "new"}});
  EXPECT_TRUE(fired_.empty());
  EXPECT_EQ(tree.find("/a")->data, "new");
}

}  // namespace
}  // namespace baton::store
