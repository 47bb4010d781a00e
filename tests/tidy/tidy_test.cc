// The tree keeps its own rules: who may include whom, and what a file looks like. See CONTRIBUTING.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "base/mutants.h"
#include "tests/tidy/layers.h"
#include "tests/tidy/rules.h"

namespace baton::tidy {
namespace {

const Tree& tree() {
  static const Tree all =
      read_tree(BATON_SOURCE_DIR, {"base", "partitions", "controller", "broker", "cli", "drills", "bench", "examples", "tests"});
  return all;
}

// One sentence for each, so that a report names every place at once.
std::string listed(const Violations& violations) {
  std::string text;
  for (const Violation& each : violations) text += "\n  " + each.to_string();
  return text;
}

// The whole word, not the beginning of a longer one.
bool names(std::string_view text, const std::string& word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const char next = at + word.size() < text.size() ? text[at + word.size()] : ' ';
    if (next != '_' && std::isalnum(static_cast<unsigned char>(next)) == 0) return true;
  }
  return false;
}

TEST(Tidy, TheTreeIsThere) {
  EXPECT_GT(tree().size(), 300u);
  for (const Layer& layer : layers()) {
    // A folder that holds messages only has nothing but its .proto.
    bool found = std::any_of(tree().begin(), tree().end(), [&](const auto& file) { return file.first.starts_with(layer.folder + "/"); });
    EXPECT_TRUE(found) << layer.folder << " is in the table of layers, and nowhere else";
  }
}

TEST(Tidy, IncludesGoDownOnly) {
  Violations found = check_layers(tree(), layers());
  EXPECT_TRUE(found.empty()) << listed(found);
}

TEST(Tidy, NoHeadersIncludeOneAnother) {
  Violations found = check_circles(tree());
  EXPECT_TRUE(found.empty()) << listed(found);
}

TEST(Tidy, EveryFileKeepsTheRules) {
  Violations found = check_rules(tree());
  EXPECT_TRUE(found.empty()) << listed(found);
  for (const auto& [path, text] : tree()) {
    size_t lines = lines_of(text).size();
    if (is_cpp(path) && lines > kLinesLong) std::printf("  %s has %zu lines: is it one idea?\n", path.c_str(), lines);
  }
}

// A planted fault that no code asks for, or that no test plants, shows nothing.
TEST(Tidy, EveryMutantIsBuiltAndPlanted) {
  for (const std::string_view name : kMutantNames) {
    bool built = false;
    bool planted = false;
    for (const auto& [path, text] : tree()) {
      if (path.starts_with("base/")) continue;
      built |= text.find("BATON_MUTANT(" + std::string(name) + ")") != std::string::npos;
      planted |= path.starts_with("tests/") && names(text, "Mutant::" + std::string(name));
    }
    EXPECT_TRUE(built) << name << " is a name in base/mutants.h, and nothing asks for it";
    EXPECT_TRUE(planted) << name << " is planted by no test, so no check is known to catch it";
  }
}

}  // namespace
}  // namespace baton::tidy
