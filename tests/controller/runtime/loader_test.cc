// What a controller finds in the store when it comes to rule: that it may decide on, or must not.
#include "controller/runtime/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "controller/coordination/layout.h"
#include "controller/coordination/memory_tree.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

using ::testing::HasSubstr;

class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() {
    session = tree.open_session([](const store::WatchFired&) {});
    for (const store::Request& request : store::layout_requests()) tree.apply(session, request);
  }
  void put(const std::string& path, const std::string& data) {
    const store::Reply reply = tree.apply(session, store::Multi{{store::Create{path, data, store::NodeKind::kPersistent}}});
    ASSERT_TRUE(reply.ok()) << path;
  }
  void put_page(int number, int32_t level, int32_t said = 0) {
    decision::PutPage change;
    decision::PutPage::Upsert& upsert = change.partitions.emplace_back();
    upsert.topic = "t";
    upsert.partition.key.index = number;
    upsert.partition.key.topic.bytes[0] = 1;
    upsert.partition.replicas = upsert.partition.isr = {BrokerId(1)};
    upsert.partition.leader = BrokerId(1);
    control::Page page;
    rewrite(change, page, level);
    if (said != 0) page.set_metadata_version(said);
    put(paths::page(number), page.SerializeAsString());
  }
  // As a process that knows so much.
  Loader& load(int32_t known) {
    loader =
        std::make_unique<Loader>([this](store::Request request, auto then) { asked.emplace_back(std::move(request), std::move(then)); },
                                 image, door, known, [this] { done = true; });
    loader->start();
    while (!asked.empty()) {
      auto [request, then] = std::move(asked.front());
      asked.pop_front();
      then(tree.apply(session, request));
    }
    EXPECT_TRUE(done);
    return *loader;
  }

  store::MemoryTree tree;
  store::SessionId session = 0;
  agent::Image image;
  Door door{ControllerEpoch(1), StoreVersion(1), Duration{}};
  std::deque<std::pair<store::Request, std::function<void(const store::Reply&)>>> asked;
  std::unique_ptr<Loader> loader;
  bool done = false;
};

TEST_F(LoaderTest, ReadsPagesOfEveryVersionThatItKnows) {
  put(paths::kMetadataVersion, "2");
  put_page(0, kMetadataSingles);
  put_page(1, kMetadataColumns);
  Loader& read = load(kMetadataColumns);
  EXPECT_EQ(read.broken(), "");
  EXPECT_EQ(read.loaded().metadata_version, 2);
  EXPECT_EQ(read.loaded().table.size(), 2u);
}

TEST_F(LoaderTest, NoLevelIsToldApartFromTheFirst) {
  EXPECT_EQ(load(kMetadataColumns).loaded().metadata_version, 0);
  put(paths::kMetadataVersion, "1");
  EXPECT_EQ(load(kMetadataColumns).loaded().metadata_version, 1);
}

TEST_F(LoaderTest, ALevelBeyondWhatItKnowsIsNothingToDecideOn) {
  put(paths::kMetadataVersion, "3");
  Loader& read = load(kMetadataColumns);
  EXPECT_TRUE(read.outdated());
  EXPECT_THAT(read.broken(), HasSubstr("metadata is at version 3, and this process knows versions up to 2"));
}

TEST_F(LoaderTest, APageBeyondWhatItKnowsIsNamed) {
  put_page(0, kMetadataColumns);
  put_page(7, kMetadataColumns, 3);
  Loader& read = load(kMetadataColumns);
  EXPECT_TRUE(read.outdated());
  EXPECT_THAT(read.broken(), HasSubstr("/metadata/pages/0000000007 is of metadata version 3"));
}

// Whatever a page says of itself: what skips columns reads an empty page.
TEST_F(LoaderTest, ColumnsAreBeyondWhoKnowsSinglePartitionsAlone) {
  put_page(4, kMetadataColumns, 1);
  Loader& read = load(kMetadataSingles);
  EXPECT_TRUE(read.outdated());
  EXPECT_THAT(read.broken(), HasSubstr("/metadata/pages/0000000004 is of metadata version 2"));
}

TEST_F(LoaderTest, WhatCanNotBeReadIsNotTakenForALaterRelease) {
  put(paths::page(5), "\xff\xff");
  Loader& read = load(kMetadataColumns);
  EXPECT_FALSE(read.outdated());
  EXPECT_EQ(read.broken(), "the store holds at /metadata/pages/0000000005 what can not be read; nothing is decided on it");
}

TEST_F(LoaderTest, ALevelThatIsNoNumberCanNotBeRead) {
  put(paths::kMetadataVersion, "2 or so");
  EXPECT_THAT(load(kMetadataColumns).broken(), HasSubstr("the store holds at /metadata/version what can not be read"));
}

}  // namespace
}  // namespace baton::node
