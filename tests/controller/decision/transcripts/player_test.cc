// The player itself: a transcript that says anything but what happens has to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/controller/decision/transcripts/stage.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace baton::support {
namespace {

using ::testing::HasSubstr;

Result<std::string> echo(const std::string& command) {
  if (command == "nonsense") return fail(ErrorCode::kInvalidRequest, "means nothing");
  return command == "silence" ? std::string() : "heard " + command + "\n";
}

class Player : public testing::Test {
 protected:
  ~Player() override {
    if (rewriting_) setenv("BATON_REWRITE", rewriting_->c_str(), 1);
  }
  std::string check(const std::string& transcript) {
    std::ofstream(dir_ / "story.txt") << transcript;
    return check_transcript(dir_.path(), "story.txt", echo);
  }
  std::string written() { return text_of(dir_ / "story.txt"); }

  TempDir dir_;
  std::optional<std::string> rewriting_ = without_rewriting();

 private:
  static std::optional<std::string> without_rewriting() {
    const char* present = std::getenv("BATON_REWRITE");
    const auto kept = present == nullptr ? std::nullopt : std::optional<std::string>(present);
    unsetenv("BATON_REWRITE");
    return kept;
  }
};

constexpr const char* kTrue = "# A story.\n\none\ntwo\n----\nheard one\nheard two\n\nsilence\n----\nnothing happens\n";

TEST_F(Player, PassesWhatHappens) {
  EXPECT_EQ(check(kTrue), "");
  EXPECT_EQ(written(), kTrue);
}

TEST_F(Player, ShowsWhatDoesNotAndLeavesTheFile) {
  const std::string stale = "one\n----\nheard two\n";
  EXPECT_THAT(check(stale), HasSubstr("line 3"));
  EXPECT_THAT(check(stale), HasSubstr("  - heard two\n  + heard one\n"));
  EXPECT_THAT(check(stale), HasSubstr("BATON_REWRITE=1"));
  EXPECT_EQ(written(), stale);
}

TEST_F(Player, RewritesWhereItIsAsked) {
  setenv("BATON_REWRITE", "1", 1);
  EXPECT_EQ(check("# A story.\n\none\ntwo\n----\n\nsilence\n----\nheard a noise\n"), "");
  EXPECT_EQ(written(), kTrue);
  unsetenv("BATON_REWRITE");
}

// Even when it rewrites: what was never carried out must not become what is expected.
TEST_F(Player, NeverPassesACommandThatMeansNothing) {
  setenv("BATON_REWRITE", "1", 1);
  EXPECT_THAT(check("one\nnonsense\n----\n"), HasSubstr("line 2: 'nonsense': means nothing"));
  EXPECT_THAT(check("one\n\ntwo\n----\n"), HasSubstr("lack their line"));
  EXPECT_THAT(check(""), HasSubstr("is empty"));
  unsetenv("BATON_REWRITE");
}

TEST(Stage, RefusesWordsThatMeanNothing) {
  decision::Stage stage;
  EXPECT_FALSE(stage.carry_out("kill 1 by proof")) << "before there is a cluster";
  ASSERT_TRUE(stage.carry_out("cluster brokers 1,2,3"));
  EXPECT_FALSE(stage.carry_out("kil 1 by proof"));
  EXPECT_FALSE(stage.carry_out("kill 9 by proof"));
  EXPECT_FALSE(stage.carry_out("kill 1 by proof twice"));
  EXPECT_FALSE(stage.carry_out("leader 1 asks t in-sync 1"));
  EXPECT_FALSE(stage.carry_out("confirm"));
}

}  // namespace
}  // namespace baton::support
