// Each planted fault must break what the suites next door hold the controller to; a check that cannot fail proves nothing. Every
// test runs twice, sound and planted, and says what the same events come to.
#include "base/mutants.h"
#include "controller/decision/kill_grants.h"
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

const auto kAll = std::vector<std::vector<BrokerId>>{brokers({1, 2, 3})};

class DecisionMutants : public ::testing::TestWithParam<bool> {
 protected:
  ~DecisionMutants() override { clear_mutants(); }
  void maybe(Mutant mutant) {
    if (planted()) plant(mutant);
  }
  bool planted() const { return GetParam(); }
};

bool partitions_told(const World& world) {
  bool told = false;
  for (const Publish& publish : world.said<Publish>()) told |= !publish.partitions.empty();
  return told;
}

TEST_P(DecisionMutants, DecisionSentBeforeConfirmed) {
  maybe(Mutant::decision_sent_before_confirmed);
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(DeathProven{life(1)});
  world.confirm();
  ASSERT_TRUE(std::holds_alternative<PutPage>(world.pending()->changes[0]));
  EXPECT_EQ(partitions_told(world), planted()) << "the page is not stored yet";
}

TEST_P(DecisionMutants, PagesBeforeRemovalConfirmed) {
  maybe(Mutant::pages_before_removal_confirmed);
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.feed(DeathProven{life(1)});
  ASSERT_EQ(world.pending()->changes.size(), 1u);
  EXPECT_EQ(std::holds_alternative<PutPage>(world.pending()->changes[0]), planted());
}

// R8: the expansion's outcome is open, the added member bounces, and the leader asks again. Refused now, it would count on the
// former ISR alone, while the page already has the new one.
TEST_P(DecisionMutants, RefusalWhileWriteUnresolved) {
  maybe(Mutant::refusal_while_write_unresolved);
  World world;
  world.create("t", 1, kAll);
  world.feed(world.isr_request("t", 1, {1, 2}));
  world.by_hand();
  world.forget();
  IsrRequested expansion = world.isr_request("t", 1, {1, 2, 3});
  world.feed(expansion);
  world.feed(world.seen(3, 13, 3));
  ++expansion.request;
  world.feed(expansion);
  EXPECT_EQ(!world.said<Reply>().empty(), planted());
  world.confirm();
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2, 3}));
}

// Everybody is killed, in good health: whoever is back first may lead, if it is remembered that it may.
TEST_P(DecisionMutants, EligibleSetDropped) {
  maybe(Mutant::eligible_set_dropped);
  World world;
  world.create("t", 1, kAll);
  for (int id : {1, 2, 3}) world.feed(DeathProven{life(id)});
  for (int id : {1, 2, 3}) {
    world.feed(world.seen(id, 10 + id, id));
    world.stream(id, {world.clean("t")});
  }
  EXPECT_EQ(world.partition("t").leader == BrokerId(), planted()) << "nobody is left to lead, although nothing was lost";
}

// 2 left below a minimum of two; a minimum of one lets 1 commit alone, so 2 is no heir any more.
TEST_P(DecisionMutants, EligibleKeptByLowerMinimum) {
  maybe(Mutant::eligible_kept_by_lower_minimum);
  World world;
  world.create("t", 1, kAll);
  for (int id : {3, 2}) world.feed(DeathProven{life(id)});
  world.feed(ConfigsRequested{90, {{{ConfigResource::kTopic, "t"}, false, {{"min.insync.replicas", ConfigOp::Kind::kSet, "1"}}}}, false});
  world.feed(DeathProven{life(1)});
  world.feed(world.seen(2, 12, 2));
  world.stream(2, {world.clean("t")});
  EXPECT_EQ(world.partition("t").leader == BrokerId(2), planted());
}

// 1 and 2 are killed and 3 loses power, all before the first tombstone is confirmed: the dirty 3 must not be what is left.
TEST_P(DecisionMutants, DeathsOneByOne) {
  maybe(Mutant::deaths_one_by_one);
  World world(3, 1);
  world.create("t", 1, kAll);
  world.by_hand();
  for (int id : {1, 2, 3}) world.feed(DeathProven{life(id)});
  world.confirm_all();
  EXPECT_EQ(world.partition("t").eligible == brokers({1, 2, 3}), !planted()) << "whoever is buried last is all that is remembered";
}

TEST_P(DecisionMutants, IsrMemberEpochUnchecked) {
  maybe(Mutant::isr_member_epoch_unchecked);
  World world;
  world.create("t", 1, kAll);
  IsrRequested request = world.isr_request("t", 1, {1, 2, 3});
  world.feed(world.seen(3, 13, 3));
  EXPECT_EQ(world.partition("t").isr, brokers({1, 2}));
  request.changes[0].partition_epoch = world.partition("t").partition_epoch;
  world.feed(request);
  EXPECT_EQ(contains(world.partition("t").isr, BrokerId(3)), planted()) << "its former life fetched that, not this one";
}

TEST_P(DecisionMutants, MarkBeforeLeaseEnd) {
  maybe(Mutant::mark_before_lease_end);
  World world;
  world.create("t", 1, kAll);
  world.feed(StreamLost{BrokerId(3), BrokerEpoch(103), world.now_});
  world.pass(ms(1000));
  world.pass(ms(659));
  EXPECT_EQ(world.said<Milestone>().back().stage == "removed_confirmed", planted()) << "its lease may run for another millisecond";
}

TEST_P(DecisionMutants, NoWaitForSilentLeader) {
  maybe(Mutant::no_wait_for_silent_leader);
  World world;
  world.create("t", 1, kAll);
  world.feed(StreamLost{BrokerId(1), BrokerEpoch(101), world.now_});
  world.pass(ms(1000));
  world.pass(ms(659));
  EXPECT_EQ(world.partition("t").leader != BrokerId(1), planted());
}

TEST_P(DecisionMutants, BounceUnseen) {
  maybe(Mutant::bounce_unseen);
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.feed(world.seen(1, 11, 1));
  EXPECT_EQ(world.controller_.members().ready(BrokerId(1)), planted());
  EXPECT_EQ(world.pending() == nullptr, planted()) << "its former life is still to be taken out of the pages";
}

// R6: the controller lets one supervisor kill at a time.
TEST_P(DecisionMutants, KillsAtOnce) {
  maybe(Mutant::kills_at_once);
  const Instant now{1'000'000'000'000};
  KillGrants grants({}, Instant{});
  const auto ask = [&](int id) { return grants.ask(now, {BrokerId(id), life(id)}, {.registered = true}).granted; };
  EXPECT_TRUE(ask(1));
  EXPECT_EQ(ask(2), planted());
}

TEST_P(DecisionMutants, LastMemberKilled) {
  maybe(Mutant::last_member_killed);
  PartitionRecord record;
  record.isr = brokers({1, 2});
  EXPECT_EQ(last_that_could_lead(record, BrokerId(1), [](BrokerId id) { return id == BrokerId(1); }), !planted());
}

// A message of 1 comes late, from before its restart.
TEST_P(DecisionMutants, BrokerEpochIgnored) {
  maybe(Mutant::broker_epoch_ignored);
  World world;
  world.create("t", 1, kAll);
  const OwnWord late{BrokerId(1), BrokerEpoch(101), {{world.partition("t").key, LeaderEpoch(2), 7, {{BrokerId(3), BrokerEpoch(103)}}}}};
  world.feed(world.seen(1, 11, 1));
  world.stream(1, {world.clean("t")});
  world.feed(world.isr_request("t", 2, {1, 2, 3}));
  world.feed(DeathProven{life(2)});
  ASSERT_EQ(world.partition("t").leader, BrokerId(1));
  ASSERT_EQ(world.partition("t").leader_epoch, LeaderEpoch(2));
  world.feed(late);
  EXPECT_EQ(world.partition("t").leader == BrokerId(3), planted()) << "its former life can not have led epoch 2";
}

TEST_P(DecisionMutants, FencedByWhoIsBehind) {
  maybe(Mutant::fenced_by_who_is_behind);
  World world;
  world.create("t", 1, kAll);
  IsrRequested ahead = world.isr_request("t", 1, {1});
  ahead.changes[0].leader_epoch = LeaderEpoch(5);
  world.feed(ahead);
  const ErrorCode answer = std::get<std::vector<IsrOutcome>>(world.said<Reply>().back().answer).at(0).error;
  EXPECT_EQ(answer == ErrorCode::kFencedLeaderEpoch, planted());
}

TEST_P(DecisionMutants, MoveWithoutWord) {
  maybe(Mutant::move_without_word);
  World world;
  world.create("t", 1, kAll);
  world.feed(MoveRequested{90, MoveRequested::Kind::kNamed, {{"t", 0}}, false, BrokerId(3), {}});
  EXPECT_EQ(world.partition("t").leader == BrokerId(3), planted()) << "1 has not said that it stopped";
}

TEST_P(DecisionMutants, LeaderEpochKept) {
  maybe(Mutant::leader_epoch_kept);
  World world;
  world.create("t", 1, kAll);
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  EXPECT_EQ(world.partition("t").leader_epoch == LeaderEpoch(0), planted());
}

TEST_P(DecisionMutants, BuriesWhenCutOff) {
  maybe(Mutant::buries_when_cut_off);
  World world;
  world.create("t", 1, kAll);
  for (int id : {2, 3}) world.feed(StreamLost{BrokerId(id), BrokerEpoch(100 + id), world.now_});
  world.pass(ms(1000));
  EXPECT_EQ(world.said<Resign>().empty(), planted());
  EXPECT_EQ(world.partition("t").isr == brokers({1}), planted()) << "everybody but itself";
}

TEST_P(DecisionMutants, RemovedBeforeAddedAreIn) {
  maybe(Mutant::removed_before_added_are_in);
  World world(6);
  world.create("t", 1, kAll);
  world.feed(ReassignRequested{90, {{{"t", 0}, brokers({1, 2, 4}), false}}});
  EXPECT_EQ(world.partition("t").isr.size() == 2, planted()) << "4 holds nothing yet";
}

INSTANTIATE_TEST_SUITE_P(PlantedOrNot, DecisionMutants, ::testing::Bool(),
                         [](const auto& run) { return run.param ? std::string("planted") : std::string("sound"); });

}  // namespace
}  // namespace baton::decision
