// test_simulation [--seed N | --seeds N] [--trace] [GoogleTest's options]; in the environment BATON_SEED, BATON_SEEDS,
// BATON_TRACE, which also reach it through `./baton test`.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "tests/simulation/options.h"

namespace {

using baton::simulation::options;

std::optional<uint64_t> number(const char* text) {
  char* end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0) return std::nullopt;
  return value;
}

// False: the value is none for that name.
bool take(const std::string& name, const char* value) {
  const auto parsed = number(value);
  if (!parsed) return false;
  if (name == "seed") {
    options.first_seed = *parsed;
    options.seeds = 1;
    options.replay = true;
  } else {
    options.seeds = *parsed;
  }
  return true;
}

int refuse(const std::string& what) {
  std::fprintf(stderr, "%s: wanted --seed N, --seeds N, --trace, or an option of GoogleTest's\n", what.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const auto& [variable, name] : {std::pair{"BATON_SEEDS", "seeds"}, std::pair{"BATON_SEED", "seed"}}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && !take(name, value)) return refuse(std::string(variable) + "=" + value);
  }
  options.trace = std::getenv("BATON_TRACE") != nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--trace") {
      options.trace = true;
    } else if ((argument == "--seed" || argument == "--seeds") && i + 1 < argc) {
      if (!take(argument.substr(2), argv[i + 1])) return refuse(argument + " " + argv[i + 1]);
      ++i;
    } else {
      return refuse(argument);
    }
  }
  if (options.replay) testing::GTEST_FLAG(filter) = "Seeds.NoInvariantIsEverViolated";
  return RUN_ALL_TESTS();
}
