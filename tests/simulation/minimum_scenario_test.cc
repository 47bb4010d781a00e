// R8, a minimum ISR that changes while the cluster runs: lowered, who left below the former one may not lead any more; raised,
// nothing counts on it that its leader has not heard of.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/logging.h"
#include "base/mutants.h"
#include "partitions/log/record_batch.h"
#include "tests/simulation/data_cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class MinimumScenario : public ::testing::Test {
 protected:
  MinimumScenario() { log::set_level(log::Level::kError); }
  ~MinimumScenario() override { clear_mutants(); }

  // Five brokers, of whom the controller is no replica.
  void up(int minimum) {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
      ClusterOptions options;
      options.seed = seed;
      options.brokers = 5;
      options.min_insync_replicas = minimum;
      data_ = std::make_unique<DataCluster>(options, 1);
      ASSERT_TRUE(data().start());
      ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(5)));
      const auto& replicas = data().partition(0).replicas();
      if (std::find(replicas.begin(), replicas.end(), cluster().ruler()) == replicas.end()) return;
    }
    FAIL() << "no seed has it so";
  }
  DataCluster& data() { return *data_; }
  Cluster& cluster() { return data().cluster; }
  int leader() { return data().partition(0).leader(); }
  std::vector<int> followers() {
    std::vector<int> ids;
    for (int id : data().partition(0).isr()) {
      if (id != leader()) ids.push_back(id);
    }
    return ids;
  }
  Replica& leading() { return *data().broker(leader())->replica(data().key(0)); }
  // Killed one after the other, each gone from the ISR before the next.
  void lose(const std::vector<int>& victims) {
    for (int victim : victims) {
      const int left = data().partition(0).isr_size() - 1;
      cluster().kill(victim);
      ASSERT_TRUE(data().step_until([&] { return data().partition(0).isr_size() == left; }, seconds(5)));
    }
  }
  // How many of `count` are acknowledged at acks=all, each within two seconds.
  int produce(int count) {
    auto acknowledged = std::make_shared<int>(0);  // an answer may come when we have given up on it
    for (int i = 0; i < count; ++i) {
      RecordBatchBuilder builder;
      builder.add(1'700'000'000'000, std::nullopt, "value " + std::to_string(i));
      auto done = std::make_shared<bool>(false);
      data().broker(leader())->produce(data().key(0), builder.build(), -1, [acknowledged, done](DataBroker::Acknowledgement answer) {
        *acknowledged += answer.error == ErrorCode::kNone;
        *done = true;
      });
      data().step_until([&] { return *done; }, seconds(2));
    }
    return *acknowledged;
  }
  void set_minimum(int minimum) {
    cluster().set_config("t", "min.insync.replicas", std::to_string(minimum));
    ASSERT_TRUE(data().step_until([&] { return leading().leadership().min_insync_replicas == minimum; }, seconds(5)));
  }
  // One of the two that left below a minimum of two may lead; then the minimum is one, the leader goes on alone and dies too.
  void lower_it_under_a_lone_leader() {
    up(2);
    ASSERT_EQ(produce(5), 5);
    first_ = leader();
    left_ = followers();
    lose(left_);
    ASSERT_EQ(data().partition(0).eligible_size(), 1);
    ASSERT_EQ(produce(1), 0) << "one is not enough yet";
    set_minimum(1);
  }
  void only_the_others_come_back() {
    cluster().kill(first_);
    for (int id : left_) cluster().start(id);
    data().step(seconds(4));
  }
  void settles() {
    ASSERT_TRUE(data().step_until(
        [&] {
          cluster().start_all();
          return data().whole();
        },
        seconds(30)))
        << data().describe();
    data().workload.stop();
    ASSERT_TRUE(data().step_until([&] { return data().workload.drained(); }, seconds(10)));
    data().workload.check_final();
    EXPECT_EQ(data().violation().value_or("none"), "none");
  }

  std::unique_ptr<DataCluster> data_;
  int first_ = 0;
  std::vector<int> left_;
};

TEST_F(MinimumScenario, ALowerOneLetsTheLoneLeaderCommitAndNobodyElseLeadAfterIt) {
  lower_it_under_a_lone_leader();
  EXPECT_EQ(data().partition(0).eligible_size(), 0);
  EXPECT_EQ(produce(10), 10);
  const int64_t committed = leading().high_watermark();
  only_the_others_come_back();
  EXPECT_EQ(leader(), -1) << "they lack what was committed without them";
  settles();
  EXPECT_GE(leading().high_watermark(), committed);
}

// By itself the forgotten write costs no record: the leader holds its high watermark while the page names somebody eligible.
TEST_F(MinimumScenario, MutantEligibleKeptByLowerMinimumLeavesTheLeaderWaiting) {
  plant(Mutant::eligible_kept_by_lower_minimum);
  lower_it_under_a_lone_leader();
  EXPECT_EQ(data().partition(0).eligible_size(), 1);
  EXPECT_EQ(produce(1), 0);
}

TEST_F(MinimumScenario, ARaisedOneHoldsForWhoLeavesFromThenOn) {
  up(1);
  ASSERT_EQ(produce(5), 5);
  first_ = leader();
  left_ = followers();
  lose({left_[0]});
  ASSERT_EQ(produce(5), 5);
  set_minimum(2);
  lose({left_[1]});
  EXPECT_EQ(produce(1), 0);
  cluster().kill(first_);
  // Who left under the lower minimum lacks five records. Who left under the higher one has them all, and may lead.
  cluster().start(left_[0]);
  data().step(seconds(4));
  EXPECT_EQ(leader(), -1);
  cluster().start(left_[1]);
  ASSERT_TRUE(data().step_until([&] { return leader() == left_[1]; }, seconds(10))) << data().describe();
  settles();
}

// Up and down, time and again, under load, while brokers come and go.
TEST_F(MinimumScenario, UpAndDownUnderLoad) {
  up(2);
  data().workload.start();
  for (int round = 0; round < 12; ++round) {
    cluster().set_config("t", "min.insync.replicas", std::to_string(1 + round % 3));
    data().step(milliseconds(150));
    const int victim = data().partition(0).replicas(round % 3);
    cluster().kill(victim);
    data().step(milliseconds(400));
    cluster().set_config("t", "min.insync.replicas", std::to_string(1 + (round + 1) % 3));
    data().step(milliseconds(150));
    cluster().start(victim);
    ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10))) << data().describe();
  }
  settles();
}

}  // namespace
}  // namespace baton::simulation
