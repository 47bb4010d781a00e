// While the store is away the controller can store nothing, and says so to whoever wants something changed. What becomes of leases and
// leaders meanwhile: scenario_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/error_code.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class StoreOutage : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5))) << "no controller";
    cluster.run_for(milliseconds(200));
    cluster.create_topic("t", 6);
    ASSERT_TRUE(converges(seconds(5)));
  }
  void TearDown() override { EXPECT_EQ(cluster.invariants.violation().value_or("none"), "none"); }
  bool converges(Duration limit) {
    return cluster.run_until([&] { return !cluster.topics().empty() && cluster.converged(); }, limit);
  }

  Cluster cluster{ClusterOptions{}};
};

// Whoever wants something changed is not kept waiting for a store that is away: neither who asks then, nor who asked just before.
TEST_F(StoreOutage, MutationsAreRefusedAtOnceWhileTheStoreIsAway) {
  const int controller = cluster.ruler();
  auto ask = [&](uint64_t correlation) {
    control::Request request;
    request.set_correlation(correlation);
    control::NewTopic& topic = *request.mutable_create_topics()->add_topics();
    topic.set_name("u" + std::to_string(correlation));
    topic.set_partitions(1);
    topic.set_replication_factor(3);
    cluster.host(controller).submit(request);
  };
  auto answer = [&](uint64_t correlation) -> const control::Response* {
    auto& responses = cluster.host(controller).responses;
    return responses.contains(correlation) ? &responses.at(correlation) : nullptr;
  };
  cluster.store->set_down(true);
  for (int id : {1, 2, 3}) cluster.store->break_connection(id);
  ask(1);
  cluster.run_for(milliseconds(200));
  EXPECT_EQ(answer(1), nullptr) << "a short interruption is nobody's business";
  cluster.run_for(milliseconds(100));
  ask(2);
  cluster.run_for(milliseconds(20));
  for (const uint64_t correlation : {1u, 2u}) {
    ASSERT_NE(answer(correlation), nullptr) << correlation;
    EXPECT_EQ(answer(correlation)->error(), static_cast<int>(ErrorCode::kRequestTimedOut));
    EXPECT_NE(answer(correlation)->message().find("ZooKeeper"), std::string::npos);
  }
  cluster.run_for(seconds(10));
  cluster.store->set_down(false);
  ASSERT_TRUE(converges(seconds(10)));
  const std::vector<std::string> topics = cluster.topics();
  EXPECT_EQ(std::count(topics.begin(), topics.end(), "u2"), 0) << "it was told that nothing was done";
  cluster.run_for(seconds(1));
  cluster.create_topic("v", 1);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.partition("v", 0) != nullptr; }, seconds(5)));
}

TEST_F(StoreOutage, EveryKindOfMutationIsRefusedAndWhatChangesNothingIsAnswered) {
  const int controller = cluster.ruler();
  std::map<uint64_t, control::Request> mutations;
  mutations[1].mutable_create_topics()->add_topics()->set_name("u");
  mutations[2].mutable_delete_topics()->add_topics()->set_name("t");
  mutations[3].mutable_grow_topics()->add_topics()->set_name("t");
  mutations[4].mutable_change_configs()->add_resources()->mutable_resource()->set_name("t");
  mutations[5].mutable_move_leaders()->set_all(true);
  mutations[6].mutable_order_broker()->set_id(1);
  mutations[7].mutable_reassign()->add_partitions()->set_topic("t");
  control::Request question;
  question.set_correlation(8);
  question.mutable_what_if()->add_dead(controller % 3 + 1);
  cluster.store->set_down(true);
  for (int id : {1, 2, 3}) cluster.store->break_connection(id);
  cluster.run_for(milliseconds(400));
  for (auto& [correlation, request] : mutations) {
    request.set_correlation(correlation);
    cluster.host(controller).submit(request);
  }
  cluster.host(controller).submit(question);
  cluster.run_for(milliseconds(20));
  const auto& responses = cluster.host(controller).responses;
  for (const auto& [correlation, request] : mutations) {
    ASSERT_TRUE(responses.contains(correlation)) << correlation;
    EXPECT_EQ(responses.at(correlation).error(), static_cast<int>(ErrorCode::kRequestTimedOut)) << correlation;
  }
  ASSERT_TRUE(responses.contains(8));
  EXPECT_EQ(responses.at(8).error(), 0) << responses.at(8).message();
  cluster.store->set_down(false);
  cluster.run_for(seconds(5));
  EXPECT_EQ(cluster.topics(), std::vector<std::string>{"t"}) << "nothing was done";
}

// What the store does not answer, and soon answers again, is nobody's business either.
TEST_F(StoreOutage, AShortInterruptionOfTheStoreRefusesNothing) {
  cluster.store->set_down(true);
  for (int id : {1, 2, 3}) cluster.store->break_connection(id);
  cluster.create_topic("u", 1);
  cluster.run_for(milliseconds(150));
  cluster.store->set_down(false);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.partition("u", 0) != nullptr; }, seconds(5)));
}

}  // namespace
}  // namespace baton::simulation
