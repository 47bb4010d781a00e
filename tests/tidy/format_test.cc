// What clang-format would change. `./baton tidy --fix` lets it.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/tidy/source.h"

namespace baton::tidy {
namespace {

constexpr const char* kFormat = "clang-format-16 --dry-run -Werror ";

struct Outcome {
  bool clean = false;
  std::string output;
};

// From the root of the tree, where the style lies.
Outcome shell(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen(("cd '" BATON_SOURCE_DIR "' && { " + command + "; } 2>&1").c_str(), "r");
  char part[4096];
  while (size_t size = std::fread(part, 1, sizeof part, pipe)) outcome.output.append(part, size);
  outcome.clean = pclose(pipe) == 0;
  return outcome;
}

TEST(Format, ClangFormatHasNothingToChange) {
  std::string files;
  for (const auto& [path, text] :
       read_tree(BATON_SOURCE_DIR, {"base", "partitions", "controller", "broker", "cli", "drills", "bench", "examples", "tests"})) {
    if (is_cpp(path)) files += path + " ";
  }
  Outcome outcome = shell(kFormat + files);
  EXPECT_TRUE(outcome.clean) << outcome.output.substr(0, 2000);
}

TEST(Format, AndWouldSayIfItHad) {
  Outcome outcome = shell(std::string("printf 'int  x;\\n' | ") + kFormat + "--assume-filename=base/x.cc");
  EXPECT_FALSE(outcome.clean);
  EXPECT_NE(outcome.output.find("clang-format-violations"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace baton::tidy
