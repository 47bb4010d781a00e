// Whole clusters with data under random faults, 200 seeds, every third of them upgraded meanwhile from one release to the next, every
// fifth with leaderships balanced and some brokers slow, flapping and drained; and planted faults, each of which the checks must catch.
// Replay one: test_simulation --seed N [--trace]; walk further: --seeds 10000 (options.h). The fault of a lease renewed by a read is caught
// in tests/controller/agent: here the watch hides it. That of not waiting for a silent leader needs a leader that does not hear of its
// tombstone: scenario_test.cc.
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
std::optional<std::string> caught(Mutant mutant, RunOptions options, uint64_t seeds) {
  log::set_level(log::Level::kError);
  plant(mutant);
  std::optional<std::string> violation;
  for (options.seed = 1; options.seed <= seeds && !violation; ++options.seed) violation = run(options).violation;
  clear_mutants();
  if (violation) {
    std::printf("  %s caught with seed %llu by %s\n", std::string(name_of(mutant)).c_str(),
                static_cast<unsigned long long>(options.seed - 1), violation->c_str());
  }
  return violation;
}

TEST_P(Mutants, IsCaught) {
  EXPECT_TRUE(caught(GetParam(), {}, 150)) << name_of(GetParam()) << " survived";
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

// Those that only move what nobody need have moved, with the invariant that has to say so.
class PolicyMutants : public ::testing::TestWithParam<std::pair<Mutant, const char*>> {};

TEST_P(PolicyMutants, IsCaught) {
  const auto [mutant, invariant] = GetParam();
  RunOptions options;
  options.policies = true;
  const auto violation = caught(mutant, options, 50);
  ASSERT_TRUE(violation) << name_of(mutant) << " survived";
  EXPECT_EQ(violation->substr(0, violation->find(' ')), invariant);
}

INSTANTIATE_TEST_SUITE_P(All, PolicyMutants,
                         ::testing::Values(std::pair{Mutant::avoided_as_any_other, "HealthyBeforeAvoided"},
                                           std::pair{Mutant::avoided_keeps_its_leaders, "SlowIsRelieved"},
                                           std::pair{Mutant::load_moved_to_and_fro, "BalanceComesToRest"},
                                           std::pair{Mutant::load_moved_outside_isr, "MovesWithinIsr"},
                                           std::pair{Mutant::flapping_forgiven, "ReturnsWhenSteady"},
                                           std::pair{Mutant::racks_ignored, "RacksSpread"}),
                         [](const auto& each) { return std::string(name_of(each.param.first)); });

}  // namespace
}  // namespace baton::simulation
