// R1, R3, R4, R7, R8 and R9 as interleavings on the controller core.
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

const auto kAll = std::vector<std::vector<BrokerId>>{brokers({1, 2, 3})};

TEST(Death, ProofHandsLeadershipOverWithoutWaiting) {
  World world;
  world.create("t", 1, kAll);
  world.feed(DeathProven{life(1)});
  const PartitionRecord& record = world.partition("t");
  EXPECT_EQ(record.leader, BrokerId(2));
  EXPECT_EQ(record.isr, brokers({2, 3}));
  EXPECT_EQ(record.leader_epoch, LeaderEpoch(1));
  EXPECT_TRUE(record.eligible.empty());
}

TEST(Death, TheTombstoneIsConfirmedBeforeAnyPageIsWritten) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.feed(DeathProven{life(1)});
  ASSERT_EQ(world.pending()->changes.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Tombstone>(world.pending()->changes[0]));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  world.confirm();
  EXPECT_TRUE(std::holds_alternative<PutPage>(world.pending()->changes[0]));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1)) << "proposed is not confirmed";
  world.confirm();
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_TRUE(std::holds_alternative<PutMark>(world.pending()->changes[0])) << "pages, then the mark";
}

TEST(Death, NothingIsPublishedBeforeItsWriteIsConfirmed) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(DeathProven{life(1)});
  world.confirm();
  for (const Publish& publish : world.said<Publish>()) EXPECT_TRUE(publish.partitions.empty());
  world.confirm();
  ASSERT_FALSE(world.said<Publish>().empty());
  EXPECT_EQ(world.said<Publish>().back().partitions.size(), 1u);
}

TEST(Death, SilenceWaitsForTheLeaseCountedFromTheTombstonesConfirmation) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.feed(StreamLost{BrokerId(1), BrokerEpoch(101), world.now_});
  world.pass(ms(999));
  EXPECT_EQ(world.pending(), nullptr);
  world.pass(ms(1));
  ASSERT_NE(world.pending(), nullptr);
  EXPECT_EQ(std::get<Tombstone>(world.pending()->changes[0]).life, Life::kTombstoneSilent);
  world.now_ = world.now_ + ms(500);  // a slow store
  world.confirm();
  world.pass(ms(659));
  EXPECT_EQ(world.pending(), nullptr) << "D plus drift has not passed since the confirmation";
  world.pass(ms(1));
  world.confirm();
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
}

TEST(Death, ProofDuringSilenceEndsTheWait) {
  World world;
  world.create("t", 1, kAll);
  world.feed(StreamLost{BrokerId(1), BrokerEpoch(101), world.now_});
  world.pass(ms(1000));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
}

TEST(Death, ASilentFollowerLeavesTheIsrAtOnce) {
  World world;
  world.create("t", 1, kAll);
  world.feed(StreamLost{BrokerId(3), BrokerEpoch(103), world.now_});
  world.pass(ms(1000));
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2}));
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(0));
}

TEST(Death, AnotherControllersSilentTombstoneCountsFromFirstSight) {
  World world;
  world.create("t", 1, kAll);
  Loaded loaded;
  loaded.topics.push_back(world.controller_.topics().at("t"));
  loaded.pages.push_back({0, {{world.partition("t").key.topic, "t", {world.partition("t")}}}});
  loaded.brokers = {world.seen(1, 1, 0, Life::kTombstoneSilent), world.seen(2, 2, 0), world.seen(3, 3, 0)};
  World next(0);
  next.feed(loaded);
  next.stream(2);
  next.stream(3);
  next.pass(ms(659));
  EXPECT_EQ(next.partition("t").leader, BrokerId(1));
  next.pass(ms(1));
  EXPECT_EQ(next.partition("t").leader, BrokerId(2));
}

// The id of a silent death, started elsewhere before D, must not be marked removed, hence not be ready, before D.
TEST(Death, SilentDeathsIdStartedElsewhereBeforeD) {
  World world;
  world.create("t", 1, {brokers({1, 2, 3})});
  world.feed(StreamLost{BrokerId(3), BrokerEpoch(103), world.now_});
  world.pass(ms(1000));
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2})) << "no page names it any more";
  world.pass(ms(659));
  EXPECT_TRUE(world.controller_.members().due_marks(world.now_, world.controller_.pages().roles()).empty());
  EXPECT_EQ(world.said<Milestone>().back().stage, "pages_confirmed");
  world.pass(ms(1));
  EXPECT_EQ(world.said<Milestone>().back().stage, "removed_confirmed");
}

TEST(Death, AllPendingDeathsAreOneDecision) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.feed(DeathProven{life(1)});
  world.feed(DeathProven{life(2)});
  world.confirm();  // the first tombstone; the second death came meanwhile
  ASSERT_TRUE(std::holds_alternative<Tombstone>(world.pending()->changes[0])) << "the second death goes before the pages of the first";
  world.confirm();
  world.confirm();
  EXPECT_EQ(world.partition("t").isr, brokers({3}));
  EXPECT_EQ(world.partition("t").eligible, brokers({1, 2})) << "both left when the ISR fell below its minimum";
}

TEST(Death, EverybodyKilledLeavesAllEligibleAndTheFirstCleanOneLeads) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  for (int id : {1, 2, 3}) world.feed(DeathProven{life(id)});
  world.confirm_all();
  EXPECT_EQ(world.partition("t").leader, BrokerId());
  EXPECT_TRUE(world.partition("t").isr.empty());
  EXPECT_EQ(world.partition("t").eligible, brokers({1, 2, 3}));
  world.auto_confirm_ = true;
  world.feed(world.seen(3, 13, 3));
  world.stream(3, {world.clean("t")});
  EXPECT_EQ(world.partition("t").leader, BrokerId(3));
  EXPECT_EQ(world.partition("t").isr, brokers({3}));
  EXPECT_FALSE(world.partition("t").unclean);
}

// 1 and 2 killed, 3 loses power: the dirty 3 must not be what is left.
TEST(Death, ADirtyReplicaWaitsForAllOfThemAndTheGreatestLeads) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  for (int id : {1, 2, 3}) world.feed(DeathProven{life(id)});
  world.confirm_all();
  world.auto_confirm_ = true;
  world.feed(world.seen(3, 13, 3));
  world.stream(3, {world.dirty("t", 0, 5)});
  EXPECT_EQ(world.partition("t").leader, BrokerId());
  world.feed(world.seen(2, 12, 2));
  world.stream(2, {world.dirty("t", 0, 9)});
  EXPECT_EQ(world.partition("t").leader, BrokerId());
  world.feed(world.seen(1, 11, 1));
  world.stream(1, {world.dirty("t", 0, 7)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_TRUE(world.partition("t").unclean);
}

TEST(Death, AReplacedDiskIsDirtyAlthoughNothingSaysSo) {
  World world(3, 1);
  world.create("t", 1, {brokers({1})});
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").eligible, brokers({1}));
  world.feed(world.seen(1, 11, 1));
  world.stream(1, {});
  EXPECT_TRUE(world.partition("t").unclean) << "an empty disk leads only as the last of all, and it is recorded";
}

TEST(Death, ABounceIsDeathThenReturn) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(world.seen(1, 11, 1));  // restarted within milliseconds: no death was ever seen
  EXPECT_FALSE(world.controller_.members().ready(BrokerId(1)));
  world.confirm();
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_EQ(world.partition("t").isr, brokers({2, 3}));
  EXPECT_FALSE(world.controller_.members().ready(BrokerId(1))) << "not before the mark is confirmed";
  world.confirm();
  EXPECT_TRUE(world.controller_.members().ready(BrokerId(1)));
}

TEST(Death, ABounceAcrossAChangeOfControllerIsSeen) {
  World world;
  world.create("t", 1, kAll);
  Loaded loaded;
  loaded.topics.push_back(world.controller_.topics().at("t"));
  loaded.pages.push_back({0, {{world.partition("t").key.topic, "t", {world.partition("t")}}}});
  loaded.brokers = {world.seen(1, 11, 1), world.seen(2, 2, 0), world.seen(3, 3, 0)};
  World next(0);
  next.feed(loaded);
  for (int id : {1, 2, 3}) next.stream(id);
  EXPECT_EQ(next.partition("t").isr, brokers({2, 3}));
  EXPECT_EQ(next.partition("t").leader, BrokerId(2));
  EXPECT_TRUE(next.controller_.members().ready(BrokerId(1)));
}

TEST(Death, ControllerThatHearsNobodyResignsInsteadOfBuryingThem) {
  World world;
  world.create("t", 1, kAll);
  world.feed(StreamLost{BrokerId(2), BrokerEpoch(102), world.now_});
  world.feed(StreamLost{BrokerId(3), BrokerEpoch(103), world.now_});
  world.forget();
  world.pass(ms(1000));
  EXPECT_EQ(world.said<Resign>().size(), 1u);
  EXPECT_TRUE(world.said<Milestone>().empty());
}

// A controller of three that last heard of the others a whole time-out ago.
class CutOffController : public testing::Test {
 protected:
  CutOffController() {
    world.create("t", 1, kAll);
    last_heard = world.now_;
    world.pass(ms(1000));
    world.forget();
  }
  StreamLost lost(int id) const { return {BrokerId(id), BrokerEpoch(100 + id), last_heard}; }
  bool resigned_without_a_burial() const { return world.said<Resign>().size() == 1 && world.said<Milestone>().empty(); }

  World world;
  Instant last_heard;
};

// The one whose time runs out first is not buried before the other is missed.
TEST_F(CutOffController, ThatHearsLittleOfTheOthersResignsInsteadOfBuryingTheFirst) {
  world.feed(Hearing{{lost(2)}, {BrokerId(3)}});
  EXPECT_TRUE(resigned_without_a_burial());
}

TEST_F(CutOffController, TakesAllThatFellSilentForOneDecision) {
  world.feed(Hearing{{lost(2), lost(3)}, {}});
  EXPECT_TRUE(resigned_without_a_burial());
}

// The one that is silent alone is buried, and one that was quiet for a while is heard again.
TEST_F(CutOffController, CountsWhoIsHeardAgain) {
  world.feed(Hearing{{}, {BrokerId(3)}});
  EXPECT_TRUE(world.said<Resign>().empty()) << "nobody is silent";
  world.feed(Hearing{{}, {}});
  world.feed(Hearing{{lost(2)}, {}});
  EXPECT_TRUE(world.said<Resign>().empty());
  EXPECT_FALSE(world.controller_.members().live(BrokerId(2)));
}

TEST(Death, ASessionThatIsGoneIsSilenceEvenInATwoBrokerCluster) {
  World world(2, 1);
  world.create("t", 1, {brokers({2, 1})});
  world.feed(StreamLost{BrokerId(2), BrokerEpoch(102), world.now_});
  BrokerSeen gone{*world.controller_.members().registration(BrokerId(2)), false};
  world.feed(gone);
  world.pass(ms(100));
  world.pass(ms(660));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
}

// "Stopped at leader epoch 0, end offset 100", and who holds that much.
OwnWord word_of(World& world, std::vector<int> caught_up, int64_t end = 100) {
  OwnWord::Stopped stopped{world.partition("t").key, LeaderEpoch(0), end, {}};
  for (int id : caught_up) stopped.caught_up.push_back({BrokerId(id), BrokerEpoch(100 + id)});
  return {BrokerId(1), BrokerEpoch(101), {stopped}};
}

TEST(OwnWord, IsAnsweredWithTheNextEpochForWhoHasCaughtUp) {
  World world;
  world.create("t", 1, kAll);
  world.feed(word_of(world, {3}));
  EXPECT_EQ(world.partition("t").leader, BrokerId(3));
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2, 3}));
}

TEST(OwnWord, WaitsForASuccessorToCatchUp) {
  World world;
  world.create("t", 1, kAll);
  world.feed(word_of(world, {}));
  world.pass(ms(1999));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1)) << "serves its followers meanwhile";
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(0));
  world.feed(word_of(world, {2}));
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
}

TEST(OwnWord, WhatAFormerIncarnationHeldCountsForNothing) {
  World world;
  world.create("t", 1, kAll);
  OwnWord word = word_of(world, {2});
  word.partitions[0].caught_up[0].epoch = BrokerEpoch(7);
  world.feed(word);
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
}

TEST(OwnWord, ComesBackUnderTheNextEpochWhenNobodyCatchesUp) {
  World world;
  world.create("t", 1, kAll);
  world.feed(LeavingRequested{77, BrokerId(1), BrokerEpoch(101)});
  world.feed(word_of(world, {}));
  world.pass(ms(2000));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1)) << "on its way out, but nobody else holds what it holds";
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
}

TEST(OwnWord, OfOneThatDiesMeanwhileIsAnsweredByItsDeath) {
  World world;
  world.create("t", 1, kAll);
  world.feed(word_of(world, {}));
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
}

TEST(OwnWord, OfOneThatNeverLedIsAnsweredAtOnce) {
  World world;
  world.create("t", 1, kAll);
  world.feed(word_of(world, {}, 0));
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
}

TEST(OwnWord, GoesBackToTheOnlyReplicaUnderTheNextEpoch) {
  World world(3, 1);
  world.create("t", 1, {brokers({1})});
  world.feed(word_of(world, {}));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
}

TEST(OwnWord, OfTheOnlyReplicaOnItsWayOutLeavesNobody) {
  World world(3, 1);
  world.create("t", 1, {brokers({1})});
  world.feed(LeavingRequested{77, BrokerId(1), BrokerEpoch(101)});
  world.feed(word_of(world, {}));
  EXPECT_EQ(world.partition("t").leader, BrokerId());
  EXPECT_EQ(world.partition("t").isr, brokers({1})) << "it leads again when it returns";
}

// A replica lives that has only not caught up yet: it is waited for, and then the one that leaves goes on for a while (R4.4).
TEST(OwnWord, OfALoneMemberOnItsWayOutWaitsForAReplicaThatMayYetEnter) {
  World world(3, 1);
  world.create("t", 1, {brokers({1, 2})});
  world.feed(world.isr_request("t", 1, {1}));
  world.feed(LeavingRequested{77, BrokerId(1), BrokerEpoch(101)});
  world.feed(word_of(world, {}));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1));
  world.feed(world.isr_request("t", 1, {1, 2}));
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2})) << "it may enter meanwhile";
  world.pass(ms(2000));
  EXPECT_EQ(world.partition("t").leader, BrokerId(1)) << "under the next epoch, in which it serves and hands over again";
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
}

TEST(OwnWord, OfAFormerEpochIsIgnored) {
  World world;
  world.create("t", 1, kAll);
  world.feed(word_of(world, {2}));
  world.feed(word_of(world, {3}));
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_EQ(world.partition("t").leader_epoch, LeaderEpoch(1));
}

TEST(Leaving, ABrokerOnItsWayOutIsNotElected) {
  World world;
  world.create("t", 1, kAll);
  world.feed(LeavingRequested{77, BrokerId(2), BrokerEpoch(102)});
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(3));
}

// A whole cluster that is stopped at once must not wait for successors that are leaving themselves.
TEST(Leaving, OnlyWhatSomebodyCanTakeOverIsWaitedFor) {
  World world;
  world.create("t", 1, kAll);
  auto remaining = [&](int id) {
    world.feed(LeavingRequested{77, BrokerId(id), BrokerEpoch(100 + id)});
    return std::get<Leaving>(world.said<Reply>().back().answer).still_led;
  };
  EXPECT_EQ(remaining(2), 0);
  EXPECT_EQ(remaining(1), 1);
  EXPECT_EQ(remaining(3), 0);
  EXPECT_EQ(remaining(1), 0);
}

}  // namespace
}  // namespace baton::decision
