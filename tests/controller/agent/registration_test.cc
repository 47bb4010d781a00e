#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/agent/registration_record.h"
#include "tests/controller/agent/world.h"

namespace baton::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

bool is_multi_on(const store::Request& request, const std::string& path) {
  const auto* multi = std::get_if<store::Multi>(&request);
  if (multi == nullptr || multi->ops.size() < 2) return false;
  const auto* set = std::get_if<store::SetData>(&multi->ops[0]);
  const auto* create = std::get_if<store::Create>(&multi->ops[0]);
  const auto* check = std::get_if<store::Check>(&multi->ops[0]);
  return (set != nullptr && set->path == path) || (create != nullptr && create->path == path) || (check != nullptr && check->path == path);
}

// Loses one reply: that of the first multi whose first op is on this path.
std::function<Process::Fate(const store::Request&)> lose_first_multi(const std::string& path, Process::Fate fate) {
  return [path, fate, done = false](const store::Request& request) mutable {
    if (done || !is_multi_on(request, path)) return Process::Fate::kDelivered;
    done = true;
    return fate;
  };
}

TEST(Registration, FirstOfItsIdIsReadyAtOnce) {
  World world;
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  EXPECT_THAT(broker.told, ElementsAre("become", "registered"));
  ASSERT_TRUE(broker.agent.registered());
  EXPECT_TRUE(broker.agent.ready());
  EXPECT_EQ(broker.agent.registered()->epoch.value(), world.tree.find("/brokers/epochs/1")->stat.mzxid);
  EXPECT_EQ(world.tree.find("/brokers/ids/1")->stat.ephemeral_owner, broker.session);
  EXPECT_EQ(broker.record().predecessor(), "");
  EXPECT_FALSE(broker.agent.cluster_id().empty());
}

TEST(Registration, WritesKafkasJsonForPeopleAndTools) {
  World world;
  Config config = config_of(1, directory(1));
  config.rack = "r1";
  Process broker(world, config);
  broker.open();
  EXPECT_EQ(world.tree.find("/brokers/ids/1")->data,
            R"({"version":5,"host":"127.0.0.1","port":9093,"jmx_port":-1,"timestamp":"0","endpoints":["PLAINTEXT://127.0.0.1:9093"],)"
            R"("rack":"r1","listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"features":{}})");
}

TEST(Registration, BounceOnTheSameMachineRegistersAtOnceButIsReadyOnlyAfterTheMark) {
  World world;
  HandController controller(world);
  Process first(world, config_of(1, directory(1)));
  first.open();
  const std::string dead = first.record().incarnation();
  first.kill();  // its session still lives

  Process second(world, config_of(1, directory(1)));
  second.open();
  ASSERT_TRUE(second.agent.registered());
  EXPECT_EQ(second.record().predecessor(), dead);
  EXPECT_GT(second.agent.registered()->epoch, first.agent.registered()->epoch);
  EXPECT_EQ(world.tree.find("/brokers/ids/1")->stat.ephemeral_owner, second.session);
  EXPECT_FALSE(second.agent.ready());

  controller.mark_removed(BrokerId(1), "another incarnation", 4);
  second.run();
  EXPECT_FALSE(second.agent.ready());
  controller.mark_removed(BrokerId(1), dead, 5);
  second.run();
  EXPECT_TRUE(second.agent.ready());
}

TEST(Registration, AfterARebootWaitsUntilTheFormerLifeIsRemoved) {
  World world;
  HandController controller(world);
  Process first(world, config_of(1, directory(1, "boot-1")));
  first.open();
  const std::string dead = first.record().incarnation();
  first.kill();

  Process second(world, config_of(1, directory(1, "boot-2")));
  second.open();
  EXPECT_FALSE(second.agent.registered());
  world.tree.expire(first.session);
  controller.tombstone(BrokerId(1));
  second.pass(milliseconds(10'000));
  EXPECT_FALSE(second.agent.registered()) << "the tombstone alone is not enough: D may still run";
  controller.mark_removed(BrokerId(1), dead);
  second.run();
  EXPECT_TRUE(second.agent.registered());
  EXPECT_TRUE(second.agent.ready());
}

TEST(Registration, WhoKnowsLessThanTheLevelTouchesNothingAndSaysWhatToDo) {
  World world;
  Process first(world, config_of(1, directory(1)));
  first.open();
  HandController(world).write(paths::kMetadata, "", store::NodeKind::kPersistent);
  HandController(world).write(paths::kMetadataVersion, "2", store::NodeKind::kPersistent);
  Config older = config_of(2, directory(2));
  older.metadata_version = kMetadataSingles;
  Process second(world, older);
  second.open();
  EXPECT_FALSE(second.agent.registered());
  EXPECT_EQ(world.tree.find("/brokers/epochs/2"), nullptr);
  EXPECT_THAT(second.told, Contains(HasSubstr("fatal: this cluster's metadata is at version 2, and this process knows versions up to 1")));
  EXPECT_THAT(second.told, Contains(HasSubstr("metadata.version.max")));
}

// The level rises between a registration's look and its write.
TEST(Registration, IsRefusedByTheStoreWhenTheLevelHasRisenMeanwhile) {
  World world;
  Process first(world, config_of(1, directory(1)));
  first.open();
  HandController controller(world);
  controller.write(paths::kMetadata, "", store::NodeKind::kPersistent);
  controller.write(paths::kMetadataVersion, "1", store::NodeKind::kPersistent);
  Config older = config_of(2, directory(2));
  older.metadata_version = kMetadataSingles;
  Process second(world, older);
  second.fate = [&](const store::Request& request) {
    if (is_multi_on(request, paths::broker_epoch(BrokerId(2))))
      controller.write(paths::kMetadataVersion, "2", store::NodeKind::kPersistent);
    return Process::Fate::kDelivered;
  };
  second.open();
  EXPECT_FALSE(second.agent.registered());
  EXPECT_EQ(world.tree.find("/brokers/epochs/2"), nullptr);
  EXPECT_THAT(second.told, Contains(HasSubstr("fatal: this cluster's metadata is at version 2")));
}

TEST(Registration, ALevelThatIsNoNumberIsToldOf) {
  World world;
  HandController(world).write(paths::kMetadata, "", store::NodeKind::kPersistent);
  HandController(world).write(paths::kMetadataVersion, "two", store::NodeKind::kPersistent);
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  EXPECT_FALSE(broker.agent.registered());
  EXPECT_THAT(broker.told, Contains(HasSubstr("/metadata/version is not readable: two")));
}

TEST(Registration, UnknownBootIdIsNotTheSameMachine) {
  World world;
  Process first(world, config_of(1, directory(1, "")));
  first.open();
  first.kill();
  Process second(world, config_of(1, directory(1, "")));
  second.open();
  EXPECT_FALSE(second.agent.registered());
}

TEST(Registration, FileSystemThatIsNotLocalIsNotTheSameMachine) {
  World world;
  DataDirectory remote = directory(1);
  remote.local_file_system = false;
  Process first(world, config_of(1, remote));
  first.open();
  first.kill();
  Process second(world, config_of(1, remote));
  second.open();
  EXPECT_FALSE(second.agent.registered());
}

TEST(Registration, IdStartedTwiceIsAClearError) {
  World world;
  Process first(world, config_of(1, directory(1)));
  first.open();
  Process second(world, config_of(1, directory(2)));
  second.open();
  second.pass(milliseconds(1500));
  EXPECT_THAT(second.told, ElementsAre("become")) << "a dead process's session may linger";
  second.pass(milliseconds(3000));
  EXPECT_THAT(second.told, Contains(HasSubstr("fatal: broker.id 1 is in use by a live process at 127.0.0.1:7001")));
  first.run();
  EXPECT_TRUE(first.agent.registered()) << "the rightful one is not disturbed";
  EXPECT_THAT(first.told, Not(Contains("stop")));
}

TEST(Registration, CopiedDirectoryMustNotLookLikeABounce) {
  World world;
  Process first(world, config_of(1, directory(1, "boot-1", 77)));
  first.open();
  Process copy(world, config_of(1, directory(1, "boot-1", 78)));
  copy.open();
  copy.pass(milliseconds(10'000));
  EXPECT_FALSE(copy.agent.registered());
  EXPECT_THAT(copy.told, Contains(HasSubstr("fatal: ")));
}

TEST(Registration, SilentDeathsIdStartedElsewhereWaitsForTheMark) {
  World world;
  HandController controller(world);
  Process cut_off(world, config_of(1, directory(1)));
  cut_off.open();
  const std::string silent = cut_off.record().incarnation();
  cut_off.paused = true;
  world.tree.expire(cut_off.session);
  controller.tombstone(BrokerId(1));

  Process elsewhere(world, config_of(1, directory(2, "boot-9", 5)));
  elsewhere.open();
  elsewhere.pass(milliseconds(20'000));
  EXPECT_FALSE(elsewhere.agent.registered());
  EXPECT_THAT(elsewhere.told, ElementsAre("become"));
  controller.mark_removed(BrokerId(1), silent);
  elsewhere.run();
  EXPECT_TRUE(elsewhere.agent.registered());
}

TEST(Registration, MereExpiryKeepsTheIncarnation) {
  World world;
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  const Registered before = *broker.agent.registered();
  broker.expire();
  ASSERT_TRUE(broker.agent.registered());
  EXPECT_EQ(broker.agent.registered()->incarnation, before.incarnation);
  EXPECT_EQ(broker.agent.registered()->epoch, before.epoch);
  EXPECT_EQ(world.tree.find("/brokers/ids/1")->stat.ephemeral_owner, broker.session);
  EXPECT_THAT(broker.told, ElementsAre("become", "registered")) << "no stop, no second registration";
}

TEST(Registration, TombstonedThenResumedStopsFirstAndComesBackAsAnother) {
  World world;
  HandController controller(world);
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  const Incarnation before = broker.agent.incarnation();
  broker.paused = true;
  world.tree.expire(broker.session);
  controller.tombstone(BrokerId(1));
  controller.mark_removed(BrokerId(1), std::string(before.raw()), 3);
  broker.paused = false;
  broker.expire();
  EXPECT_THAT(broker.told, ElementsAre("become", "registered", "no lease", "stop", "stopped", "become", "registered"));
  EXPECT_NE(broker.agent.incarnation(), before);
  EXPECT_EQ(broker.record().predecessor(), before.raw());
  EXPECT_TRUE(broker.agent.ready());
}

TEST(Registration, DoesNotComeBackBeforeTheHostHasStopped) {
  World world;
  HandController controller(world);
  Process broker(world, config_of(1, directory(1)));
  broker.open();
  broker.host_stops = false;
  controller.tombstone(BrokerId(1));
  broker.run();
  broker.pass(milliseconds(5000));
  EXPECT_EQ(broker.record().life(), control::Registration::TOMBSTONE_SILENT);
  EXPECT_FALSE(broker.agent.registered());
  broker.step(node::HostStopped{});
  EXPECT_TRUE(broker.agent.registered());
  EXPECT_EQ(broker.record().life(), control::Registration::LIVE);
}

TEST(Registration, ReplyOfTheRegistrationLostAfterIsResolvedByReadingBack) {
  World world;
  Process first(world, config_of(1, directory(1)));
  first.open();
  first.kill();
  Process broker(world, config_of(1, directory(1)));
  broker.fate = lose_first_multi("/brokers/epochs/1", Process::Fate::kLostAfter);
  broker.open();
  EXPECT_FALSE(broker.agent.registered());
  broker.pass(milliseconds(500));
  ASSERT_TRUE(broker.agent.registered());
  EXPECT_EQ(broker.agent.registered()->epoch.value(), world.tree.find("/brokers/epochs/1")->stat.mzxid);
  EXPECT_EQ(world.tree.find("/brokers/epochs/1")->stat.version, StoreVersion(1)) << "one registration, not two";
}

TEST(Registration, RegistrationLostBeforeItTookEffectIsDoneAgain) {
  World world;
  Process broker(world, config_of(1, directory(1)));
  broker.fate = lose_first_multi("/brokers/epochs/1", Process::Fate::kLostBefore);
  broker.open();
  broker.pass(milliseconds(500));
  EXPECT_TRUE(broker.agent.registered());
}

TEST(Registration, LostReplyThenTombstoneIsNotTakenForOurOwn) {
  World world;
  HandController controller(world);
  Process broker(world, config_of(1, directory(1)));
  broker.fate = lose_first_multi("/brokers/epochs/1", Process::Fate::kLostAfter);
  broker.open();
  const std::string tombstoned = broker.record().incarnation();
  controller.tombstone(BrokerId(1));
  broker.pass(milliseconds(500));
  ASSERT_TRUE(broker.agent.registered());
  EXPECT_NE(broker.agent.registered()->incarnation.raw(), tombstoned);
  EXPECT_EQ(broker.record().predecessor(), tombstoned);
}

TEST(Registration, ReplyLostWhileRecreatingTheIdIsResolved) {
  for (const Process::Fate fate : {Process::Fate::kLostBefore, Process::Fate::kLostAfter}) {
    World world;
    Process broker(world, config_of(1, directory(1)));
    broker.open();
    broker.fate = [&, done = false](const store::Request& request) mutable {
      const auto* multi = std::get_if<store::Multi>(&request);
      if (done || multi == nullptr || !std::holds_alternative<store::Create>(multi->ops.back())) return Process::Fate::kDelivered;
      done = true;
      return fate;
    };
    broker.expire();
    broker.pass(milliseconds(500));
    EXPECT_EQ(world.tree.find("/brokers/ids/1")->stat.ephemeral_owner, broker.session);
    EXPECT_THAT(broker.told, ElementsAre("become", "registered"));
  }
}

TEST(Registration, AnEmptyStoreIsRefusedByWhoeverWasInACluster) {
  World world;
  Config config = config_of(1, directory(1));
  config.cluster_id = "the-cluster-of-old-id0";
  Process broker(world, config);
  broker.open();
  broker.pass(milliseconds(900));  // one server of the store may lag behind
  EXPECT_THAT(broker.told, Not(Contains(HasSubstr("fatal"))));
  broker.pass(milliseconds(300));
  EXPECT_THAT(broker.told, Contains(HasSubstr("fatal: The data directory belongs to cluster the-cluster-of-old-id0")));
  EXPECT_EQ(world.tree.find(paths::kClusterId), nullptr) << "no cluster was made";
  EXPECT_EQ(world.tree.find("/brokers/epochs/1"), nullptr);
}

TEST(Registration, AStoreThatLagsBehindForAMomentIsWaitedFor) {
  World world;
  Config config = config_of(1, directory(1));
  config.cluster_id = "the-cluster-of-old-id0";
  Process broker(world, config);
  broker.open();
  const store::SessionId other = world.tree.open_session([](const store::WatchFired&) {});
  const std::string id = cluster_json(config.cluster_id);
  world.tree.apply(other, store::Multi{{store::Create{paths::kCluster, "", store::NodeKind::kPersistent},
                                        store::Create{paths::kClusterId, id, store::NodeKind::kPersistent}}});
  broker.pass(milliseconds(500));
  EXPECT_TRUE(broker.agent.registered());
}

TEST(Registration, AnotherClustersStoreIsRefused) {
  World world;
  Process first(world, config_of(1, directory(1)));
  first.open();
  Config config = config_of(2, directory(2));
  config.cluster_id = "some-other-cluster-id0";
  Process stray(world, config);
  stray.open();
  EXPECT_THAT(stray.told, Contains(HasSubstr("fatal: The data directory belongs to cluster some-other-cluster-id0")));
  EXPECT_EQ(world.tree.find("/brokers/epochs/2"), nullptr);
}

}  // namespace
}  // namespace baton::agent
