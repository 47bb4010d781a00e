// The transcripts under planted faults: each has to be told differently, or in words that no transcript may hold.
#include <gtest/gtest.h>

#include "base/mutants.h"
#include "tests/controller/election/transcripts/stage.h"
#include "tests/support/command.h"

namespace baton::election {
namespace {

const std::string kFolder = BATON_SOURCE_DIR "/tests/controller/election/transcripts";

std::vector<std::string> stale() {
  std::vector<std::string> names;
  for (const std::string& name : support::transcripts_in(kFolder)) {
    const std::string told = support::text_of(kFolder + "/" + name);
    Stage stage;
    if (support::play(told, [&](const std::string& line) { return stage.carry_out(line); }).text != told) names.push_back(name);
  }
  return names;
}

class Stories : public testing::TestWithParam<Mutant> {
 protected:
  ~Stories() override { clear_mutants(); }
};

TEST_P(Stories, AreToldDifferently) {
  ASSERT_EQ(stale(), std::vector<std::string>{}) << "without any fault";
  plant(GetParam());
  const std::vector<std::string> told = stale();
  EXPECT_FALSE(told.empty()) << "no story notices " << name_of(GetParam());
  for (const std::string& name : told) std::cout << "  " << name_of(GetParam()) << " changes " << name << "\n";
}

INSTANTIATE_TEST_SUITE_P(Planted, Stories,
                         testing::Values(Mutant::sequence_taken_for_epoch, Mutant::owner_unchecked, Mutant::claim_over_live_controller,
                                         Mutant::claim_not_read_back, Mutant::no_epoch_compare_and_set),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace baton::election
