// Whole clusters with data under random faults, 200 seeds; and planted faults, each of which the checks must catch.
// Replay one: BATON_SEED=N [BATON_TRACE=1] test_simulation --gtest_filter='Seeds.*'; walk further: BATON_SEEDS=10000.
// The fault of a lease renewed by a read is caught in tests/controller/agent: here the watch hides it.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/logging.h"
#include "base/mutants.h"
#include "tests/simulation/run.h"

namespace baton::simulation {
namespace {

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Seeds, NoInvariantIsEverViolated) {
  log::set_level(log::Level::kError);
  const uint64_t first = from_environment("BATON_SEED", 1);
  const uint64_t count = std::getenv("BATON_SEED") != nullptr ? 1 : from_environment("BATON_SEEDS", 200);
  std::map<std::string, uint64_t> checks;
  std::map<std::string, int> faults;
  uint64_t acknowledged = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    RunOptions options;
    options.seed = seed;
    options.trace = std::getenv("BATON_TRACE") != nullptr;
    const RunResult result = run(options);
    ASSERT_FALSE(result.violation) << "BATON_SEED=" << seed << ": " << *result.violation;
    for (const auto& [name, times] : result.checks) checks[name] += times;
    for (const auto& [name, times] : result.faults) faults[name] += times;
    acknowledged += result.acknowledged;
  }
  for (const auto& [name, times] : checks)
    std::printf("  %-28s checked %llu times\n", name.c_str(), static_cast<unsigned long long>(times));
  for (const auto& [name, times] : faults) std::printf("  %-28s inflicted %d times\n", name.c_str(), times);
  EXPECT_GT(acknowledged, count * 100) << "a run in which nothing is acknowledged shows nothing";
  if (count < 50) return;
  for (const char* name :
       {"OneControllerPerEpoch", "ControllerEpochGrows", "FencedStoreWrites", "BounceSeen", "OneCandidatePerProcess", "MemoryEqualsStore",
        "OneLeaderPerEpoch", "StoppedBeforeSucceeded", "LeaderInIsr", "IsrWithinReplicas", "LeaseHeld", "StrongIsr", "LeaderCompleteness",
        "NoCommittedRecordLost", "LogMatching", "ReadsAreStable", "OffsetsDense", "NoDuplicate"}) {
    EXPECT_GT(checks[name], 0u) << name << " was never exercised";
  }
}

TEST(Seeds, TheSameSeedGivesTheSameRun) {
  log::set_level(log::Level::kError);
  RunOptions options;
  options.seed = 4711;
  EXPECT_EQ(run(options).digest, run(options).digest);
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
                                           Mutant::no_wait_for_silent_leader, Mutant::lease_ignored, Mutant::hw_on_current_isr_only,
                                           Mutant::no_producer_dedup, Mutant::truncate_to_high_watermark),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace baton::simulation
