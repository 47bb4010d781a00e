#include "tests/broker/groups/scene.h"

namespace baton::groups {
namespace {

class StaticMembers : public testing::Test {
 protected:
  Scene::Options as(const std::string& name, bool may_skip = false) { return {.may_skip_assignment = may_skip, .instance = name}; }
  // "ann" is the static member "one", in a stable group of its own.
  void SetUp() override {
    scene.got_in("ann", scene.join("ann", as("one")));
    scene.sync("ann", {{"ann", "p0"}}, "one");
    scene.confirm();
    ASSERT_EQ(scene.state(), GroupState::kStable);
  }
  Scene scene;
};

TEST_F(StaticMembers, AreInWithTheirFirstRequestUnderTheirOwnName) {
  EXPECT_TRUE(scene.ids["ann"].starts_with("one-"));
}

TEST_F(StaticMembers, ReturnWithoutARebalanceAndKeepTheirAssignment) {
  scene.ids["ann"].clear();
  const Ticket back = scene.join("ann", as("one", true));
  EXPECT_EQ(scene.joined(back), nullptr) << "the new id is stored first";
  scene.confirm();
  const JoinReply& reply = scene.got_in("ann", back);
  EXPECT_EQ(reply.generation, 1);
  EXPECT_TRUE(reply.skip_assignment);
  EXPECT_EQ(reply.leader, reply.member_id);
  EXPECT_EQ(reply.members.size(), 1u);
  EXPECT_EQ(scene.synced(scene.sync("ann", {}, "one"))->assignment, "p0");
  EXPECT_EQ(scene.state(), GroupState::kStable);
}

TEST_F(StaticMembers, AnOlderClientThatReturnsIsNotToldThatItLeads) {
  const std::string former = scene.ids["ann"];
  scene.ids["ann"].clear();
  const Ticket back = scene.join("ann", as("one"));
  scene.confirm();
  const JoinReply& reply = scene.got_in("ann", back);
  EXPECT_EQ(reply.leader, former);
  EXPECT_TRUE(reply.members.empty());
  EXPECT_FALSE(reply.skip_assignment);
}

TEST_F(StaticMembers, TheFormerHolderOfTheNameIsFenced) {
  const MemberIdentity former{"g", 1, scene.ids["ann"], "one"};
  scene.ids["twin"].clear();
  scene.join("twin", as("one", true));
  scene.confirm();
  EXPECT_EQ(scene.coordinator->heartbeat(former, scene.now()), ErrorCode::kFencedInstanceId);
  const Ticket commit = scene.commit(former, {{{"t", 0}, 1}});
  EXPECT_EQ(scene.committed(commit)->errors.at(0), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(scene.joined(scene.send_join("ann", as("one")))->error, ErrorCode::kFencedInstanceId);
}

TEST_F(StaticMembers, AnUnknownNameIsUnknown) {
  EXPECT_EQ(scene.coordinator->heartbeat({"g", 1, scene.ids["ann"], "two"}, scene.now()), ErrorCode::kUnknownMemberId);
}

TEST_F(StaticMembers, AReturnThatChangesTheProtocolRebalances) {
  scene.ids["ann"].clear();
  Scene::Options changed = as("one");
  changed.protocols = {{"sticky", "x"}, {"range", "x"}};
  EXPECT_EQ(scene.got_in("ann", scene.join("ann", changed)).generation, 2);
  EXPECT_EQ(scene.generations["ann"], 2);
}

TEST_F(StaticMembers, AreRemovedByTheirNameAlone) {
  scene.ids["operator"] = "";
  EXPECT_EQ(scene.leave("operator", "nobody"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(scene.leave("operator", "one"), ErrorCode::kNone);
  EXPECT_EQ(scene.state(), GroupState::kEmpty);
}

TEST_F(StaticMembers, KeepTheirPlaceWhileOthersRebalance) {
  const Ticket bob = scene.join("bob", {.rebalance_ms = 5'000});
  // ann is away: the rebalance ends without it, and it is a member still.
  for (int i = 0; i < 13; ++i) {
    scene.advance(5'000);
    scene.coordinator->heartbeat({"g", 1, scene.ids["ann"], "one"}, scene.now());
  }
  EXPECT_EQ(scene.got_in("bob", bob).members.size(), 2u);
  EXPECT_EQ(scene.joined(bob)->leader, scene.ids["bob"]);
}

TEST_F(StaticMembers, SurviveTheirCoordinator) {
  scene.fail_over();
  scene.ids["ann"].clear();
  const Ticket back = scene.join("ann", as("one", true));
  scene.confirm();
  EXPECT_EQ(scene.got_in("ann", back).generation, 1);
  EXPECT_EQ(scene.synced(scene.sync("ann", {}, "one"))->assignment, "p0");
}

}  // namespace
}  // namespace baton::groups
