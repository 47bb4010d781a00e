// The scenarios of docs/protocol.md by name, on the control plane: elector, claim, agent and controller as they ship, over a
// simulated network, store and clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/node.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Scenario : public ::testing::Test {
 protected:
  void up(ClusterOptions options = {}) {
    cluster_ = std::make_unique<Cluster>(std::move(options));
    cluster().start_all();
    ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(5))) << "no controller";
    cluster().run_for(milliseconds(200));
    cluster().create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5))) << "the topic is not led";
  }
  void TearDown() override {
    clear_mutants();
    if (cluster_) {
      EXPECT_EQ(cluster().invariants.violation().value_or("none"), "none");
    }
  }
  Cluster& cluster() { return *cluster_; }
  bool converges(Duration limit) {
    return cluster().run_until([&] { return !cluster().topics().empty() && cluster().converged(); }, limit);
  }
  int leader(int index = 0) { return cluster().partition("t", index)->leader(); }
  int full_isrs() {
    int full = 0;
    for (int i = 0; i < 6; ++i) full += cluster().partition("t", i)->isr_size() == 3;
    return full;
  }

  // The leader renews its lease until it is buried, and does not hear of that: it may act until D is over.
  void bury_unheard() {
    const int controller = cluster().ruler();
    const int victim = leader() == controller ? leader(1) : leader();
    cluster().on_write = [this, controller, victim](int id, const store::Multi& multi) {
      for (const store::Op& op : multi.ops) {
        const auto* set = std::get_if<store::SetData>(&op);
        if (id == controller && set != nullptr && set->path == paths::broker_epoch(BrokerId(victim)))
          cluster().links.cut_both(victim, kStore);
      }
    };
    cluster().links.cut_both(victim, controller);
    ASSERT_TRUE(cluster().run_until([&] { return leader() != victim && leader(1) != victim; }, seconds(6)));
    cluster().run_for(milliseconds(100));
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(Scenario, EmptyStart) {
  up();
}

TEST_F(Scenario, LeaderKilledIsSucceededByProofWithinMilliseconds) {
  up();
  const int victim = leader();
  const int other = victim == cluster().ruler() ? 0 : victim;
  cluster().kill(victim);
  ASSERT_TRUE(
      cluster().run_until([&] { return leader() != victim && cluster().converged(); }, other ? milliseconds(30) : milliseconds(60)));
}

TEST_F(Scenario, ControllerKilledIsSucceededByProofWithinMilliseconds) {
  up();
  const int former = cluster().ruler();
  cluster().kill(former);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().converged(); }, milliseconds(60)));
}

// What drills print: every stage, in order, and at the end that the survivors have the new leaders in their images.
TEST_F(Scenario, TheTimelineOfAFailoverTellsEveryStage) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(1)));
  cluster().run_for(milliseconds(20));
  control::Request query;
  query.set_correlation(77);
  query.mutable_query_status();
  cluster().process(cluster().ruler()).host()->submit(query);
  RoleKeeper& host = cluster().host(cluster().ruler());
  ASSERT_TRUE(cluster().run_until([&] { return host.responses.contains(77); }, seconds(1)));
  std::vector<std::string> stages;
  int64_t at = 0;
  for (const control::FailoverStage& stage : host.responses[77].status().recent()) {
    if (stage.broker_id() != victim) continue;
    stages.push_back(stage.stage() + (stage.detail().empty() ? "" : " " + stage.detail()));
    if (stage.stage() != "removed_confirmed") {
      EXPECT_GE(stage.boottime_ns(), at) << stage.stage();
      at = stage.boottime_ns();
    }
  }
  const auto index = [&](const std::string& stage) { return std::find(stages.begin(), stages.end(), stage) - stages.begin(); };
  for (const char* stage : {"detected proof", "tombstone_confirmed proof", "pages_confirmed", "pushed", "applied 2", "removed_confirmed"}) {
    EXPECT_LT(index(stage), std::ssize(stages)) << stage;
  }
  EXPECT_LT(index("pushed"), index("applied 2"));
}

TEST_F(Scenario, EverythingKilledAndRestarted) {
  up();
  for (int id : {1, 2, 3}) cluster().kill(id);
  cluster().run_for(seconds(3));
  cluster().start_all();
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, EverythingKilledAndRestartedTheStoreToo) {
  up();
  for (int id : {1, 2, 3}) cluster().kill(id);
  cluster().store->set_down(true);
  cluster().run_for(seconds(3));
  cluster().store->set_down(false);
  cluster().start_all();
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, RollingRestart) {
  up();
  for (int id : {1, 2, 3}) {
    cluster().kill(id);
    cluster().run_for(milliseconds(300));
    cluster().start(id);
    ASSERT_TRUE(converges(seconds(5))) << "after " << id;
  }
}

TEST_F(Scenario, KilledAndRestartedWithinFiveMilliseconds) {
  up();
  for (int round = 0; round < 6; ++round) {
    const int id = 1 + round % 3;
    cluster().kill(id);
    cluster().run_for(milliseconds(round));
    cluster().start(id);
    ASSERT_TRUE(converges(seconds(5))) << "round " << round;
  }
}

TEST_F(Scenario, LeaderStoppedTenSecondsThenResumed) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().process(victim).pause();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().converged(); }, seconds(4))) << "silence is bounded";
  cluster().run_for(seconds(10));
  cluster().process(victim).resume();
  cluster().run_for(seconds(2));
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ControllerStoppedWithWritesInFlightThenResumed) {
  up();
  const int former = cluster().ruler();
  cluster().create_topic("u", 3);
  cluster().run_for(milliseconds(1));
  cluster().process(former).pause();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != former; }, seconds(4)));
  cluster().run_for(seconds(3));
  cluster().process(former).resume();
  cluster().run_for(seconds(2));
  ASSERT_TRUE(converges(seconds(5)));
}

// Held up for longer than a stream may be silent, and not for so long that its session ends. What the brokers have said meanwhile is still
// to be read: their silence was its own.
TEST_F(Scenario, ControllerThatWasHeldUpGoesOnRulingAndBuriesNobody) {
  for (const int late : {850, 1100, 1600}) {
    ClusterOptions options;
    options.session_timeout = seconds(4);
    up(std::move(options));
    const int controller = cluster().ruler();
    const ControllerEpoch epoch = cluster().process(controller).node()->ruling();
    cluster().process(controller).pause();
    cluster().run_for(milliseconds(late));
    cluster().process(controller).resume();
    cluster().run_for(seconds(2));
    EXPECT_EQ(cluster().ruler(), controller) << late << " ms";
    EXPECT_EQ(cluster().process(controller).node()->ruling(), epoch) << late << " ms";
    ASSERT_TRUE(converges(seconds(5)));
    EXPECT_EQ(cluster().invariants.violation().value_or("none"), "none");
    cluster_.reset();
  }
}

TEST_F(Scenario, BrokerCutOffFromTheStoreOnly) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().links.cut_both(victim, kStore);
  cluster().run_for(seconds(6));
  EXPECT_TRUE(cluster().run_until([&] { return leader() != 0; }, seconds(1)));
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, BrokerCutOffFromTheControllerOnly) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().links.cut_both(victim, controller);
  cluster().run_for(seconds(6));
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, ControllerCutOffFromTheStoreOnly) {
  up();
  const int former = cluster().ruler();
  cluster().links.cut_both(former, kStore);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != former; }, seconds(5)));
  cluster().run_for(seconds(3));
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, OneWayCutsThatNeverHeal) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 3 ? 2 : 3;
  cluster().links.cut(victim, controller);
  cluster().run_for(seconds(10));
  const int ruler = cluster().ruler();
  ASSERT_NE(ruler, 0);
  int led = 0;
  for (int i = 0; i < 6; ++i) led += leader(i) != -1;
  EXPECT_EQ(led, 6);
}

TEST_F(Scenario, StoreGoneForAMinute) {
  up();
  cluster().store->set_down(true);
  cluster().run_for(seconds(60));
  cluster().store->set_down(false);
  ASSERT_TRUE(converges(seconds(10)));
}

TEST_F(Scenario, ResetForgedByAFirewallIsSilenceOnly) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  const int32_t epoch = cluster().partition("t", 0)->leader_epoch();
  cluster().network->forge_reset(victim, controller);
  cluster().run_for(seconds(3));
  EXPECT_EQ(cluster().partition("t", 0)->leader_epoch(), epoch);
}

TEST_F(Scenario, MutantResetTakenForProofIsCaught) {
  plant(Mutant::reset_taken_for_proof);
  up();
  const int controller = cluster().ruler();
  for (int id : {1, 2, 3}) {
    if (id != controller) cluster().network->forge_reset(id, controller);
  }
  cluster().run_for(seconds(3));
  ASSERT_TRUE(cluster().invariants.violation().has_value());
  // The successor acts, or the mark is written, while the lease runs: whichever comes first.
  EXPECT_THAT(*cluster().invariants.violation(),
              ::testing::AnyOf(::testing::HasSubstr("StoppedBeforeSucceeded"), ::testing::HasSubstr("MarkAfterLease")));
  cluster_.reset();
}

TEST_F(Scenario, SilentLeaderThatDoesNotHearOfItsTombstone) {
  up();
  bury_unheard();
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, MutantNoWaitForSilentLeaderIsCaught) {
  plant(Mutant::no_wait_for_silent_leader);
  up();
  bury_unheard();
  ASSERT_TRUE(cluster().invariants.violation().has_value());
  EXPECT_NE(cluster().invariants.violation()->find("StoppedBeforeSucceeded"), std::string::npos) << *cluster().invariants.violation();
  cluster_.reset();
}

TEST_F(Scenario, ReplyLostAtTheClaim) {
  ClusterOptions options;
  cluster_ = std::make_unique<Cluster>(options);
  for (int id : {1, 2, 3}) cluster().store->lose_reply_touching(id, paths::kControllerEpoch);
  cluster().start_all();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(10)));
}

TEST_F(Scenario, ReplyLostAtTheTombstone) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().store->lose_reply_touching(controller, paths::kBrokerEpochs);
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtThePages) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().store->lose_reply_touching(controller, paths::kPages);
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtTheMark) {
  up();
  const int controller = cluster().ruler();
  const int victim = controller == 1 ? 2 : 1;
  cluster().store->lose_reply_touching(controller, paths::kBrokersRemoved);
  cluster().kill(victim);
  ASSERT_TRUE(converges(seconds(5)));
  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtTheRegistration) {
  up();
  const int victim = cluster().ruler() == 1 ? 2 : 1;
  cluster().kill(victim);
  cluster().run_for(milliseconds(200));
  cluster().store->lose_reply_touching(victim, paths::kBrokerEpochs);
  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(5)));
}

TEST_F(Scenario, ReplyLostAtTheLease) {
  up();
  const int victim = leader();
  const int32_t epoch = cluster().partition("t", 0)->leader_epoch();
  cluster().store->lose_reply_touching(victim, paths::kBrokerLeases);
  cluster().run_for(seconds(3));
  ASSERT_TRUE(converges(seconds(5)));
  EXPECT_EQ(cluster().partition("t", 0)->leader_epoch(), epoch) << "renewed again before the lease was over";
}

// The ensemble elects another leader: every connection breaks with what was in flight on it, nothing is answered for a while, and
// sessions live on. Nobody loses a role by it.
TEST_F(Scenario, StoreLeaderChange) {
  for (const int gone_ms : {50, 300, 900}) {
    ClusterOptions options;
    options.seed = static_cast<uint64_t>(gone_ms);
    up(options);
    const int controller = cluster().ruler();
    const int32_t epoch = cluster().partition("t", 0)->leader_epoch();
    cluster().create_topic("u", 3);
    cluster().run_for(milliseconds(1));
    for (int id : {1, 2, 3}) cluster().store->break_connection(id);
    cluster().store->set_down(true);
    cluster().run_for(milliseconds(gone_ms));
    cluster().store->set_down(false);
    ASSERT_TRUE(cluster().run_until([&] { return cluster().topics().size() == 2 && cluster().converged(); }, seconds(8))) << gone_ms;
    EXPECT_EQ(cluster().ruler(), controller) << gone_ms;
    EXPECT_EQ(cluster().partition("t", 0)->leader_epoch(), epoch) << gone_ms;
    ASSERT_EQ(cluster().invariants.violation().value_or("none"), "none");
  }
}

// R7: a delta that never came is a gap in the numbering; the stream is opened anew and brings what is lacking.
TEST_F(Scenario, LostDeltaIsAGapAndGetsWhatIsLacking) {
  up();
  const int controller = cluster().ruler();
  for (int id : {1, 2, 3}) cluster().network->lose_next_delta(id);
  cluster().create_topic("u", 3);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().topics().size() == 2; }, seconds(2)));
  cluster().create_topic("v", 3);  // the next number: now the gap shows
  ASSERT_TRUE(cluster().run_until([&] { return cluster().topics().size() == 3 && cluster().converged(); }, seconds(3)));
  EXPECT_EQ(cluster().network->lost_deltas(), 3);
  EXPECT_EQ(cluster().ruler(), controller);
}

// R7: controllers' messages name no broker epoch, so a stream must belong to one life. A hello of a former one is refused, and
// nothing is told on that stream.
TEST_F(Scenario, StreamOfAFormerLifeIsRefused) {
  up();
  const int controller = cluster().ruler();
  const int id = controller == 1 ? 2 : 1;
  const auto registered = [&] {
    control::Registration record;
    record.ParseFromString(cluster().store->tree().find(paths::broker_epoch(BrokerId(id)))->data);
    return record;
  };
  control::Frame hello;
  hello.mutable_stream_hello()->set_metadata_version(kMetadataNewest);
  hello.mutable_stream_hello()->set_broker_id(id);
  hello.mutable_stream_hello()->set_incarnation(registered().incarnation());
  hello.mutable_stream_hello()->set_broker_epoch(cluster().store->tree().find(paths::broker_epoch(BrokerId(id)))->stat.mzxid);
  cluster().kill(id);
  cluster().start(id);
  ASSERT_TRUE(converges(seconds(5)));
  ASSERT_NE(registered().incarnation(), hello.stream_hello().incarnation());

  constexpr node::StreamId kFormer = 1'000'001;
  std::optional<int32_t> answer;
  bool told_more = false;
  auto told = cluster().network->told;
  cluster().network->ruled = nullptr;  // what is asked here of one stream is asked there of all
  cluster().network->told = [&](int from, int to, const control::Frame& frame) {
    told(from, to, frame);
    if (from != controller || to != id) return;
    if (frame.has_stream_hello_reply() && frame.stream_hello_reply().error() != 0) answer = frame.stream_hello_reply().error();
    told_more |= answer.has_value() && frame.has_delta() && frame.delta().snapshot();
  };
  cluster().network->connect(id, kFormer, Network::host_of(controller));
  cluster().network->send(id, kFormer, hello);
  ASSERT_TRUE(cluster().run_until([&] { return answer.has_value(); }, seconds(1)));
  EXPECT_EQ(*answer, static_cast<int32_t>(ErrorCode::kStaleBrokerEpoch));
  cluster().run_for(milliseconds(200));
  EXPECT_FALSE(told_more);
  ASSERT_TRUE(converges(seconds(1))) << "the stream of its present life is as it was";
}

// Dies at every step of burying another: between tombstone and pages, between pages and mark, and everywhere else.
TEST_F(Scenario, ControllerDeadBetweenTombstonePagesAndMark) {
  for (int step = 1; step < 60; ++step) {
    ClusterOptions options;
    options.seed = static_cast<uint64_t>(step);
    up(options);
    const int controller = cluster().ruler();
    const int victim = controller == 1 ? 2 : 1;
    cluster().kill(victim);
    cluster().run_for(std::chrono::microseconds(100 * step));
    cluster().kill(controller);
    cluster().run_for(seconds(1));
    cluster().start_all();
    ASSERT_TRUE(converges(seconds(8))) << "step " << step;
    ASSERT_EQ(cluster().invariants.violation().value_or("none"), "none");
  }
}

TEST_F(Scenario, SessionExpiredOnly) {
  up();
  for (int id : {1, 2, 3}) {
    cluster().store->expire(id);
    ASSERT_TRUE(converges(seconds(8))) << id;
  }
}

TEST_F(Scenario, MachineRebooted) {
  up();
  cluster().reboot(leader());
  cluster().run_for(seconds(1));
  cluster().start_all();
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, SilentDeathsIdStartedElsewhereBeforeD) {
  up();
  const int victim = leader() == cluster().ruler() ? leader(1) : leader();
  cluster().process(victim).pause();
  cluster().run_for(milliseconds(1300));
  cluster().replace_disk(victim);  // gone for good, and the id comes back on another machine at once
  cluster().start(victim);
  ASSERT_TRUE(converges(seconds(8)));
}

TEST_F(Scenario, TopicDeletedAndCreatedAgainWhileABrokerWasDown) {
  ClusterOptions options;
  options.brokers = 4;
  up(options);
  cluster().kill(3);
  cluster().delete_topic("t");
  ASSERT_TRUE(cluster().run_until([&] { return cluster().topics().empty(); }, seconds(3)));
  cluster().create_topic("t", 6);
  cluster().start(3);
  ASSERT_TRUE(converges(seconds(5)));
}

}  // namespace
}  // namespace baton::simulation
