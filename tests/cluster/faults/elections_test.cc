// Real clusters whose controllers are elected by another algorithm than the queue: what kills, stops and hand-overs do is the same.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/posix_file_system.h"
#include "cli/cluster/controller_request.h"
#include "controller/election/catalog.h"
#include "controller/runtime/election_memory.h"
#include "drills/scenarios/kill_leader.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

// The herd alone learns of a death by the end of a session.
std::map<std::string, std::string> elected_by(const std::string& word) {
  std::map<std::string, std::string> settings{{"controller.election", word}};
  return word == "herd" ? settings : patient(settings);
}

class Elections : public testing::TestWithParam<const char*> {
 protected:
  explicit Elections(std::map<std::string, std::string> settings = elected_by(GetParam())) : rig(std::move(settings)) {}

  mutable LocalCluster rig;

  // What this broker's candidate keeps on its disk, of the algorithm's own.
  std::string promises_of(int id) const {
    const std::filesystem::path path =
        rig.cluster().directory().broker(id) / "data" / node::election_file_name((*election::find_elector(GetParam()))->name);
    PosixFileSystem files;
    const std::string bytes = must(read_whole_file(files, path), "reading the promises");
    return must(node::from_file(bytes, path), "understanding the promises").state();
  }
  // Raft's term, Paxos' promised epoch: each state begins with the number that grows.
  static int64_t number_of(const std::string& state) {
    Reader in(state);
    return in.varlong();
  }
};

TEST_P(Elections, AKilledControllerIsSucceededAndNothingIsLost) {
  const cluster::ClusterState before = rig.state();
  auto report = conclusive([&] {
    return drills::kill_leader(rig.cluster(), {.victim = drills::Victim::kBoth},
                               [](const drills::Round& round) { std::cout << drills::round_for_people(round); });
  });
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass) << drills::summary_for_people(report);
  ASSERT_EQ(report.rounds.size(), 1u);
  EXPECT_GT(report.rounds.front().findings.acknowledged, 0u);
  EXPECT_EQ(report.rounds.front().findings.lost, 0u);
  const cluster::ClusterState after = rig.state();
  EXPECT_NE(after.controller_id, before.controller_id);
  EXPECT_GT(after.controller_epoch, before.controller_epoch);
}

// By its silence: a supervisor would kill it.
class Silence : public Elections {
 protected:
  Silence() : Elections({{"controller.election", GetParam()}, {"broker.supervised", "false"}}) {}
};

TEST_P(Silence, AStoppedControllerIsDeposedAndStaysSo) {
  const int stopped = rig.state().controller_id;
  const pid_t pid = rig.broker(stopped).pid;
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  await("another rules", [&] { return rig.state().controller_id > 0 && rig.state().controller_id != stopped; });
  const int successor = rig.state().controller_id;
  ASSERT_EQ(::kill(pid, SIGCONT), 0);
  rig.await_health();
  EXPECT_EQ(rig.state().controller_id, successor) << "who returns does not take over";
}

TEST_P(Elections, TheRuleIsHandedToWhomItIsWished) {
  for (int round = 0; round < 3; ++round) {
    rig.await_health();
    const int heir = rig.state().controller_id % 3 + 1;
    control::Request wish;
    wish.mutable_transfer_controller()->set_to(heir);
    // A candidate that has not followed for long enough is refused: it is asked for until it has.
    await("the rule is handed over", [&] {
      auto answer = cluster::ask_controller(rig.cluster().description(), wish, client::after(kPatience));
      return answer && answer->transferred().id() == heir;
    });
    await("every node knows who rules", [&] { return rig.state().controller_id == heir; });
  }
}

class Priorities : public Elections {};

// Started again with a priority, one that stood by takes the rule once it is steady.
TEST_P(Priorities, ABetterCandidateTakesTheRule) {
  const int better = rig.state().controller_id % 3 + 1;
  must(rig.cluster().hold_broker(better), "holding");
  rig.kill(rig.broker(better));
  support::ChildProcess process = rig.start_another(better, {{"controller.priority", "10"}}, rig.dir() / "better.log");
  await("it rules", [&] { return rig.state().controller_id == better; });
  process.signal(SIGKILL);
  await("another rules", [&] { return rig.state().controller_id != better && rig.state().controller_id > 0; });
}

class Restarts : public Elections {
 protected:
  Restarts() : Elections({{"controller.election", GetParam()}}) {}  // the sessions of all are to end
};

// Terms, votes and promises are read back: nobody begins anew under numbers that others count on.
TEST_P(Restarts, EverythingIsKilledAndStartedAgain) {
  drills::Bed bed(rig.place(), "everything", {3, 1, 2});
  must(bed.prepare(), "preparing");
  const cluster::ClusterState before = rig.state();
  const uint64_t acknowledged = bed.load().acknowledged();
  const bool asks_peers = !rig.cluster().description().voters.empty();
  EXPECT_EQ(asks_peers, (*election::find_elector(GetParam()))->asks_peers);
  const std::string promises_before = asks_peers ? promises_of(1) : "";
  rig.kill_everything();
  rig.start_everything();
  rig.await_health();
  EXPECT_GT(rig.state().controller_epoch, before.controller_epoch);
  await("writing goes on", [&] { return bed.load().acknowledged() >= acknowledged + 300; });
  expect_nothing_lost(bed);
  if (!(*election::find_elector(GetParam()))->durable) return;
  EXPECT_GT(number_of(promises_of(1)), number_of(promises_before)) << "the numbers began anew";
}

std::string without_hyphen(const testing::TestParamInfo<const char*>& run) {
  std::string name = run.param;
  std::erase(name, '-');
  return name;
}

const auto kBesideTheDefault = testing::Values("herd", "bully", "ring", "hirschberg-sinclair", "raft", "paxos", "lease");
INSTANTIATE_TEST_SUITE_P(Each, Elections, kBesideTheDefault, without_hyphen);
INSTANTIATE_TEST_SUITE_P(Each, Silence, kBesideTheDefault, without_hyphen);
INSTANTIATE_TEST_SUITE_P(Each, Priorities, testing::Values("bully", "raft", "lease"), without_hyphen);
// What the others would do is one of these: they keep nothing, or the list of voters alone.
INSTANTIATE_TEST_SUITE_P(Each, Restarts, testing::Values("bully", "raft", "paxos"), without_hyphen);

TEST(ElectionPromises, ADamagedFileStopsTheStartAndSaysWhatToDo) {
  LocalCluster rig{{{"controller.election", "raft"}, {"broker.supervised", "false"}}};
  const int victim = rig.state().controller_id % 3 + 1;
  must(rig.cluster().hold_broker(victim), "holding");
  rig.kill(rig.broker(victim));
  const std::string path = rig.cluster().directory().broker(victim) / "data" / "election-raft";
  ASSERT_TRUE(std::filesystem::exists(path));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const auto start = [&](std::map<std::string, std::string> overrides) {
    support::ChildProcess process = rig.start_another(victim, overrides, rig.dir() / "another.log");
    const auto exit = process.wait(kPatience);
    return exit ? support::text_of(rig.dir() / "another.log") : "it runs";
  };
  EXPECT_NE(start({}).find(path + " is damaged"), std::string::npos) << start({});
  std::filesystem::remove(path);
  // Without it: after a pause, as one that may have promised anything.
  must(rig.cluster().start_broker(victim), "starting");
  rig.await_health();
  await("it promises again", [&] { return std::filesystem::exists(path); });
  must(rig.cluster().hold_broker(victim), "holding");
  rig.kill(rig.broker(victim));
  const std::string self =
      std::to_string(victim) + "@127.0.0.1:" + std::to_string(rig.cluster().description().broker(victim)->control_port);
  EXPECT_NE(start({{"controller.quorum.voters", self + ",8@127.0.0.1:1"}}).find("change one voter at a time"), std::string::npos);
}

}  // namespace
}  // namespace baton::rig
