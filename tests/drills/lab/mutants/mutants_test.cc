// The contract of electors must fail where the claim that keeps it is broken on purpose, whichever elector proposes.
#include <gmock/gmock.h>

#include "base/mutants.h"
#include "drills/lab/contract.h"
#include "drills/lab/electors.h"

namespace baton::lab {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> broken_by(const std::string& elector, Mutant mutant) {
  plant(mutant);
  std::vector<std::string> broken;
  for (unsigned long seed = 1; seed <= 20; ++seed) {
    for (const std::string& one : keep_contract(elector, seed).broken) broken.push_back(one);
  }
  clear_mutants();
  return broken;
}

TEST(LabMutants, AnEpochThatIsNotComparedAndSetIsFoundWithEveryElector) {
  for (const election::ElectorKind& kind : electors()) {
    EXPECT_THAT(broken_by(std::string(kind.name), Mutant::no_epoch_compare_and_set), Contains(HasSubstr("ruled by"))) << kind.name;
  }
}

TEST(LabMutants, WithoutAFaultNothingIsFound) {
  for (unsigned long seed = 1; seed <= 20; ++seed) EXPECT_THAT(keep_contract("bully", seed).broken, IsEmpty());
}

}  // namespace
}  // namespace baton::lab
