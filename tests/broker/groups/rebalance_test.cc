#include "tests/broker/groups/scene.h"

namespace baton::groups {
namespace {

TEST(Joining, ANewMemberIsToldItsIdAndAsksAgainWithIt) {
  Scene scene;
  const Ticket first = scene.send_join("ann", {});
  ASSERT_NE(scene.joined(first), nullptr);
  EXPECT_EQ(scene.joined(first)->error, ErrorCode::kMemberIdRequired);
  const std::string id = scene.joined(first)->member_id;
  EXPECT_TRUE(id.starts_with("ann-")) << id;
  scene.ids["ann"] = id;
  const JoinReply& reply = scene.got_in("ann", scene.send_join("ann", {}));
  EXPECT_EQ(reply.member_id, id);
  EXPECT_EQ(reply.generation, 1);
  EXPECT_EQ(reply.leader, id);
  EXPECT_EQ(reply.protocol_name, "range");
  ASSERT_EQ(reply.members.size(), 1u);
  EXPECT_EQ(reply.members[0].metadata, "topics");
}

TEST(Joining, AnOldClientIsInWithItsFirstRequest) {
  Scene scene;
  EXPECT_EQ(scene.got_in("ann", scene.send_join("ann", {.id_required = false})).generation, 1);
}

TEST(Joining, AnIdThatWasNeverGivenIsUnknown) {
  Scene scene;
  scene.ids["eve"] = "eve-made-up";
  EXPECT_EQ(scene.joined(scene.send_join("eve", {}))->error, ErrorCode::kUnknownMemberId);
  scene.stable({"ann"});
  EXPECT_EQ(scene.joined(scene.send_join("eve", {}))->error, ErrorCode::kUnknownMemberId);
}

TEST(Joining, WhatCannotBeIsRefused) {
  Scene scene;
  JoinRequest request{.group = "g", .session_timeout_ms = 10'000, .protocol_type = "consumer", .protocols = {{"range", ""}}};
  const auto error_of = [&](const JoinRequest& bad) {
    const Ticket ticket = scene.ticket();
    scene.take(scene.coordinator->join(ticket, bad, scene.now()));
    return scene.joined(ticket)->error;
  };
  auto bad = request;
  bad.group = "";
  EXPECT_EQ(error_of(bad), ErrorCode::kInvalidGroupId);
  bad = request;
  bad.session_timeout_ms = 5'999;
  EXPECT_EQ(error_of(bad), ErrorCode::kInvalidSessionTimeout);
  bad = request;
  bad.protocols.clear();
  EXPECT_EQ(error_of(bad), ErrorCode::kInconsistentGroupProtocol);
  bad = request;
  bad.client_id = std::string(40'000, 'x');
  EXPECT_EQ(error_of(bad), ErrorCode::kInvalidRequest);
  EXPECT_EQ(scene.coordinator->list()->size(), 0u);
  scene.stable({"ann"});
  bad = request;
  bad.protocol_type = "connect";
  EXPECT_EQ(error_of(bad), ErrorCode::kInconsistentGroupProtocol);
  bad = request;
  bad.protocols = {{"sticky", ""}};
  EXPECT_EQ(error_of(bad), ErrorCode::kInconsistentGroupProtocol);
}

TEST(Joining, AFullGroupTakesNobodyMore) {
  Scene scene({.initial_rebalance_delay_ms = 0, .members_max = 1});
  scene.stable({"ann"});
  EXPECT_EQ(scene.joined(scene.send_join("bob", {}))->error, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(scene.heartbeat("ann"), ErrorCode::kNone);
}

TEST(Joining, TheFirstGenerationWaitsForMoreMembersAsLongAsTheyCome) {
  Scene scene({.initial_rebalance_delay_ms = 3'000});
  const Ticket ann = scene.join("ann");
  scene.advance(2'000);
  const Ticket bob = scene.join("bob");
  scene.advance(1'000);
  EXPECT_EQ(scene.joined(ann), nullptr) << "bob came in, so the delay starts again";
  scene.advance(3'000);
  EXPECT_EQ(scene.got_in("ann", ann).members.size(), 2u);
  EXPECT_EQ(scene.got_in("bob", bob).generation, 1);
}

TEST(Joining, TheProtocolThatMostPreferOfThoseAllKnowIsChosen) {
  Scene scene({.initial_rebalance_delay_ms = 1'000});
  scene.join("ann", {.protocols = {{"only-ann", ""}, {"sticky", "a"}, {"range", "a"}}});
  scene.join("bob", {.protocols = {{"range", "b"}, {"sticky", "b"}}});
  const Ticket cal = scene.join("cal", {.protocols = {{"sticky", "c"}, {"range", "c"}}});
  scene.advance(2'000);
  EXPECT_EQ(scene.got_in("cal", cal).protocol_name, "sticky");
}

TEST(Syncing, EachGetsItsPartOnceTheAssignmentIsStored) {
  Scene scene({.initial_rebalance_delay_ms = 1'000});
  const Ticket ann = scene.join("ann");
  const Ticket bob = scene.join("bob");
  scene.advance(2'000);
  const bool ann_leads = scene.got_in("ann", ann).leader == scene.ids["ann"];
  scene.got_in("bob", bob);
  const std::string leader = ann_leads ? "ann" : "bob";
  const std::string other = ann_leads ? "bob" : "ann";
  const Ticket other_sync = scene.sync(other);
  EXPECT_EQ(scene.synced(other_sync), nullptr);
  const Ticket leader_sync = scene.sync(leader, {{"ann", "p0"}, {"bob", "p1"}});
  EXPECT_EQ(scene.synced(leader_sync), nullptr) << "told before it was stored";
  EXPECT_EQ(scene.state(), GroupState::kCompletingRebalance);
  scene.confirm();
  EXPECT_EQ(scene.synced(leader_sync)->assignment, ann_leads ? "p0" : "p1");
  EXPECT_EQ(scene.synced(other_sync)->assignment, ann_leads ? "p1" : "p0");
  EXPECT_EQ(scene.synced(other_sync)->protocol_name, "range");
  EXPECT_EQ(scene.state(), GroupState::kStable);
}

TEST(Syncing, AnAssignmentThatCouldNotBeStoredIsRefusedAndTheGroupRebalances) {
  Scene scene;
  scene.got_in("ann", scene.join("ann"));
  const Ticket sync = scene.sync("ann", {{"ann", "p0"}});
  scene.confirm(ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(scene.synced(sync)->error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(scene.state(), GroupState::kPreparingRebalance);
  EXPECT_EQ(scene.got_in("ann", scene.join("ann")).generation, 2);
}

TEST(Syncing, AnAssignmentOfTheLastGenerationComesTooLate) {
  Scene scene;
  scene.got_in("ann", scene.join("ann"));
  const Ticket stale = scene.sync("ann", {{"ann", "p0"}});
  scene.join("bob");
  EXPECT_EQ(scene.synced(stale)->error, ErrorCode::kRebalanceInProgress);
  scene.confirm();
  EXPECT_EQ(scene.state(), GroupState::kPreparingRebalance);
}

TEST(Syncing, WhoIsNotOfThisGenerationIsTold) {
  Scene scene;
  scene.stable({"ann"});
  ++scene.generations["ann"];
  EXPECT_EQ(scene.synced(scene.sync("ann"))->error, ErrorCode::kIllegalGeneration);
  scene.ids["eve"] = "eve-1";
  EXPECT_EQ(scene.synced(scene.sync("eve"))->error, ErrorCode::kUnknownMemberId);
}

TEST(Syncing, AMemberThatNeverAsksForItsAssignmentIsRemoved) {
  Scene scene({.initial_rebalance_delay_ms = 1'000});
  const Scene::Options patient{.session_ms = 120'000, .rebalance_ms = 5'000};
  const Ticket ann = scene.join("ann", patient);
  const Ticket bob = scene.join("bob", patient);
  scene.advance(2'000);
  const bool ann_leads = scene.got_in("ann", ann).leader == scene.ids["ann"];
  scene.got_in("bob", bob);
  const std::string leader = ann_leads ? "ann" : "bob";
  scene.sync(leader, {{"ann", "p0"}, {"bob", "p1"}});
  scene.confirm();
  EXPECT_EQ(scene.state(), GroupState::kStable);
  scene.advance(5'000);
  EXPECT_EQ(scene.state(), GroupState::kPreparingRebalance);
  EXPECT_EQ(scene.got_in(leader, scene.join(leader, patient)).members.size(), 1u);
}

TEST(Rebalancing, AThirdMemberBringsTheOthersBack) {
  Scene scene;
  scene.stable({"ann", "bob"});
  const Ticket cal = scene.join("cal");
  EXPECT_EQ(scene.heartbeat("ann"), ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(scene.synced(scene.sync("ann"))->error, ErrorCode::kRebalanceInProgress);
  const Ticket ann = scene.join("ann");
  EXPECT_EQ(scene.joined(ann), nullptr);
  const Ticket bob = scene.join("bob");
  EXPECT_EQ(scene.got_in("ann", ann).generation, scene.got_in("cal", cal).generation);
  EXPECT_EQ(scene.got_in("bob", bob).generation, scene.generations["cal"]);
  const size_t told = scene.joined(ann)->members.size() + scene.joined(bob)->members.size() + scene.joined(cal)->members.size();
  EXPECT_EQ(told, 3u) << "the leader alone is told of all members";
}

TEST(Rebalancing, AMemberThatDoesNotComeBackInTimeIsOut) {
  Scene scene;
  scene.stable({"ann", "bob"});
  const Ticket ann = scene.join("ann", {.protocols = {{"range", "other topics"}}});
  for (int i = 0; i < 12; ++i) {
    scene.advance(5'000);
    EXPECT_EQ(scene.heartbeat("bob"), i < 11 ? ErrorCode::kRebalanceInProgress : ErrorCode::kUnknownMemberId);
  }
  EXPECT_EQ(scene.got_in("ann", ann).members.size(), 1u);
}

TEST(Rebalancing, AFollowerThatAsksAgainWithoutChangeGetsTheSameGeneration) {
  Scene scene;
  scene.stable({"ann", "bob"});
  const int32_t generation = scene.generations["ann"];
  for (const std::string who : {"ann", "bob"}) {
    const Ticket again = scene.join(who);
    if (scene.joined(again) == nullptr) {
      EXPECT_EQ(scene.state(), GroupState::kPreparingRebalance) << "only the leader's asking rebalances";
      return;
    }
    EXPECT_EQ(scene.joined(again)->generation, generation);
    EXPECT_TRUE(scene.joined(again)->members.empty());
  }
  FAIL() << "the leader did not bring a rebalance about";
}

TEST(Sessions, AMemberLivesByItsHeartbeatsAndDiesWithoutThem) {
  Scene scene;
  scene.stable({"ann", "bob"});
  for (int i = 0; i < 3; ++i) {
    scene.advance(4'000);
    EXPECT_EQ(scene.heartbeat("ann"), i < 2 ? ErrorCode::kNone : ErrorCode::kRebalanceInProgress) << i;
  }
  EXPECT_EQ(scene.heartbeat("bob"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(scene.got_in("ann", scene.join("ann")).members.size(), 1u);
}

TEST(Sessions, AGroupWhoseLastMemberDiesIsEmptyAndThatIsStored) {
  Scene scene;
  scene.stable({"ann"});
  scene.advance(80'000);
  EXPECT_EQ(scene.state(), GroupState::kEmpty);
  scene.confirm();
  scene.fail_over();
  EXPECT_EQ(scene.state(), GroupState::kEmpty);
  EXPECT_TRUE(scene.coordinator->describe("g")->members.empty());
}

TEST(Sessions, AnIdThatNobodyUsesHoldsARebalanceUpForOneSessionOnly) {
  Scene scene;
  scene.stable({"ann"});
  scene.send_join("ghost", {});
  const Ticket bob = scene.join("bob");
  const Ticket ann = scene.join("ann");
  EXPECT_EQ(scene.joined(ann), nullptr) << "the ghost may still come";
  scene.advance(10'001);
  EXPECT_EQ(scene.got_in("ann", ann).generation, scene.got_in("bob", bob).generation);
}

TEST(Sessions, AMemberThatWaitsForARebalanceDoesNotExpire) {
  Scene scene;
  scene.stable({"ann", "bob"});
  const Ticket cal = scene.join("cal", {.session_ms = 6'000});
  const Ticket ann = scene.join("ann", {.session_ms = 6'000});
  for (int i = 0; i < 6; ++i) {
    scene.advance(8'000);
    EXPECT_EQ(scene.heartbeat("bob"), ErrorCode::kRebalanceInProgress);
  }
  const Ticket bob = scene.join("bob");
  EXPECT_EQ(scene.got_in("ann", ann).generation, scene.got_in("bob", bob).generation);
  scene.got_in("cal", cal);
}

TEST(Leaving, TheOthersRebalanceAtOnce) {
  Scene scene;
  scene.stable({"ann", "bob"});
  EXPECT_EQ(scene.leave("bob"), ErrorCode::kNone);
  EXPECT_EQ(scene.leave("bob"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(scene.heartbeat("ann"), ErrorCode::kRebalanceInProgress);
  const JoinReply& reply = scene.got_in("ann", scene.join("ann"));
  EXPECT_EQ(reply.members.size(), 1u);
  EXPECT_EQ(reply.leader, scene.ids["ann"]);
}

TEST(Resigning, AllThatWaitAreSentToTheNewCoordinator) {
  Scene scene;
  scene.stable({"ann", "bob"});
  const Ticket cal = scene.join("cal");
  const Ticket commit = scene.commit({"other", -1, "", {}}, {{{"t", 0}, 5}});
  scene.take(scene.coordinator->resign());
  EXPECT_EQ(scene.joined(cal)->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(scene.committed(commit)->errors.at(0), ErrorCode::kNotCoordinator);
}

}  // namespace
}  // namespace baton::groups
