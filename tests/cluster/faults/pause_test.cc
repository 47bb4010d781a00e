// The drill that stops each broker in turn for twice the bound of silence, as `baton drill pause-leader --each` runs it.
#include <gtest/gtest.h>

#include "drills/scenarios/pause_leader.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/local_cluster.h"

namespace baton::rig {
namespace {

TEST(Pause, EachBrokerInTurnLosesNothingAndRefusesWhenItResumes) {
  LocalCluster rig{{{"broker.supervised", "false"}}};  // or a supervisor would end each pause
  std::set<int> victims;
  auto report = must(drills::pause_leader(rig.cluster(), {.each = true},
                                          [&](const drills::Round& round) {
                                            victims.insert(round.victim);
                                            std::cout << drills::round_for_people(round);
                                          }),
                     "the drill");
  EXPECT_EQ(victims, (std::set<int>{1, 2, 3}));
  EXPECT_EQ(report.verdict(), drills::Verdict::kPass);
  auto totals = drills::totals_of(report);
  EXPECT_EQ(totals["acknowledged by the resumed leader (acks=1)"], 0u);
  for (const drills::Round& round : report.rounds) {
    EXPECT_GT(round.counts.at("refused by the resumed leader (acks=1)"), 0u) << "broker " << round.victim;
    EXPECT_EQ(round.detected_by, "silence");
  }
}

}  // namespace
}  // namespace baton::rig
