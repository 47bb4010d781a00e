// Hand-overs of the rule on the whole control plane: what they move (the rule, the streams), what they leave alone (every role),
// and what becomes of them when somebody dies or is cut off in the middle.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Transfer : public ::testing::Test {
 protected:
  void up(ClusterOptions options = {}) {
    cluster_ = std::make_unique<Cluster>(std::move(options));
    cluster().start_all();
    ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(5))) << "no controller";
    cluster().run_for(milliseconds(500));
    cluster().create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5))) << "the topic is not led";
    cluster().run_for(milliseconds(500));
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
  bool rules(int id, Duration limit) {
    return cluster().run_until([&] { return cluster().ruler() == id; }, limit);
  }
  int leader() { return cluster().partition("t", 0)->leader(); }
  int another_than(int id) const { return id == 1 ? 2 : 1; }
  std::string pages() {
    std::string text;
    for (int i = 0; i < 6; ++i) text += cluster().partition("t", i)->ShortDebugString() + "\n";
    return text;
  }
  // Runs once, right after the first multi of this process that holds such an operation.
  void when_written(int by, std::function<bool(const store::Op&)> such, std::function<void()> act) {
    cluster().on_write = [this, by, such, act, due = std::make_shared<bool>(true)](int id, const store::Multi& multi) {
      if (!*due || id != by || std::none_of(multi.ops.begin(), multi.ops.end(), such)) return;
      *due = false;
      cluster().scheduler.after(Duration(1), act);  // not from within the store's own step
    };
  }
  static bool deletes_controller(const store::Op& op) {
    const auto* removed = std::get_if<store::Delete>(&op);
    return removed != nullptr && removed->path == paths::kController;
  }
  static bool deletes_candidate(const store::Op& op) {
    const auto* removed = std::get_if<store::Delete>(&op);
    return removed != nullptr && removed->path.starts_with(paths::kCandidates);
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(Transfer, MovesTheRuleAndNoRole) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  const std::string before = pages();
  const Instant asked = cluster().scheduler.now();
  cluster().transfer(heir);
  ASSERT_TRUE(rules(heir, milliseconds(100)));
  EXPECT_LT(cluster().scheduler.now() - asked, milliseconds(60));
  cluster().run_for(seconds(5));
  EXPECT_EQ(cluster().ruler(), heir);
  EXPECT_EQ(pages(), before) << "no partition changes its leader, its ISR or an epoch";
  cluster().create_topic("u", 3);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().partition("u", 2) != nullptr && cluster().converged(); }, seconds(1)));
}

TEST_F(Transfer, WithoutAnIdTheBestStandbyIsTaken) {
  ClusterOptions options;
  options.priorities = {{1, 5}, {2, 5}, {3, 5}};
  up(options);
  const int former = cluster().ruler();
  cluster().transfer(0);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != former; }, seconds(1)));
}

TEST_F(Transfer, ToAnIdThatIsNotThereListsTheCandidates) {
  up();
  const int former = cluster().ruler();
  const uint64_t asked = cluster().transfer(9);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().host(1).responses.contains(asked); }, seconds(1)));
  const control::Response& answer = cluster().host(1).responses[asked];
  EXPECT_EQ(answer.error(), static_cast<int>(ErrorCode::kBrokerIdNotRegistered));
  EXPECT_TRUE(answer.message().starts_with("9 does not stand for election: candidates are ")) << answer.message();
  for (int id : {1, 2, 3}) EXPECT_NE(answer.message().find(std::to_string(id)), std::string::npos) << answer.message();
  EXPECT_NE(answer.message().find(std::to_string(former) + " (rules)"), std::string::npos) << answer.message();
  EXPECT_EQ(cluster().ruler(), former);
}

TEST_F(Transfer, ToItselfSaysAlready) {
  up();
  const int former = cluster().ruler();
  const uint64_t asked = cluster().transfer(former);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().host(1).responses.contains(asked); }, seconds(1)));
  const control::Response& answer = cluster().host(1).responses[asked];
  EXPECT_EQ(answer.error(), 0) << answer.message();
  EXPECT_TRUE(answer.transferred().already());
  EXPECT_EQ(answer.transferred().id(), former);
  EXPECT_EQ(cluster().ruler(), former);
}

// Hosts ask again where the answer is NOT_CONTROLLER, as the broker does. A topic that was created and whose answer got lost would
// be refused as existing when it is asked for again.
struct Creations {
  int asked = 0, done = 0, refused_as_existing = 0;
};
void create_through_transfers(Cluster& cluster, Creations& counted) {
  std::map<uint64_t, std::string> open;
  uint64_t correlation = 5000;
  auto ask = [&](const std::string& name) {
    control::Request request;
    request.set_correlation(++correlation);
    control::NewTopic& topic = *request.mutable_create_topics()->add_topics();
    topic.set_name(name);
    topic.set_partitions(1);
    topic.set_replication_factor(-1);
    open[correlation] = name;
    cluster.host(3).submit(request);
  };
  for (int i = 0; i < 4000 && (counted.asked < 400 || !open.empty()); ++i) {
    if (counted.asked < 400) ask("n" + std::to_string(counted.asked++));
    if (i % 60 == 30 && counted.asked < 400) cluster.transfer(cluster.ruler() == 1 ? 2 : 1);
    cluster.run_for(milliseconds(3));
    for (const auto& [number, name] : std::map(open)) {
      auto answer = cluster.host(3).responses.find(number);
      if (answer == cluster.host(3).responses.end()) continue;
      open.erase(number);
      const int error = answer->second.error() != 0 ? answer->second.error() : answer->second.topics().topics(0).error();
      if (error == static_cast<int>(ErrorCode::kNotController)) {
        ask(name);
      } else if (error == 0) {
        ++counted.done;
      } else {
        ++counted.refused_as_existing;
      }
    }
  }
}

TEST_F(Transfer, WhileTopicsAreCreatedNoneIsLostAndNoneIsMadeTwice) {
  up();
  Creations counted;
  create_through_transfers(cluster(), counted);
  EXPECT_EQ(counted.done, 400);
  EXPECT_EQ(counted.refused_as_existing, 0);
  ASSERT_TRUE(converges(seconds(1)));
  EXPECT_EQ(cluster().topics().size(), 401u);
  EXPECT_GE(cluster().process(cluster().ruler()).node()->ruling().value(), 5) << "hardly a hand-over took place";
}

TEST_F(Transfer, TheHeirDiesWhenTheRuleHasBeenGivenUp) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  when_written(former, deletes_controller, [&] { cluster().kill(heir); });
  cluster().transfer(heir);
  ASSERT_TRUE(cluster().run_until([&] { return !cluster().process(heir).alive(); }, seconds(1)));
  const Instant died = cluster().scheduler.now();
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().converged(); }, seconds(3)));
  EXPECT_LT(cluster().scheduler.now() - died, milliseconds(150)) << "its death is proven: nobody waits for its session";
  EXPECT_NE(cluster().ruler(), heir);
}

TEST_F(Transfer, TheHolderDiesBeforeItHasGivenTheRuleUp) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  when_written(former, deletes_candidate, [&] { cluster().kill(former); });
  cluster().transfer(heir);
  ASSERT_TRUE(cluster().run_until([&] { return !cluster().process(former).alive(); }, seconds(1)));
  ASSERT_TRUE(rules(heir, milliseconds(150))) << "first in the queue, over a holder that is proven dead";
  ASSERT_TRUE(converges(seconds(3)));
}

TEST_F(Transfer, TheHolderDiesHavingGivenTheRuleUp) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  when_written(former, deletes_controller, [&] { cluster().kill(former); });
  cluster().transfer(heir);
  ASSERT_TRUE(rules(heir, milliseconds(200)));
  ASSERT_TRUE(converges(seconds(3)));
}

TEST_F(Transfer, NomineeCutOffFromTheStore) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  when_written(former, deletes_controller, [&] { cluster().links.cut_both(heir, kStore); });
  cluster().transfer(heir);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().ruler() != heir; }, seconds(4)))
      << "the heir's session ends, and the next in the queue rules, be it the former ruler";
  cluster().links.heal_all();
  ASSERT_TRUE(converges(seconds(10)));
}

TEST_F(Transfer, AnHeirThatIsStoppedIsPassedOver) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  when_written(former, deletes_controller, [&] { cluster().process(heir).pause(); });
  cluster().transfer(heir);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().process(heir).paused(); }, seconds(1)));
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(8)));
  cluster().process(heir).resume();
  ASSERT_TRUE(converges(seconds(10)));
}

TEST_F(Transfer, TheStoreIsGoneInTheMiddle) {
  up();
  const int former = cluster().ruler();
  const int heir = another_than(former);
  when_written(former, deletes_candidate, [&] { cluster().store->set_down(true); });
  cluster().transfer(heir);
  cluster().run_for(seconds(4));
  cluster().store->set_down(false);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0 && cluster().converged(); }, seconds(10)));
}

// ---- controller.priority ------------------------------------------------------------------------------------------------------

class Priority : public Transfer {};

TEST_F(Priority, TheBestCandidateRulesOnceItIsSteady) {
  ClusterOptions options;
  options.priorities = {{2, 1}, {3, 10}};
  up(options);
  const std::string before = pages();
  ASSERT_TRUE(rules(3, seconds(15)));
  cluster().run_for(seconds(60));
  EXPECT_EQ(cluster().ruler(), 3);
  EXPECT_EQ(pages(), before);
}

TEST_F(Priority, OneThatDiedIsNotGivenTheRuleAgainAtOnce) {
  ClusterOptions options;
  options.priorities = {{3, 10}};
  up(options);
  ASSERT_TRUE(rules(3, seconds(15)));
  cluster().kill(3);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, milliseconds(150)));
  cluster().start(3);
  EXPECT_FALSE(rules(3, seconds(55)));
  EXPECT_TRUE(rules(3, seconds(10)));
}

TEST_F(Priority, AFlappingCandidateRulesRarely) {
  ClusterOptions options;
  options.priorities = {{3, 10}};
  up(options);
  int taken = 0;
  for (int i = 0; i < 100; ++i) {
    if (!cluster().process(3).alive()) cluster().start(3);
    const bool took = rules(3, seconds(6));
    taken += took;
    if (took) cluster().kill(3);
    ASSERT_TRUE(cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(2)));
  }
  EXPECT_GE(taken, 2);
  EXPECT_LE(taken, 5) << "in ten minutes: once, then after 1, 2 and 4 minutes";
}

// ---- controllers that are no brokers -------------------------------------------------------------------------------------------

class Dedicated : public Transfer {
 protected:
  void SetUp() override {
    ClusterOptions options;
    options.controllers = 2;
    up(options);
  }
  int other(int controller) const { return controller == 4 ? 5 : 4; }
};

TEST_F(Dedicated, OneRulesAndNeitherIsRegistered) {
  EXPECT_GE(cluster().ruler(), 4);
  for (int id : {4, 5}) EXPECT_EQ(cluster().store->tree().find(paths::broker_epoch(BrokerId(id))), nullptr);
  for (int i = 0; i < 6; ++i) {
    for (int id : cluster().partition("t", i)->replicas()) EXPECT_LE(id, 3);
  }
  EXPECT_EQ(cluster().store->tree().find(paths::kCandidates)->children.size(), 2u) << "a broker stands for election";
}

TEST_F(Dedicated, TheOtherFollowsByProofAndNoRoleMoves) {
  const int former = cluster().ruler();
  const std::string before = pages();
  cluster().kill(former);
  ASSERT_TRUE(rules(other(former), milliseconds(60)));
  ASSERT_TRUE(converges(seconds(1)));
  EXPECT_EQ(pages(), before);
  // And a broker's death under it.
  cluster().start(former);
  const int victim = leader();
  cluster().kill(victim);
  ASSERT_TRUE(cluster().run_until([&] { return leader() != victim && cluster().converged(); }, milliseconds(60)));
}

TEST_F(Dedicated, HandTheRuleToEachOther) {
  const int former = cluster().ruler();
  const std::string before = pages();
  cluster().transfer(other(former));
  ASSERT_TRUE(rules(other(former), milliseconds(100)));
  cluster().run_for(seconds(3));
  EXPECT_EQ(pages(), before);
}

TEST_F(Dedicated, WithoutAnyTheRolesStayAndTheNodesSayWhy) {
  const std::string before = pages();
  for (int id : {4, 5}) cluster().kill(id);
  cluster().run_for(seconds(10));
  EXPECT_EQ(cluster().ruler(), 0);
  EXPECT_EQ(pages(), before);
  control::Request query;
  query.set_correlation(78);
  query.mutable_query_status();
  cluster().process(1).host()->submit(query);
  ASSERT_TRUE(cluster().run_until([&] { return cluster().host(1).responses.contains(78); }, seconds(1)));
  ASSERT_TRUE(cluster().host(1).responses[78].status().has_standing());
  EXPECT_EQ(cluster().host(1).responses[78].status().standing(), 0);
  cluster().start(5);
  ASSERT_TRUE(rules(5, seconds(5)));
  ASSERT_TRUE(converges(seconds(3)));
}

}  // namespace
}  // namespace baton::simulation
