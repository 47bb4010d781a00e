// Plays the transcripts of policies/ and failures/: what the controller decides, in stories. CONTRIBUTING.md says how to add one.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/controller/decision/transcripts/stage.h"

namespace baton::decision {
namespace {

const std::string kHere = BATON_SOURCE_DIR "/tests/controller/decision/transcripts/";

// Each file is a test of its own name, so that one can be picked.
class Transcript : public testing::Test {
 public:
  Transcript(std::string folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}
  void TestBody() override {
    Stage stage;
    const std::string stale = support::check_transcript(folder_, name_, [&](const std::string& line) { return stage.carry_out(line); });
    if (!stale.empty()) ADD_FAILURE() << stale;
  }

 private:
  std::string folder_, name_;
};

std::set<std::string> add_all(const std::string& group) {
  std::set<std::string> added;
  for (const std::string& file : support::transcripts_in(kHere + group)) {
    const std::string name = file.substr(0, file.rfind('.'));
    testing::RegisterTest(group.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [group, file]() -> testing::Test* { return new Transcript(kHere + group, file); });
    added.insert(name);
  }
  return added;
}

const std::set<std::string> kPolicies = add_all("policies");
const std::set<std::string> kFailures = add_all("failures");

// A policy that has no story, or a folder that was not found, must not pass for proof.
TEST(Transcripts, EveryPolicyHasOne) {
  std::set<std::string> policies;
  for (const auto& file : std::filesystem::directory_iterator(BATON_SOURCE_DIR "/controller/decision")) {
    const std::string name = file.path().stem();
    if (file.path().extension() == ".h" && name.starts_with("policy_")) policies.insert(name.substr(std::string("policy_").size()));
  }
  EXPECT_EQ(kPolicies, policies);
  EXPECT_FALSE(kFailures.empty());
}

}  // namespace
}  // namespace baton::decision
