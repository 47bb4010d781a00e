// What the scenarios with logs begin with: a simulated cluster with one partition under load, and how each ends: nothing lost, nothing
// violated, or just what a planted fault is to violate.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/logging.h"
#include "base/mutants.h"
#include "partitions/log/record_batch.h"
#include "tests/simulation/data_cluster.h"

namespace baton::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DataScenario : public ::testing::Test {
 protected:
  DataScenario() { log::set_level(log::Level::kError); }
  void up(uint64_t seed = 1, int brokers = 3, bool commit_flush_policy = false) {
    ClusterOptions options;
    options.commit_flush_policy = commit_flush_policy;
    options.seed = seed;
    options.brokers = brokers;
    data_ = std::make_unique<DataCluster>(options, 1);
    ASSERT_TRUE(data().start());
    ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(5)));
  }
  void TearDown() override { down(); }
  void down() {
    clear_mutants();
    if (data_) {
      EXPECT_EQ(data().violation().value_or("none"), "none");
    }
    data_.reset();
  }
  DataCluster& data() { return *data_; }
  Cluster& cluster() { return data().cluster; }
  int leader() { return data().partition(0).leader(); }
  // The partition is led beyond that epoch by somebody who may act.
  bool acts_beyond(int32_t epoch) {
    const control::Partition& state = data().partition(0);
    if (state.leader() == -1 || state.leader_epoch() <= epoch) return false;
    DataBroker* led_by = data().broker(state.leader());
    if (led_by == nullptr || led_by->lease_until() <= cluster().scheduler.now()) return false;
    Replica* replica = led_by->replica(data().key(0));
    return replica != nullptr && replica->role() == ReplicaRole::kLeader;
  }
  // Everybody is up again, nothing was lost, and every client was served.
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
  }
  void produce(int count, const std::string& what = "by hand") {
    for (int i = 0; i < count; ++i) {
      RecordBatchBuilder builder;
      builder.add(1'700'000'000'000, std::nullopt, what + " " + std::to_string(i));
      bool done = false;
      data().broker(leader())->produce(data().key(0), builder.build(), -1, [&](DataBroker::Acknowledgement answer) {
        EXPECT_EQ(answer.error, ErrorCode::kNone);
        done = true;
      });
      ASSERT_TRUE(data().step_until([&] { return done; }, seconds(2)));
    }
  }

  // R9: the second start must not read clean. The disk is empty, the broker gets its role and makes a log, and is killed before it
  // could catch up with anybody, for the others are down.
  void lose_disk_and_kill_again() {
    up();
    produce(20);
    for (int id : {3, 2, 1}) {  // 2 leaves an ISR that thereby falls below its minimum: it stays eligible
      cluster().kill(id);
      data().step(milliseconds(300));
    }
    data().lose_disk(2);
    cluster().start(2);
    ASSERT_TRUE(data().step_until([&] { return data().broker(2)->replica(data().key(0)) != nullptr; }, seconds(10))) << data().describe();
    cluster().kill(2);
    cluster().start(2);
    data().step(seconds(6));
  }

  // R10: broker 3 holds a log of "t" and sleeps through that topic's end and the beginning of another of the same name.
  void recreate_while_one_sleeps() {
    up();
    produce(20, "old");
    const int sleeper = leader() % 3 + 1 == cluster().ruler() ? (leader() + 1) % 3 + 1 : leader() % 3 + 1;
    const int first = leader(), second = 6 - first - sleeper;
    const RoleKeeper::Key former = data().key(0);
    for (int other : {kStore, first, second}) cluster().links.cut_both(sleeper, other);
    cluster().delete_topic("t");
    ASSERT_TRUE(data().step_until([&] { return cluster().topics().empty(); }, milliseconds(200)));
    cluster().create_topic("t", 1, {first, second, sleeper});
    ASSERT_TRUE(data().step_until([&] { return !cluster().topics().empty() && data().key(0) != former; }, milliseconds(200)));
    ASSERT_EQ(data().partition(0).isr_size(), 3);
    cluster().kill(sleeper);
    cluster().links.heal_all();
    ASSERT_TRUE(data().step_until([&] { return cluster().converged() && data().partition(0).isr_size() == 2; }, seconds(5)));
    produce(5, "new");
    cluster().start(sleeper);
    ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(10))) << data().describe();
    data().step(milliseconds(300));
    data().workload.check_replicas();
  }
  // Five records were written to the new topic.
  bool old_records_are_shown() {
    const auto holds_more = [&](int id) { return data().broker(id)->replica(data().key(0))->log().end_offset() > 5; };
    return holds_more(1) || holds_more(2) || holds_more(3);
  }

  // Five brokers, of whom the controller is no replica.
  void up_with_a_controller_aside(int min_insync_replicas, uint64_t first_seed = 1) {
    for (uint64_t seed = first_seed; seed < first_seed + 60; ++seed) {
      ClusterOptions options;
      options.seed = seed;
      options.brokers = 5;
      options.min_insync_replicas = min_insync_replicas;
      data_ = std::make_unique<DataCluster>(options, 1);
      ASSERT_TRUE(data().start());
      ASSERT_TRUE(data().step_until([&] { return data().whole(); }, seconds(5)));
      const auto& replicas = data().partition(0).replicas();
      if (std::find(replicas.begin(), replicas.end(), cluster().ruler()) == replicas.end()) return;
    }
    FAIL() << "no seed has it so";
  }

  // R3: two are killed and the third loses power, all before the first tombstone stands. Then the third comes back alone.
  void kill_two_and_cut_the_power_of_the_third(uint64_t first_seed = 1) {
    up_with_a_controller_aside(1, first_seed);
    produce(20);
    std::vector<int> replicas(data().partition(0).replicas().begin(), data().partition(0).replicas().end());
    std::sort(replicas.begin(), replicas.end());
    cluster().kill(replicas[0]);
    cluster().kill(replicas[1]);
    data().lose_power(replicas[2]);
    ASSERT_TRUE(data().step_until([&] { return leader() == -1; }, seconds(5)));
    cluster().start(replicas[2]);
    data().step(seconds(4));
  }

  // R8: an expansion is stored and its reply is lost, as the store is gone at that moment; the added member bounces, and the leader
  // asks again.
  void bounce_the_added_member_while_its_expansion_is_open() {
    up_with_a_controller_aside(2);
    data().workload.start();
    data().step(milliseconds(300));
    const auto& isr = data().partition(0).isr();
    const int added = *std::find_if(isr.begin(), isr.end(), [&](int id) { return id != leader(); });
    cluster().kill(added);
    ASSERT_TRUE(data().step_until([&] { return data().partition(0).isr_size() == 2; }, seconds(5)));
    auto page = cluster().on_page;
    bool stored = false;
    cluster().on_page = [&](const std::string& topic, const control::Partition& before, const control::Partition& after) {
      page(topic, before, after);
      if (stored || after.isr_size() != 3) return;
      stored = true;
      cluster().store->set_down(true);
    };
    cluster().start(added);
    ASSERT_TRUE(data().step_until([&] { return stored; }, seconds(5)));
    cluster().on_page = page;
    cluster().kill(added);
    cluster().start(added);
    data().step(milliseconds(2600));  // a leader that hears nothing asks again after two seconds
    cluster().store->set_down(false);
  }

  std::unique_ptr<DataCluster> data_;
};

}  // namespace baton::simulation
