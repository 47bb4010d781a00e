// `baton lab` as a user types it. It needs no cluster.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace baton {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

support::CommandOutcome lab(const std::string& arguments) {
  return support::run_command(BATON_BINARY_DIR "/bin/baton-cli lab " + arguments);
}

using support::text_of;

TEST(Lab, RunPrintsATableAndWritesTheRest) {
  support::TempDir dir;
  const auto outcome = lab("run --electors bully,raft --nodes 3,5 --faults none,partition --seeds 3 --out " + (dir / "out"));
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.error, HasSubstr("8/8  raft with 5 nodes, partition")) << "progress";
  EXPECT_THAT(outcome.out, HasSubstr("FAIR"));
  const auto figures = nlohmann::json::parse(text_of(dir / "out/lab.json"));
  ASSERT_EQ(figures.size(), 8U);
  for (const auto& one : figures) EXPECT_EQ(one["ruled_twice"], 0);
  EXPECT_THAT(text_of(dir / "out/lab.csv"), HasSubstr("bully,5,partition,3,"));
  EXPECT_THAT(text_of(dir / "out/lab.html"), HasSubstr("--electors bully,raft --nodes 3,5 --faults none,partition --seeds 3"));
}

TEST(Lab, RunIsTheSameEachTime) {
  const std::string command = "run --electors paxos --nodes 5 --faults crash --seeds 5 --json";
  const auto once = lab(command);
  ASSERT_EQ(once.code, 0) << once.error;
  EXPECT_EQ(once.out, lab(command).out);
}

TEST(Lab, SweepShowsTheTradeOff) {
  const auto outcome = lab("run --electors raft --sweep timeout=20/200,delay=1 --seeds 3 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  const auto figures = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_LT(figures[0]["rounds_median"], figures[1]["rounds_median"]) << "a short time-out notices sooner";
  EXPECT_GT(figures[0]["false_changes"], figures[1]["false_changes"]) << "and takes the slow for dead";
}

TEST(Lab, ShowDrawsAndWritesThePage) {
  support::TempDir dir;
  const auto outcome = lab("show ring --nodes 4 --fault crash@200ms+300ms --seed 3 --html " + (dir / "ring.html"));
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, HasSubstr("4 crashes"));
  EXPECT_THAT(outcome.out, HasSubstr("I propose node 3"));
  EXPECT_THAT(text_of(dir / "ring.html"), HasSubstr("baton lab show ring --nodes 4 --fault crash@200ms+300ms --seed 3"));
}

TEST(Lab, CheckHoldsElectorsToTheContract) {
  const auto outcome = lab("check --electors lease,template --seeds 20");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, HasSubstr("lease     20     1200"));
}

TEST(Lab, ExplainListsAndExplains) {
  EXPECT_THAT(lab("explain").out, HasSubstr("hirschberg-sinclair"));
  EXPECT_THAT(lab("explain lease").out, HasSubstr("client-go"));
}

TEST(Lab, WhatIsUnknownIsRefusedWithTheKnown) {
  for (const std::string arguments : {"run --electors gossip", "show gossip", "explain gossip", "check --electors gossip"}) {
    const auto outcome = lab(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.error, HasSubstr("there is no elector 'gossip': take one of zookeeper, herd, bully")) << arguments;
  }
  EXPECT_THAT(lab("run --faults flood").error, HasSubstr("take one of none, crash"));
  EXPECT_THAT(lab("run --sweep loss=3").error, HasSubstr("write timeout=50/100/200,delay=1/5"));
  EXPECT_THAT(lab("show raft --fault crash@soon").error, HasSubstr("begins at no known time"));
  EXPECT_EQ(lab("show raft --html /nowhere/at/all.html").code, 2);
}

}  // namespace
}  // namespace baton
