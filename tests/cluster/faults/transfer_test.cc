// The rule handed over between real processes: gapless for whoever writes, no role moved, nothing that was asked for meanwhile lost
// or done twice; and a better candidate that gets the rule by itself.
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/client/topic_admin.h"
#include "cli/cluster/controller_request.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

class Transfer : public testing::Test {
 protected:
  control::ControllerTransferred transfer(int to) {
    control::Request wish;
    wish.mutable_transfer_controller()->set_to(to);
    auto answer = must(cluster::ask_controller(rig.cluster().description(), wish, client::after(kPatience)), "handing over");
    return answer.transferred();
  }
  int another_than(int id) const { return id % 3 + 1; }
  support::CommandOutcome baton(const std::string& arguments) {
    return support::run_command(BATON_BINARY_DIR "/bin/baton-cli controller " + arguments + " --dir " + (rig.dir() / "cluster"));
  }

  // A broker is live before it stands for election, and after a hand-over it finds the new controller by and by.
  void await_candidates() {
    await("everybody could rule", [&] {
      auto shown = baton("status --json");
      if (shown.code != 0) return false;
      const auto queue = nlohmann::json::parse(shown.out)["queue"];
      int able = 0;
      for (const auto& each : queue) able += each["state"] == "rules" || each["state"] == "stands by";
      return able == 3;
    });
  }

  SystemClock clock;
  LocalCluster rig{patient()};
};

// One topic after the other, each asked for once; how long each took and what was refused.
struct Creator {
  explicit Creator(std::string at) : bootstrap(std::move(at)), thread([this] { run(); }) {}
  ~Creator() { stop(); }
  void stop() {
    stopped = true;
    if (thread.joinable()) thread.join();
  }
  void run() {
    SystemClock clock;
    while (!stopped) {
      client::NewTopic topic;
      topic.name = "made-" + std::to_string(made);
      topic.partitions = 1;
      const Instant asked = clock.now();
      Status done = client::create_topic(bootstrap, topic, client::after(kPatience));
      if (done) {
        longest = std::max(longest, clock.now() - asked);
        ++made;
      } else {
        refused.push_back(std::string(name_of(done.error().code)) + " " + done.error().message);
        return;
      }
    }
  }

  std::string bootstrap;
  std::atomic<int> made{0};
  std::atomic<bool> stopped{false};
  Duration longest{};
  std::vector<std::string> refused;
  std::thread thread;
};

TEST_F(Transfer, UnderLoadMovesTheRuleAndNothingElse) {
  await_candidates();
  drills::Bed bed(rig.place(), "loaded", {1, 2, 3});
  must(bed.prepare(), "preparing");
  const Standing before = Standing::of(rig.state());
  int epoch = rig.state().controller_epoch;
  Creator creator(rig.bootstrap());
  await("topics are made", [&] { return creator.made >= 5; });
  const Instant from = clock.now();
  double longest_ms = 0;
  constexpr int kTransfers = 6;
  for (int i = 0; i < kTransfers; ++i) {
    const int made = creator.made;
    const int heir = another_than(rig.state().controller_id);
    await_candidates();
    const control::ControllerTransferred done = transfer(heir);
    EXPECT_EQ(done.id(), heir);
    await("every node knows who rules", [&] { return rig.state().controller_id == heir; });
    EXPECT_GT(done.epoch(), epoch);
    epoch = done.epoch();
    longest_ms = std::max(longest_ms, static_cast<double>(done.took_us()) / 1000);
    await("topics are made again", [&] { return creator.made >= made + 5 || !creator.refused.empty(); });
  }
  creator.stop();
  EXPECT_TRUE(creator.refused.empty()) << creator.refused.front();
  cluster::ClusterState after = rig.state();
  Standing standing = Standing::of(after);
  int found = 0;
  for (auto at = standing.leaders.begin(); at != standing.leaders.end();) {
    found += at->first.starts_with("made-");
    // Made meanwhile by these or by the bed's consumer.
    const bool is_new = !before.leaders.contains(at->first);
    at = is_new ? standing.leaders.erase(at) : std::next(at);
  }
  EXPECT_EQ(standing, before) << "a hand-over changed a role";
  EXPECT_EQ(found, creator.made) << "a topic was lost";
  std::cout << kTransfers << " hand-overs, the longest " << longest_ms << " ms; " << creator.made << " topics, the slowest after "
            << std::chrono::duration<double, std::milli>(creator.longest).count() << " ms; longest gap of acks=all writes "
            << static_cast<double>(bed.probe().longest_gap_ns(from, clock.now())) / 1e6 << " ms\n";
  await("enough was written", [&, now = clock.now()] { return acknowledged_between(bed.probe(), now, clock.now()) >= 300; });
  expect_nothing_lost(bed);
}

TEST_F(Transfer, TheCommandSaysWhoRulesAndWhoCould) {
  await_candidates();
  const int ruler = rig.state().controller_id;
  const int heir = another_than(ruler);
  auto shown = baton("status");
  EXPECT_EQ(shown.code, 0) << shown.error;
  EXPECT_TRUE(shown.out.starts_with("Controller " + std::to_string(ruler) + "  epoch ")) << shown.out;
  auto known = nlohmann::json::parse(baton("status --json").out);
  EXPECT_EQ(known["controller"]["id"], ruler);
  ASSERT_EQ(known["queue"].size(), 3u);
  EXPECT_EQ(known["queue"][0]["state"], "rules");

  auto unknown = baton("transfer --to 9");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.error.find("9 does not stand for election: candidates are "), std::string::npos) << unknown.error;
  auto itself = baton("transfer --to " + std::to_string(ruler));
  EXPECT_EQ(itself.code, 0);
  EXPECT_TRUE(itself.out.starts_with(std::to_string(ruler) + " is the controller already")) << itself.out;
  auto moved = baton("transfer --json --to " + std::to_string(heir));
  ASSERT_EQ(moved.code, 0) << moved.error;
  EXPECT_EQ(nlohmann::json::parse(moved.out)["controller"]["id"], heir);
  await("every node knows who rules", [&] { return rig.state().controller_id == heir; });
  await_candidates();
  auto best = baton("transfer");
  EXPECT_EQ(best.code, 0) << best.error;
  await("another one rules", [&] { return rig.state().controller_id > 0 && rig.state().controller_id != heir; });
  rig.await_health();
}

// Started again with a priority, one that stood by takes the rule once it is steady, and no role moves.
TEST_F(Transfer, ABetterCandidateTakesTheRule) {
  const int better = another_than(rig.state().controller_id);
  must(rig.cluster().hold_broker(better), "holding");
  rig.kill(rig.broker(better));
  support::ChildProcess process = rig.start_another(better, {{"controller.priority", "10"}}, rig.dir() / "better.log");
  await("it rules", [&] { return rig.state().controller_id == better; });
  auto answer = baton("status --json");
  auto known = nlohmann::json::parse(answer.out);
  EXPECT_EQ(known["queue"][0]["priority"], 10) << answer.out;
  EXPECT_EQ(known["waits_for"], "");
  process.signal(SIGKILL);
  await("another rules", [&] { return rig.state().controller_id != better && rig.state().controller_id > 0; });
}

}  // namespace
}  // namespace baton::rig
