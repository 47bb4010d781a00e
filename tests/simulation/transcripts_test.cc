// Plays the stories of transcripts/: whole simulated clusters, in words. CONTRIBUTING.md says how to add one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/logging.h"
#include "base/mutants.h"
#include "tests/simulation/stage.h"
#include "tests/support/command.h"

namespace baton::simulation {
namespace {

const std::string kHere = BATON_SOURCE_DIR "/tests/simulation/transcripts";

class Story : public testing::TestWithParam<std::string> {
 protected:
  Story() { log::set_level(log::Level::kError); }
};

TEST_P(Story, SaysWhatHappens) {
  Stage stage;
  const std::string stale = support::check_transcript(kHere, GetParam(), [&](const std::string& line) { return stage.carry_out(line); });
  if (!stale.empty()) ADD_FAILURE() << stale;
  EXPECT_THAT(support::text_of(kHere + "/" + GetParam()), testing::Not(testing::HasSubstr("BROKEN")))
      << "rewritten or not, a story in which an invariant is violated is no expectation";
}

INSTANTIATE_TEST_SUITE_P(All, Story, testing::ValuesIn(support::transcripts_in(kHere)),
                         [](const auto& story) { return "Story" + story.param.substr(0, story.param.rfind('.')); });

// What a story tells of a rule, it no more tells when the rule is taken away.
class StoriesUnderMutants : public testing::TestWithParam<std::pair<Mutant, const char*>> {
 protected:
  StoriesUnderMutants() { log::set_level(log::Level::kError); }
  ~StoriesUnderMutants() override { clear_mutants(); }
};

TEST_P(StoriesUnderMutants, AreToldDifferently) {
  const auto [mutant, story] = GetParam();
  const std::string told = support::text_of(kHere + "/" + story);
  plant(mutant);
  Stage stage;
  const support::Played played = support::play(told, [&](const std::string& line) { return stage.carry_out(line); });
  EXPECT_NE(played.text, told) << name_of(mutant);
}

INSTANTIATE_TEST_SUITE_P(Planted, StoriesUnderMutants,
                         testing::Values(std::pair{Mutant::leader_epoch_kept, "01_a_broker_dies.txt"},
                                         std::pair{Mutant::pages_before_removal_confirmed, "02_a_controller_dies_deciding.txt"},
                                         std::pair{Mutant::load_moved_to_and_fro, "03_a_drain_with_load.txt"},
                                         std::pair{Mutant::avoided_keeps_its_leaders, "04_a_slow_broker.txt"}),
                         [](const auto& each) { return std::string(name_of(each.param.first)); });

}  // namespace
}  // namespace baton::simulation
