// The tree keeps its own rules: who may include whom, and what a file looks like. See CONTRIBUTING.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/tidy/layers.h"
#include "tests/tidy/rules.h"

namespace baton::tidy {
namespace {

const Tree& tree() {
  static const Tree all = read_tree(BATON_SOURCE_DIR, {"base", "partitions", "controller", "broker", "cli", "drills", "bench", "tests"});
  return all;
}

// One sentence for each, so that a report names every place at once.
std::string listed(const Violations& violations) {
  std::string text;
  for (const Violation& each : violations) text += "\n  " + each.to_string();
  return text;
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

}  // namespace
}  // namespace baton::tidy
