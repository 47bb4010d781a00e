// Whole clusters with data under random faults, 200 seeds, every third of them upgraded meanwhile from one release to the next; and planted
// faults, each of which the checks must catch. Replay one: test_simulation --seed N [--trace]; walk further: --seeds 10000 (options.h). The
// fault of a lease renewed by a read is caught in tests/controller/agent: here the watch hides it. That of not waiting for a silent leader
// needs a leader that does not hear of its tombstone: scenario_test.cc.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/logging.h"
#include "base/mutants.h"
#include "tests/simulation/options.h"
#include "tests/simulation/run.h"

namespace baton::simulation {
namespace {

TEST(Seeds, NoInvariantIsEverViolated) {
  log::set_level(log::Level::kError);
  const uint64_t first = simulation::options.first_seed;
  const uint64_t count = simulation::options.seeds;
  std::map<std::string, uint64_t> checks;
  std::map<std::string, int> faults;
  uint64_t acknowledged = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    RunOptions options;
    options.seed = seed;
    options.trace = simulation::options.trace;
    const RunResult result = run(options);
    if (simulation::options.replay) std::printf("  trace %s\n", result.digest.c_str());
    ASSERT_FALSE(result.violation) << "--seed " << seed << ": " << *result.violation;
    for (const auto& [name, times] : result.checks) checks[name] += times;
    for (const auto& [name, times] : result.faults) faults[name] += times;
    acknowledged += result.acknowledged;
  }
  for (const auto& [name, times] : checks)
    std::printf("  %-28s checked %llu times\n", name.c_str(), static_cast<unsigned long long>(times));
  for (const auto& [name, times] : faults) std::printf("  %-28s inflicted %d times\n", name.c_str(), times);
  EXPECT_GT(acknowledged, count * 100) << "a run in which nothing is acknowledged shows nothing";
  if (count < 50) return;
  for (const std::string_view name : kInvariants) {
    EXPECT_GT(checks[std::string(name)], 0u) << name << " was never exercised";
  }
}

TEST(Seeds, TheProtocolNamesEveryInvariant) {
  std::ifstream file(BATON_SOURCE_DIR "/docs/protocol.md");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const std::string_view name : kInvariants) {
    EXPECT_NE(text.find("`" + std::string(name) + "`"), std::string::npos) << name << " is missing in docs/protocol.md";
  }
}

// Byte for byte: every event, frame, write, role and lease goes into the digest.
TEST(Seeds, TheSameSeedGivesTheSameRun) {
  log::set_level(log::Level::kError);
  RunOptions options;
  options.seed = 4711;
  const std::string digest = run(options).digest;
  EXPECT_EQ(run(options).digest, digest);
  ++options.seed;
  EXPECT_NE(run(options).digest, digest) << "another seed is another run";
}

class Mutants : public ::testing::TestWithParam<Mutant> {};

// Some seed of the first few must show it; which invariant cries is printed.
TEST_P(Mutants, IsCaught) {
  log::set_level(log::Level::kError);
  plant(GetParam());
  std::optional<std::string> caught;
  uint64_t seed = 1;
  for (; seed <= 150 && !caught; ++seed) {
    RunOptions options;
    options.seed = seed;
    caught = run(options).violation;
  }
  clear_mutants();
  ASSERT_TRUE(caught) << name_of(GetParam()) << " survived";
  std::printf("  %s caught with seed %llu by %s\n", std::string(name_of(GetParam())).c_str(), static_cast<unsigned long long>(seed - 1),
              caught->c_str());
}

INSTANTIATE_TEST_SUITE_P(All, Mutants,
                         ::testing::Values(Mutant::reset_taken_for_proof, Mutant::bounce_unseen, Mutant::no_epoch_compare_and_set,
                                           Mutant::lease_ignored, Mutant::hw_on_current_isr_only, Mutant::no_producer_dedup,
                                           Mutant::truncate_to_high_watermark, Mutant::word_end_ignored, Mutant::word_not_final,
                                           Mutant::decision_sent_before_confirmed, Mutant::pages_before_removal_confirmed,
                                           Mutant::eligible_set_dropped, Mutant::mark_before_lease_end, Mutant::hw_below_min_isr,
                                           Mutant::move_without_word, Mutant::leader_epoch_kept, Mutant::removed_before_added_are_in,
                                           Mutant::level_raised_alone, Mutant::forms_above_the_level),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace baton::simulation
