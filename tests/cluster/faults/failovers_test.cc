// The flight recorder of a real cluster: the leader is killed, then the controller that leads, then everything; each time
// `baton failovers` tells what happened, completely and in order, and everything that it told before.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/cluster/failovers.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"
#include "tests/cluster/rig/store_reader.h"
#include "tests/support/command.h"

namespace baton::rig {
namespace {

using nlohmann::json;

class FlightRecorder : public ::testing::Test {
 protected:
  std::string failovers(const std::string& options) {
    const support::CommandOutcome outcome =
        support::run_command(BATON_BINARY_DIR "/bin/baton-cli failovers " + options + " --dir " + (rig.dir() / "cluster"));
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    return outcome.out;
  }
  std::vector<json> records() {
    std::vector<json> found;
    std::istringstream lines(failovers("--json"));
    for (std::string line; std::getline(lines, line);) found.push_back(json::parse(line));
    return found;
  }
  static std::vector<json> stored(StoreReader& store) {
    control::FailoverHistory history;
    std::vector<json> found;
    if (!history.ParseFromString(store.read("/metadata/failovers").value_or(""))) return found;
    for (const control::FailoverRecord& record : history.records()) found.push_back(json::parse(cluster::failover_json(record)));
    return found;
  }
  // The latest record of that kind and broker, once it has all of these stages, by all of these brokers.
  json complete(const std::string& kind, int broker, const std::multimap<std::string, int>& stages) {
    json latest;
    await(kind + " of broker " + std::to_string(broker) + " with all its stages", [&] {
      for (const json& record : records()) {
        if (record["kind"] == kind && record["broker"] == broker) latest = record;
      }
      return std::all_of(stages.begin(), stages.end(),
                         [&](const auto& wanted) { return after_ms(latest, wanted.first, wanted.second) >= 0; });
    });
    return latest;
  }
  // -1: there is no such moment. Broker 0: whoever it was.
  static double after_ms(const json& record, const std::string& stage, int broker = 0) {
    for (const json& each : record.value("stages", json::array())) {
      if (each["stage"] == stage && (broker == 0 || each.value("broker", 0) == broker)) return each["after_ms"];
    }
    return -1;
  }
  static void expect_order(const json& record, const std::vector<std::string>& stages) {
    for (size_t i = 1; i < stages.size(); ++i) EXPECT_LE(after_ms(record, stages[i - 1]), after_ms(record, stages[i])) << record;
  }

  // A controller that the machine holds up for so long that its session ends takes along what it could not store yet.
  LocalCluster rig{{{"zookeeper.session.timeout.ms", "5000"}}};
};

TEST_F(FlightRecorder, TellsOfLeadersControllersAndLivesAfterEverythingHasDied) {
  const drills::Cast cast = must(drills::Cast::of(rig.cluster()), "the cast");
  const int leader = cast.others[0];
  const int heir = cast.others[1];
  drills::Bed bed(rig.place(), "recorded", {leader, heir, cast.controller});
  must(bed.prepare(), "preparing");

  rig.kill(rig.broker(leader));
  const json death = complete("broker-death", leader,
                              {{"decided", 0},
                               {"tombstone_confirmed", 0},
                               {"pages_confirmed", 0},
                               {"pushed", 0},
                               {"applied", heir},
                               {"applied", cast.controller},
                               {"acknowledged", heir},
                               {"removed_confirmed", 0}});
  EXPECT_EQ(death["cause"], "proof");
  EXPECT_EQ(death["controller"]["id"], cast.controller);
  EXPECT_GE(death["new_leaders"].value(std::to_string(heir), 0), 1) << death;
  EXPECT_EQ(death["leaderless"], 0);
  expect_order(death, {"detected", "decided", "tombstone_confirmed", "pages_confirmed", "pushed", "applied", "acknowledged"});
  EXPECT_LT(after_ms(death, "acknowledged"), 60'000);
  must(rig.cluster().start_broker(leader), "starting");
  rig.await_health();
  await("a full ISR", [&] { return bed.isr_full(); });

  // The controller is killed, and with it a leader, since it leads a topic of its own.
  drills::Bed both(rig.place(), "both", {cast.controller, heir, leader});
  must(both.prepare(), "preparing");
  rig.kill(rig.broker(cast.controller));
  await("another controller", [&] { return rig.state().controller_id > 0 && rig.state().controller_id != cast.controller; });
  const int controller = rig.state().controller_id;
  const json election = complete("controller-election", controller,
                                 {{"nominated", 0}, {"claim_confirmed", 0}, {"loaded", 0}, {"followed", heir}, {"followed", leader}});
  EXPECT_EQ(election["cause"], "proof") << election;
  EXPECT_EQ(election["former_controller"], cast.controller);
  expect_order(election, {"detected", "nominated", "claim_confirmed", "loaded", "followed"});
  const json second = complete("broker-death", cast.controller, {{"pages_confirmed", 0}, {"acknowledged", heir}, {"removed_confirmed", 0}});
  EXPECT_EQ(second["controller"]["id"], controller);
  EXPECT_GT(second["id"], election["id"]);
  must(rig.cluster().start_broker(cast.controller), "starting");
  rig.await_health();
  expect_nothing_lost(both);
  expect_nothing_lost(bed);

  // What was told before the controller died was stored; what its successor tells is stored as soon as it has been quiet.
  std::map<int64_t, json> before;
  StoreReader store(rig.cluster().description().zookeeper.connect);
  await("all that is told is stored", [&] { return stored(store) == records(); });
  for (const json& record : records()) before[record["id"]] = record;
  EXPECT_EQ(before.at(death["id"]), death) << "what the former controller has told";
  rig.kill_everything();
  rig.start_everything();
  std::map<int64_t, json> after;
  for (const json& record : records()) after[record["id"]] = record;
  for (const json& known : {death, election, second}) {
    ASSERT_TRUE(after.contains(known["id"])) << known;
    EXPECT_EQ(after[known["id"]], before[known["id"]]);
  }
  EXPECT_GT(after.size(), before.size()) << "everybody's death and an election came since";

  EXPECT_NE(failovers("").find("controller " + std::to_string(controller) + " elected"), std::string::npos);
  EXPECT_EQ(failovers("--last").find(std::to_string(after.rbegin()->first) + ": "), 0u);
}

}  // namespace
}  // namespace baton::rig
