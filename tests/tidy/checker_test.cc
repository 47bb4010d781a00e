// The checkers can fail: each finds what it is for in a few lines made for it, and leaves alone what is right.
#include <gtest/gtest.h>

#include "tests/tidy/layers.h"
#include "tests/tidy/rules.h"

namespace baton::tidy {
namespace {

const std::vector<Layer> kThree = {{"low", {}}, {"mid", {"low"}, true}, {"mid/sub", {"mid"}}, {"high", {"mid"}}, {"tests", {"*"}}};

std::vector<std::string> texts(const Violations& violations) {
  std::vector<std::string> all;
  for (const Violation& each : violations) all.push_back(each.to_string());
  return all;
}

TEST(Layers, DownIsAllowed) {
  Tree tree = {{"low/a.h", "// a\n"}, {"mid/b.h", "#include \"low/a.h\"\n"}, {"mid/c.cc", "#include \"mid/b.h\"\n#include <map>\n"}};
  EXPECT_TRUE(check_layers(tree, kThree).empty());
}

TEST(Layers, UpIsNamedWithFileAndLine) {
  Tree tree = {{"low/a.h", "// a\n#include \"mid/b.h\"\n"}, {"mid/b.h", "\n"}};
  EXPECT_EQ(texts(check_layers(tree, kThree)), std::vector<std::string>{"low/a.h:2: low may not include mid: \"mid/b.h\""});
}

TEST(Layers, NothingIsReachedThroughAnother) {
  Tree tree = {{"high/a.cc", "#include \"low/a.h\"\n"}, {"low/a.h", "\n"}};
  EXPECT_EQ(check_layers(tree, kThree).size(), 1u);
}

TEST(Layers, ASubfolderHasItsOwnEntry) {
  Tree tree = {{"mid/a.h", "#include \"mid/sub/b.h\"\n"}, {"mid/sub/b.h", "#include \"mid/c.h\"\n"}, {"mid/c.h", "\n"}};
  EXPECT_EQ(texts(check_layers(tree, kThree)), std::vector<std::string>{"mid/a.h:1: mid may not include mid/sub: \"mid/sub/b.h\""});
}

TEST(Layers, TestsMayLookAnywhereAndNobodyAtThem) {
  Tree tree = {{"tests/t.h", "#include \"low/a.h\"\n"}, {"low/a.h", "\n"}, {"high/b.cc", "#include \"tests/t.h\"\n"}};
  Violations found = check_layers(tree, kThree);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, "high/b.cc");
}

TEST(Layers, AFileOutsideTheTableAndAMissingIncludeAreFound) {
  Tree tree = {{"elsewhere/a.cc", "\n"}, {"low/b.cc", "#include \"b.h\"\n"}};
  EXPECT_EQ(check_layers(tree, kThree).size(), 2u);
}

TEST(Layers, APureFolderHasNoThreadsAndNoFiles) {
  Tree tree = {{"mid/a.cc", "#include <mutex>\n#include <sys/socket.h>\n#include <vector>\n"}, {"low/b.cc", "#include <mutex>\n"}};
  EXPECT_EQ(check_layers(tree, kThree).size(), 2u);
}

TEST(Layers, TheBrokerSeesOfTheManagerOnlyItsPluginAndItsMessages) {
  Tree tree = {{"controller/runtime/node.h", "\n"},
               {"controller/plugin/baton.h", "\n"},
               {"broker/broker.cc", "#include \"controller/plugin/baton.h\"\n#include \"controller/messages/control.pb.h\"\n"},
               {"broker/other.cc", "#include \"controller/runtime/node.h\"\n"}};
  Violations found = check_layers(tree, layers());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, "broker/other.cc");
}

TEST(Circles, AreFoundWhereverTheyBegin) {
  Tree tree = {
      {"a.h", "#include \"b.h\"\n"}, {"b.h", "#include \"c.h\"\n"}, {"c.h", "\n#include \"b.h\"\n"}, {"d.h", "#include \"a.h\"\n"}};
  EXPECT_EQ(texts(check_circles(tree)), std::vector<std::string>{"c.h:2: includes in a circle: b.h -> c.h -> b.h"});
  tree["c.h"] = "\n";
  EXPECT_TRUE(check_circles(tree).empty());
}

TEST(Rules, LongFilesAndFunctionsAreFound) {
  std::string many;
  for (size_t i = 0; i < kLinesMax; ++i) many += "int x;\n";
  EXPECT_TRUE(check_length("a.cc", many).empty());
  EXPECT_EQ(check_length("a.cc", many + "int x;\n").size(), 1u);
  std::string body;
  for (size_t i = 0; i < kFunctionLinesMax; ++i) body += "  x();\n";
  EXPECT_TRUE(check_function_length("a.cc", "void f() {\n}\n\nvoid g() {\n  x();\n}\n").empty());
  EXPECT_EQ(texts(check_function_length("a.cc", "void f() {\n}\nvoid g() {\n" + body + "}\n")).at(0),
            "a.cc:3: a function of " + std::to_string(kFunctionLinesMax + 1) + " lines");
}

TEST(Rules, AHeaderInOrderPasses) {
  EXPECT_TRUE(check_header("a.h", "// What it is.\n#pragma once\n\nnamespace baton {\n}\n").empty());
  EXPECT_TRUE(check_header("a.h", "// Forwards.\n#pragma once\n\n#include \"b.h\"\n").empty());
  EXPECT_TRUE(check_header("a.h", "/* For C. */\n#ifndef A\n#define A\nextern \"C\" {}\n#endif\n").empty());
}

TEST(Rules, EachFaultOfAHeaderIsFound) {
  EXPECT_EQ(check_header("a.h", "#pragma once\nnamespace baton {\n}\n").size(), 1u) << "no comment";
  EXPECT_EQ(check_header("a.h", "// a\n\nnamespace baton {\n}\n").size(), 1u) << "no pragma";
  EXPECT_EQ(check_header("a.h", "// a\n#pragma once\n#pragma once\nnamespace baton {\n}\n").size(), 1u) << "two";
  EXPECT_EQ(check_header("a.h", "// a\n#pragma once\nint x;\n").size(), 1u) << "no namespace";
  EXPECT_EQ(check_header("a.h", "// a\n#pragma once\n#include <asio.hpp>\n").size(), 1u) << "slow";
  EXPECT_EQ(check_header("a.h", "// a\n#pragma once\n\nnamespace baton {\nusing namespace std;\n}\n").size(), 1u) << "using";
}

TEST(Rules, UnfinishedWorkIsFoundAsAWord) {
  std::string mark = std::string("TO") + "DO";
  EXPECT_EQ(texts(check_unfinished("a.cc", "x\n// " + mark + ": later\n")), std::vector<std::string>{"a.cc:2: unfinished: " + mark});
  EXPECT_TRUE(check_unfinished("a.cc", "// " + mark + "S are no such word\n").empty());
}

TEST(Rules, LibrariesDoNotPrint) {
  EXPECT_EQ(check_printing("broker/a.cc", "std::cout << 1;\nstd::printf(\"x\");\n").size(), 2u);
  EXPECT_TRUE(check_printing("broker/a.cc", "snprintf(a, b, c);  // printf would be wrong\n").empty());
  EXPECT_TRUE(check_printing("cli/commands/a.cc", "std::printf(\"x\");\n").empty());
}

TEST(Rules, StrayWhitespaceIsFound) {
  EXPECT_TRUE(check_whitespace("a.cc", "x\n\ny\n").empty());
  EXPECT_EQ(check_whitespace("a.cc", "x \n\ty\nz").size(), 3u);
}

}  // namespace
}  // namespace baton::tidy
