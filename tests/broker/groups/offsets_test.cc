#include "tests/broker/groups/scene.h"

namespace baton::groups {
namespace {

const MemberIdentity kNobody{"g", -1, "", {}};

TEST(Committing, IsAnsweredAndSeenOnlyOnceStored) {
  Scene scene;
  scene.stable({"ann"});
  const Ticket commit = scene.commit(scene.identity("ann"), {{{"t", 0}, 7, 3, "note"}});
  EXPECT_EQ(scene.committed(commit), nullptr);
  EXPECT_EQ(scene.offset_of("t", 0), -1);
  scene.confirm();
  EXPECT_EQ(scene.committed(commit)->errors.at(0), ErrorCode::kNone);
  const CommittedOffset stored = scene.coordinator->offsets_of("g")->at({"t", 0});
  EXPECT_EQ(stored.offset, 7);
  EXPECT_EQ(stored.leader_epoch, 3);
  EXPECT_EQ(stored.metadata, "note");
}

TEST(Committing, SurvivesTheCoordinator) {
  Scene scene;
  scene.stable({"ann"});
  scene.commit(scene.identity("ann"), {{{"t", 0}, 7}, {{"t", 1}, 8}});
  scene.confirm();
  scene.commit(scene.identity("ann"), {{{"t", 1}, 9}});
  scene.confirm();
  scene.fail_over();
  EXPECT_EQ(scene.offset_of("t", 0), 7);
  EXPECT_EQ(scene.offset_of("t", 1), 9);
  EXPECT_EQ(scene.heartbeat("ann"), ErrorCode::kNone) << "the group goes on as it was";
  EXPECT_EQ(scene.state(), GroupState::kStable);
}

TEST(Committing, WhatWasNotStoredIsRefusedWithWhatTheClientCanDo) {
  const std::map<ErrorCode, ErrorCode> told{{ErrorCode::kNotEnoughReplicas, ErrorCode::kCoordinatorNotAvailable},
                                            {ErrorCode::kRequestTimedOut, ErrorCode::kCoordinatorNotAvailable},
                                            {ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotCoordinator},
                                            {ErrorCode::kMessageTooLarge, ErrorCode::kInvalidCommitOffsetSize}};
  for (const auto& [failure, answer] : told) {
    Scene scene;
    const Ticket commit = scene.commit(kNobody, {{{"t", 0}, 1}});
    scene.confirm(failure);
    EXPECT_EQ(scene.committed(commit)->errors.at(0), answer);
    EXPECT_EQ(scene.offset_of("t", 0), -1);
  }
}

TEST(Committing, WithoutAGroupIsForGroupsWithoutMembers) {
  Scene scene;
  scene.commit(kNobody, {{{"t", 0}, 5}});
  scene.confirm();
  EXPECT_EQ(scene.offset_of("t", 0), 5);
  scene.stable({"ann"});
  const Ticket refused = scene.commit(kNobody, {{{"t", 0}, 6}});
  EXPECT_EQ(scene.committed(refused)->errors.at(0), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(scene.offset_of("t", 0), 5);
}

TEST(Committing, AsWhoOneIsNotIsRefused) {
  Scene scene;
  EXPECT_EQ(scene.committed(scene.commit({"none", 3, "x", {}}, {{{"t", 0}, 1}}))->errors.at(0), ErrorCode::kIllegalGeneration);
  scene.stable({"ann"});
  MemberIdentity stale = scene.identity("ann");
  --stale.generation;
  EXPECT_EQ(scene.committed(scene.commit(stale, {{{"t", 0}, 1}}))->errors.at(0), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(scene.committed(scene.commit({"g", 1, "x", {}}, {{{"t", 0}, 1}}))->errors.at(0), ErrorCode::kUnknownMemberId);
}

TEST(Committing, BeforeARebalanceIsRightAndBeforeOnesAssignmentIsWrong) {
  Scene scene;
  scene.stable({"ann"});
  const Ticket bob = scene.join("bob");
  const Ticket during = scene.commit(scene.identity("ann"), {{{"t", 0}, 4}});
  scene.confirm();
  EXPECT_EQ(scene.committed(during)->errors.at(0), ErrorCode::kNone) << "what was done under the last assignment still counts";
  scene.got_in("ann", scene.join("ann"));
  scene.got_in("bob", bob);
  EXPECT_EQ(scene.committed(scene.commit(scene.identity("ann"), {{{"t", 0}, 5}}))->errors.at(0), ErrorCode::kRebalanceInProgress);
}

TEST(Committing, OneBadPartitionDoesNotSpoilTheOthers) {
  Scene scene;
  const Ticket commit = scene.commit(kNobody, {{{"t", 0}, 1, -1, std::string(5'000, 'x')}, {{"t", 1}, 2}, {{"", 1}, 2}});
  scene.confirm();
  EXPECT_EQ(scene.committed(commit)->errors,
            (std::vector<ErrorCode>{ErrorCode::kOffsetMetadataTooLarge, ErrorCode::kNone, ErrorCode::kUnknownTopicOrPartition}));
  EXPECT_EQ(scene.offset_of("t", 1), 2);
}

TEST(Loading, EverythingIsRefusedUntilItIsDone) {
  SeededRandom random(1);
  Coordinator coordinator({}, random);
  EXPECT_EQ(coordinator.offsets_of("g").error().code, ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(coordinator.list().error().code, ErrorCode::kCoordinatorLoadInProgress);
  Decisions decisions = coordinator.commit(1, kNobody, {{{"t", 0}, 1}}, {});
  EXPECT_TRUE(decisions.appends.empty());
  EXPECT_EQ(std::get<CommitReply>(decisions.replies.at(0).body).errors.at(0), ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(coordinator.heartbeat({"g", 1, "m", {}}, {}), ErrorCode::kNone) << "a member must not be thrown out by a failover";
}

TEST(Loading, MembersHaveAWholeSessionToFindTheNewCoordinator) {
  Scene scene;
  scene.stable({"ann"});
  scene.advance(9'000);
  scene.fail_over();
  scene.advance(9'000);
  EXPECT_EQ(scene.heartbeat("ann"), ErrorCode::kNone);
  scene.advance(10'001);
  EXPECT_EQ(scene.heartbeat("ann"), ErrorCode::kUnknownMemberId);
}

TEST(Loading, AMalformedRecordIsAnErrorAndChangesNothing) {
  SeededRandom random(1);
  Coordinator coordinator({}, random);
  EXPECT_FALSE(coordinator.replay(std::string_view("\0", 1), std::nullopt));
  const Record good = offset_record("g", {"t", 0}, {.offset = 1});
  for (size_t cut = 0; cut < good.value->size(); ++cut) EXPECT_FALSE(coordinator.replay(good.key, good.value->substr(0, cut)));
  EXPECT_TRUE(coordinator.replay(std::string_view("\0\7later", 7), "anything")) << "a later version's record is skipped";
  coordinator.loaded({});
  EXPECT_TRUE(coordinator.list()->empty());
}

TEST(Forgetting, OffsetsGoWhenTheirRetentionIsOver) {
  Scene scene({.initial_rebalance_delay_ms = 0, .offsets_retention_ms = 100'000});
  scene.commit(kNobody, {{{"t", 0}, 1}, {{"t", 1}, 1, -1, "", 30'000}});
  scene.confirm();
  scene.advance(50'000);
  scene.take(scene.coordinator->expire_offsets(scene.now()));
  scene.confirm();
  EXPECT_EQ(scene.offset_of("t", 0), 1);
  EXPECT_EQ(scene.offset_of("t", 1), -1) << "the client wanted it kept for 30 s";
  scene.advance(50'000);
  scene.take(scene.coordinator->expire_offsets(scene.now()));
  scene.confirm();
  EXPECT_TRUE(scene.coordinator->list()->empty());
  scene.fail_over();
  EXPECT_TRUE(scene.coordinator->list()->empty());
}

TEST(Forgetting, AGroupWithMembersForgetsNothing) {
  Scene scene({.initial_rebalance_delay_ms = 0, .offsets_retention_ms = 100'000});
  scene.stable({"ann"});
  scene.commit(scene.identity("ann"), {{{"t", 0}, 1}});
  scene.confirm();
  for (int i = 0; i < 30; ++i) {
    scene.advance(5'000);
    scene.heartbeat("ann");
  }
  scene.take(scene.coordinator->expire_offsets(scene.now()));
  EXPECT_EQ(scene.offset_of("t", 0), 1);
  scene.leave("ann");
  scene.confirm();
  scene.advance(99'000);
  scene.take(scene.coordinator->expire_offsets(scene.now()));
  EXPECT_EQ(scene.offset_of("t", 0), 1) << "counted from when the last member went";
  scene.advance(1'000);
  scene.take(scene.coordinator->expire_offsets(scene.now()));
  EXPECT_EQ(scene.offset_of("t", 0), -1);
}

TEST(Forgetting, ADeletedGroupIsGoneForGood) {
  Scene scene;
  scene.stable({"ann"});
  scene.commit(scene.identity("ann"), {{{"t", 0}, 1}});
  scene.confirm();
  const Ticket early = scene.ticket();
  scene.take(scene.coordinator->delete_group(early, "g", scene.now()));
  EXPECT_EQ(scene.reply<DeleteReply>(early)->error, ErrorCode::kNonEmptyGroup);
  scene.leave("ann");
  const Ticket remove = scene.ticket();
  scene.take(scene.coordinator->delete_group(remove, "g", scene.now()));
  EXPECT_EQ(scene.reply<DeleteReply>(remove), nullptr);
  scene.confirm();
  EXPECT_EQ(scene.reply<DeleteReply>(remove)->error, ErrorCode::kNone);
  scene.fail_over();
  EXPECT_TRUE(scene.coordinator->list()->empty());
  const Ticket again = scene.ticket();
  scene.take(scene.coordinator->delete_group(again, "g", scene.now()));
  EXPECT_EQ(scene.reply<DeleteReply>(again)->error, ErrorCode::kGroupIdNotFound);
}

TEST(Forgetting, OffsetsOfATopicThatIsReadAreNotDeleted) {
  Scene scene;
  Writer subscription;
  subscription.i16(1);
  subscription.i32(1);
  subscription.i16(4);
  subscription.bytes("read");
  scene.got_in("ann", scene.join("ann", {.protocols = {{"range", subscription.view()}}}));
  scene.sync("ann", {{"ann", ""}});
  scene.confirm();
  scene.commit(scene.identity("ann"), {{{"read", 0}, 1}, {{"unread", 0}, 1}});
  scene.confirm();
  const Ticket remove = scene.ticket();
  scene.take(scene.coordinator->delete_offsets(remove, "g", {{"read", 0}, {"unread", 0}}, scene.now()));
  scene.confirm();
  EXPECT_EQ(scene.reply<OffsetDeleteReply>(remove)->errors, (std::vector<ErrorCode>{ErrorCode::kGroupSubscribedToTopic, ErrorCode::kNone}));
  EXPECT_EQ(scene.offset_of("read", 0), 1);
  EXPECT_EQ(scene.offset_of("unread", 0), -1);
}

TEST(Forgetting, ADeletedTopicsOffsetsGoWithIt) {
  Scene scene;
  scene.commit(kNobody, {{{"t", 0}, 1}, {{"t", 1}, 1}, {{"tt", 0}, 1}});
  scene.confirm();
  scene.take(scene.coordinator->forget_topic("t", scene.now()));
  scene.confirm();
  scene.fail_over();
  EXPECT_EQ(scene.offset_of("t", 0), -1);
  EXPECT_EQ(scene.offset_of("t", 1), -1);
  EXPECT_EQ(scene.offset_of("tt", 0), 1);
}

}  // namespace
}  // namespace baton::groups
