// The transcripts under planted faults: a story that is told alike whatever rule is taken away would prove nothing of that rule.
#include <gtest/gtest.h>

#include "base/mutants.h"
#include "tests/controller/decision/transcripts/stage.h"
#include "tests/support/command.h"

namespace baton::decision {
namespace {

// Those that come out differently, by name.
std::vector<std::string> stale() {
  std::vector<std::string> names;
  for (const std::string group : {"policies", "failures"}) {
    const std::string folder = BATON_SOURCE_DIR "/tests/controller/decision/transcripts/" + group;
    for (const std::string& name : support::transcripts_in(folder)) {
      const std::string told = support::text_of(folder + "/" + name);
      Stage stage;
      const support::Played played = support::play(told, [&](const std::string& line) { return stage.carry_out(line); });
      if (played.text != told) names.push_back(name);
    }
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
                         testing::Values(Mutant::eligible_set_dropped, Mutant::no_wait_for_silent_leader,
                                         Mutant::decision_sent_before_confirmed, Mutant::pages_before_removal_confirmed,
                                         Mutant::refusal_while_write_unresolved, Mutant::deaths_one_by_one,
                                         Mutant::isr_member_epoch_unchecked, Mutant::bounce_unseen, Mutant::mark_before_lease_end,
                                         Mutant::word_end_ignored, Mutant::fenced_by_who_is_behind, Mutant::move_without_word,
                                         Mutant::leader_epoch_kept, Mutant::removed_before_added_are_in),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace baton::decision
