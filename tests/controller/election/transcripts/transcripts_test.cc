// Plays this folder's transcripts: who rules, in stories. CONTRIBUTING.md says how to add one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controller/election/transcripts/stage.h"
#include "tests/support/command.h"

namespace baton::election {
namespace {

const std::string kHere = BATON_SOURCE_DIR "/tests/controller/election/transcripts";

class Transcript : public testing::TestWithParam<std::string> {};

TEST_P(Transcript, SaysWhatHappens) {
  Stage stage;
  const std::string stale = support::check_transcript(kHere, GetParam(), [&](const std::string& line) { return stage.carry_out(line); });
  if (!stale.empty()) ADD_FAILURE() << stale;
  EXPECT_THAT(support::text_of(kHere + "/" + GetParam()), testing::Not(testing::HasSubstr("BROKEN")))
      << "rewritten or not, a story in which a promise is broken is no expectation";
}

INSTANTIATE_TEST_SUITE_P(All, Transcript, testing::ValuesIn(support::transcripts_in(kHere)), [](const auto& story) {
  std::string name = story.param.substr(0, story.param.rfind('.'));
  return "Story" + name;
});

}  // namespace
}  // namespace baton::election
