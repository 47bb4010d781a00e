// The contract of store.h, kept by the twin in memory and by a real ZooKeeper alike.
#include <gmock/gmock.h>

#include "tests/contract/store_backend.h"
#include "tests/support/wait.h"

namespace baton::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Kind {
  const char* name;
  std::unique_ptr<Backend> (*make)();
  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

class StoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    backend = GetParam().make();
    a = backend->client();
    b = backend->client();
    session_a = a->open();
    session_b = b->open();
    static int tests = 0;
    root = "/test" + std::to_string(++tests);
    ASSERT_TRUE(a->multi({Create{root, ""}}).ok());
  }
  void TearDown() override {
    a.reset();
    b.reset();
  }
  std::string at(const std::string& name) const { return root + "/" + name; }
  bool exists(const std::string& path) { return b->call(Exists{path}).ok(); }
  // The session of `client` ends on the server's side, and the client hears of it.
  void expire(Client& client) {
    client.cut();
    client.wait_for_state(SessionState::kSuspended);
    client.expire_while_cut();
    client.restore();
    ASSERT_TRUE(client.wait_for_state(SessionState::kExpired));
  }

  std::unique_ptr<Backend> backend;
  std::unique_ptr<Client> a, b;
  int64_t session_a = 0, session_b = 0;
  std::string root;
};

TEST_P(StoreContract, ANodeIsReadBackAsItWasCreated) {
  std::string bytes("a\0b", 3);
  Reply created = a->multi({Create{at("x"), bytes}});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.results[0].created_path, at("x"));
  Reply got = b->call(Get{at("x")});
  EXPECT_EQ(got.data, bytes);
  EXPECT_EQ(got.stat.version, StoreVersion(0));
  EXPECT_EQ(got.stat.czxid, got.stat.mzxid);
  EXPECT_EQ(got.stat.ephemeral_owner, 0);
  EXPECT_EQ(b->call(Exists{at("x")}).stat, got.stat);
}

TEST_P(StoreContract, EmptyDataStaysEmpty) {
  a->multi({Create{at("x"), ""}});
  EXPECT_EQ(a->call(Get{at("x")}).data, "");
  a->multi({SetData{at("x"), "full"}});
  a->multi({SetData{at("x"), ""}});
  EXPECT_EQ(a->call(Get{at("x")}).data, "");
}

TEST_P(StoreContract, EachSetCountsTheVersionAndTheTransaction) {
  a->multi({Create{at("x"), ""}});
  Reply first = a->multi({SetData{at("x"), "1", StoreVersion(0)}});
  ASSERT_TRUE(first.ok());
  Reply second = a->multi({SetData{at("x"), "2", StoreVersion(1)}});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.results[0].stat.version, StoreVersion(2));
  EXPECT_GT(second.results[0].stat.mzxid, first.results[0].stat.mzxid);
  EXPECT_EQ(second.results[0].stat, a->call(Get{at("x")}).stat);
  EXPECT_EQ(a->multi({SetData{at("x"), "3", StoreVersion(1)}}).error, StoreError::kBadVersion);
  EXPECT_EQ(a->call(Get{at("x")}).data, "2");
}

TEST_P(StoreContract, AVersionStartsAnewWithEachCreation) {
  a->multi({Create{at("x"), ""}});
  a->multi({SetData{at("x"), "1"}});
  a->multi({Delete{at("x")}});
  a->multi({Create{at("x"), ""}});
  EXPECT_EQ(a->call(Get{at("x")}).stat.version, StoreVersion(0));
}

TEST_P(StoreContract, RefusalsNameTheirReason) {
  a->multi({Create{at("x"), ""}, Create{at("x/y"), ""}, Create{at("e"), "", NodeKind::kEphemeral}});
  EXPECT_EQ(a->multi({Create{at("x"), ""}}).error, StoreError::kNodeExists);
  EXPECT_EQ(a->multi({Create{at("no/y"), ""}}).error, StoreError::kNoNode);
  EXPECT_EQ(a->multi({Create{at("e/y"), ""}}).error, StoreError::kNoChildrenForEphemerals);
  EXPECT_EQ(a->multi({SetData{at("no"), ""}}).error, StoreError::kNoNode);
  EXPECT_EQ(a->multi({Delete{at("no")}}).error, StoreError::kNoNode);
  EXPECT_EQ(a->multi({Delete{at("x")}}).error, StoreError::kNotEmpty);
  EXPECT_EQ(a->multi({Delete{at("x/y"), StoreVersion(1)}}).error, StoreError::kBadVersion);
  EXPECT_EQ(a->multi({Check{at("no")}}).error, StoreError::kNoNode);
  EXPECT_EQ(a->multi({Check{at("x"), StoreVersion(1)}}).error, StoreError::kBadVersion);
  EXPECT_TRUE(a->multi({Check{at("x"), StoreVersion(0)}, Check{at("x")}}).ok());
  EXPECT_EQ(a->call(Get{at("no")}).error, StoreError::kNoNode);
  EXPECT_EQ(a->call(Exists{at("no")}).error, StoreError::kNoNode);
  EXPECT_EQ(a->call(Children{at("no")}).error, StoreError::kNoNode);
}

TEST_P(StoreContract, AMultiIsAllOrNothingAndNamesTheCulprit) {
  a->multi({Create{at("x"), "old"}});
  Reply reply = a->multi({SetData{at("x"), "new"}, Create{at("y"), ""}, Check{at("x"), StoreVersion(5)}, Delete{at("x")}});
  EXPECT_EQ(reply.error, StoreError::kBadVersion);
  EXPECT_EQ(reply.failed_op(), 2);
  ASSERT_THAT(reply.results, SizeIs(4));
  for (int i : {0, 1, 3}) EXPECT_EQ(reply.results[static_cast<size_t>(i)].error, StoreError::kRolledBack) << i;
  EXPECT_EQ(a->call(Get{at("x")}).data, "old");
  EXPECT_EQ(a->call(Get{at("x")}).stat.version, StoreVersion(0));
  EXPECT_FALSE(exists(at("y")));
}

TEST_P(StoreContract, OpsOfAMultiSeeTheEffectsOfThoseBeforeThem) {
  Reply reply = a->multi({Create{at("x"), ""}, Create{at("x/y"), ""}, SetData{at("x"), "1", StoreVersion(0)},
                          Check{at("x"), StoreVersion(1)}, Delete{at("x/y")}, Delete{at("x")}, Create{at("x"), "again"}});
  ASSERT_TRUE(reply.ok()) << name_of(reply.error) << " at " << reply.failed_op();
  EXPECT_EQ(reply.results[2].stat.version, StoreVersion(1));
  EXPECT_EQ(a->call(Get{at("x")}).data, "again");
  EXPECT_THAT(a->call(Children{at("x")}).children, IsEmpty());
}

TEST_P(StoreContract, WhatOneMultiWritesBearsOneTransaction) {
  a->multi({Create{at("epoch"), "1"}});
  a->multi({SetData{at("epoch"), "2"}, Create{at("ruler"), "", NodeKind::kEphemeral}});
  Stat ruler = a->call(Get{at("ruler")}).stat;
  EXPECT_EQ(ruler.czxid, a->call(Get{at("epoch")}).stat.mzxid);
  EXPECT_EQ(ruler.ephemeral_owner, session_a);
}

TEST_P(StoreContract, SequenceNumbersGrowAndCountEveryCreationBelowTheParent) {
  a->multi({Create{at("q"), ""}});
  auto next = [&](NodeKind kind) { return a->multi({Create{at("q/n_"), "", kind}}).results[0].created_path; };
  EXPECT_EQ(next(NodeKind::kPersistentSequential), at("q/n_0000000000"));
  EXPECT_EQ(next(NodeKind::kEphemeralSequential), at("q/n_0000000001"));
  a->multi({Create{at("q/plain"), ""}});
  EXPECT_EQ(next(NodeKind::kEphemeralSequential), at("q/n_0000000003"));
  a->multi({Delete{at("q/n_0000000003")}});
  EXPECT_EQ(next(NodeKind::kEphemeralSequential), at("q/n_0000000004"));
  EXPECT_THAT(a->call(Children{at("q")}).children, ElementsAre("n_0000000000", "n_0000000001", "n_0000000004", "plain"));
}

TEST_P(StoreContract, EphemeralsVanishOnClose) {
  a->multi({Create{at("e"), "", NodeKind::kEphemeral}, Create{at("p"), ""}});
  EXPECT_TRUE(exists(at("e")));
  a->store().close();
  EXPECT_TRUE(b->settle([&] { return !exists(at("e")); }));
  EXPECT_TRUE(exists(at("p")));
}

TEST_P(StoreContract, EphemeralsVanishOnExpiryAndTheNextSessionIsAnother) {
  a->multi({Create{at("e"), "", NodeKind::kEphemeral}});
  expire(*a);
  EXPECT_FALSE(exists(at("e")));
  EXPECT_EQ(a->call(Get{root}).error, StoreError::kSessionExpired);
  EXPECT_EQ(a->multi({Create{at("late"), ""}}).error, StoreError::kSessionExpired);
  a->forget();
  EXPECT_NE(a->open(), session_a);
  EXPECT_TRUE(a->multi({Create{at("e"), "", NodeKind::kEphemeral}}).ok());
  EXPECT_FALSE(exists(at("late")));
}

TEST_P(StoreContract, AReconnectionKeepsSessionEphemeralsAndWatches) {
  a->multi({Create{at("e"), "", NodeKind::kEphemeral}, Create{at("x"), ""}});
  a->call(Get{at("x"), true});
  a->cut();
  ASSERT_TRUE(a->wait_for_state(SessionState::kSuspended));
  a->restore();
  ASSERT_TRUE(a->wait_for_state(SessionState::kConnected));
  EXPECT_EQ(a->call(Get{at("e")}).stat.ephemeral_owner, session_a);
  EXPECT_THAT(a->watches(), IsEmpty());
  b->multi({SetData{at("x"), "1"}});
  EXPECT_TRUE(a->settle([&] { return a->watches().size() == 1; }));
}

TEST_P(StoreContract, AChangeWhileCutOffFiresTheWatchAtReconnection) {
  a->multi({Create{at("x"), ""}});
  a->call(Get{at("x"), true});
  a->cut();
  ASSERT_TRUE(a->wait_for_state(SessionState::kSuspended));
  b->multi({SetData{at("x"), "1"}});
  a->restore();
  ASSERT_TRUE(a->settle([&] { return a->watches().size() == 1; }));
  EXPECT_EQ(a->watches()[0].path, at("x"));
}

TEST_P(StoreContract, WatchesAreNotKeptOverTheSession) {
  a->multi({Create{at("x"), ""}});
  a->call(Get{at("x"), true});
  expire(*a);
  a->forget();
  a->open();
  b->multi({SetData{at("x"), "1"}});
  EXPECT_EQ(a->call(Get{at("x")}).data, "1");
  EXPECT_THAT(a->watches(), IsEmpty());
}

TEST_P(StoreContract, AWatchFiresOnceAndBeforeAnyReplyThatShowsTheChange) {
  a->multi({Create{at("x"), "0"}});
  a->call(Get{at("x"), true});
  a->forget();
  b->multi({SetData{at("x"), "1"}});
  EXPECT_EQ(a->call(Get{at("x")}).data, "1");
  auto heard = a->heard();
  ASSERT_THAT(heard, SizeIs(2));
  ASSERT_TRUE(std::holds_alternative<StoreEvent>(heard[0]));
  const auto& fired = std::get<WatchFired>(std::get<StoreEvent>(heard[0]));
  EXPECT_EQ(fired.kind, WatchKind::kChanged);
  EXPECT_EQ(fired.path, at("x"));
  b->multi({SetData{at("x"), "2"}});
  EXPECT_EQ(a->call(Get{at("x")}).data, "2");
  EXPECT_THAT(a->watches(), SizeIs(1));
}

TEST_P(StoreContract, EachKindOfWatchSaysWhatHappened) {
  auto next = [&] {
    EXPECT_TRUE(a->settle([&] { return !a->watches().empty(); }));
    WatchFired fired = a->watches().at(0);
    a->forget();
    return fired;
  };
  a->call(Exists{at("x"), true});
  b->multi({Create{at("x"), ""}});
  EXPECT_EQ(next().kind, WatchKind::kCreated);
  a->call(Children{at("x"), true});
  b->multi({Create{at("x/y"), ""}});
  WatchFired children = next();
  EXPECT_EQ(children.kind, WatchKind::kChildren);
  EXPECT_EQ(children.path, at("x"));
  b->multi({Delete{at("x/y")}});
  a->call(Get{at("x"), true});
  a->call(Children{at("x"), true});
  b->multi({Delete{at("x")}});
  EXPECT_EQ(next().kind, WatchKind::kDeleted);
  a->call(Exists{at("x")});
  EXPECT_THAT(a->watches(), IsEmpty()) << "one session hears of one deletion once";
}

TEST_P(StoreContract, AReadThatFailsSetsNoWatch) {
  a->call(Get{at("x"), true});
  a->call(Children{at("x"), true});
  b->multi({Create{at("x"), ""}});
  EXPECT_TRUE(a->call(Get{at("x")}).ok());
  EXPECT_THAT(a->watches(), IsEmpty());
}

TEST_P(StoreContract, AMultiThatFailsFiresNoWatch) {
  a->multi({Create{at("x"), ""}});
  a->call(Get{at("x"), true});
  a->call(Children{root, true});
  b->multi({SetData{at("x"), "1"}, Create{at("y"), ""}, Check{at("no")}});
  a->call(Get{at("x")});
  EXPECT_THAT(a->watches(), IsEmpty());
}

TEST_P(StoreContract, RepliesComeInTheOrderOfTheCalls) {
  a->multi({Create{at("x"), ""}});
  a->forget();
  std::vector<int> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back(a->send(Multi{{SetData{at("x"), std::to_string(i)}}}));
    expected.push_back(a->send(Get{at("x")}));
    if (i % 10 == 0) expected.push_back(a->send(Multi{{SetData{at("x"), std::string(kRequestBytesMax, 'x')}}}));
    if (i % 7 == 0) expected.push_back(a->send(Multi{}));
  }
  a->wait_for(expected.back());
  std::vector<int> order;
  for (const auto& one : a->heard()) order.push_back(std::get<Client::Answer>(one).call);
  EXPECT_EQ(order, expected);
  EXPECT_EQ(a->call(Get{at("x")}).data, "49");
}

TEST_P(StoreContract, ARequestThatIsTooLargeIsRefusedAndTheSessionGoesOn) {
  a->multi({Create{at("x"), ""}});
  EXPECT_EQ(a->multi({SetData{at("x"), std::string(kRequestBytesMax, 'x')}}).error, StoreError::kTooLarge);
  // The session is as short as the tests need it: a busy machine may lose the connection over a megabyte, but not each time.
  auto accepted = [&] { return a->multi({SetData{at("x"), std::string(kRequestBytesMax - 4096, 'x')}}).ok(); };
  EXPECT_TRUE(support::wait_for(std::chrono::seconds(10), accepted));
  EXPECT_EQ(a->call(Get{at("x")}).data.size(), kRequestBytesMax - 4096);
  EXPECT_TRUE(a->wait_for_state(SessionState::kConnected));
}

TEST_P(StoreContract, CallsUnderWayWhenTheStoreClosesAreAnswered) {
  a->multi({Create{at("x"), ""}});
  std::vector<int> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(a->send(Get{at("x")}));
  a->store().close();
  for (int call : calls) {
    StoreError error = a->wait_for(call).error;
    EXPECT_TRUE(error == StoreError::kOk || error == StoreError::kClosed || error == StoreError::kConnectionLoss) << name_of(error);
  }
  EXPECT_EQ(a->call(Get{at("x")}).error, StoreError::kClosed);
  a->store().close();
}

TEST_P(StoreContract, CallsUnderWayWhenTheConnectionBreaksAreAnswered) {
  a->multi({Create{at("x"), ""}});
  std::vector<int> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(a->send(Multi{{SetData{at("x"), std::to_string(i)}}}));
  a->cut();
  ASSERT_TRUE(a->wait_for_state(SessionState::kSuspended));
  a->restore();
  for (int call : calls) {
    StoreError error = a->wait_for(call).error;
    EXPECT_TRUE(error == StoreError::kOk || error == StoreError::kConnectionLoss) << name_of(error);
  }
  ASSERT_TRUE(a->wait_for_state(SessionState::kConnected));
  EXPECT_TRUE(a->call(Get{at("x")}).ok());
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(Kind{"memory", &memory_backend}, Kind{"zookeeper", [] { return zookeeper_backend(""); }},
                                           Kind{"chroot", [] { return zookeeper_backend("/of/baton"); }}),
                         [](const auto& instance) { return instance.param.name; });

TEST(ZooKeeperChroot, IsCreatedAndHidden) {
  auto inside = zookeeper_backend("/deep/in/here")->client();
  auto outside = zookeeper_backend("")->client();
  inside->open();
  outside->open();
  ASSERT_TRUE(inside->multi({Create{"/x", "hello"}}).ok());
  EXPECT_EQ(outside->call(Get{"/deep/in/here/x"}).data, "hello");
  EXPECT_EQ(inside->call(Children{"/"}).children, std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace baton::store
