// Every elector under random faults: `baton lab check --seeds 10000` runs the same, longer.
#include <gmock/gmock.h>

#include <cstdlib>

#include "drills/lab/contract.h"
#include "drills/lab/electors.h"

namespace baton::lab {
namespace {

using ::testing::IsEmpty;

class ElectorContract : public ::testing::TestWithParam<std::string> {};

unsigned long seeds() {
  const char* wanted = std::getenv("BATON_SEEDS");
  return wanted == nullptr ? 500 : std::strtoul(wanted, nullptr, 10);
}

TEST_P(ElectorContract, KeptUnderRandomFaults) {
  long rules = 0;
  long writes = 0;
  for (unsigned long seed = 1; seed <= seeds(); ++seed) {
    const ContractResult result = keep_contract(GetParam(), seed);
    ASSERT_THAT(result.broken, IsEmpty());
    rules += result.rules;
    writes += result.writes;
  }
  EXPECT_GT(rules, static_cast<long>(2 * seeds())) << "too quiet to prove anything";
  EXPECT_GT(writes, static_cast<long>(20 * seeds())) << "too quiet to prove anything";
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const election::ElectorKind& kind : electors()) names.emplace_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Every, ElectorContract, ::testing::ValuesIn(names()), [](const auto& run) {
  std::string name = run.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace baton::lab
